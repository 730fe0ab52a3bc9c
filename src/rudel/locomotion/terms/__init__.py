"""Reward, termination, critic and randomisation terms: written once, chosen by name and weight in a skill."""
