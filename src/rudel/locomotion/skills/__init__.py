"""Skills: one module each; a module here is a skill that can be trained."""
