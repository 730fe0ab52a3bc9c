"""What a simulated robot perceives beyond its joints: LiDAR, cameras, heat, gas, odometry, with honest faults."""
