"""DEEP Robotics X30: 55.8 kg, 12 joints."""
