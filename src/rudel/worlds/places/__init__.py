"""Built-in places: one module here is one kind of place, built from (difficulty, rng) as a World."""
