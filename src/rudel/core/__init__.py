"""Types, frames, clocks, errors and discovery: what every other room may import."""
