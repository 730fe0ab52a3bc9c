"""Training: networks, the PPO learner, the loop, checkpoints and progress."""
