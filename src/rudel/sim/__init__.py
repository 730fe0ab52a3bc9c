"""Simulation: a robot and a world compiled for MuJoCo, stepped in batches for training or live for everything else."""
