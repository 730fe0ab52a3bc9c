"""DEEP Robotics Lite3: 11.9 kg, 12 joints."""
