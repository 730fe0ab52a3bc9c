"""Looking at things and saying what is wrong with them: captures, and detectors that turn them into findings."""
