"""What runs one robot: which controller moves it, and how it comes to rest. Never imports the simulation."""
