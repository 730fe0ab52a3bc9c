"""Locomotion: environment, terms, skills, training, and the policy that a robot runs."""
