"""What rudel uses of embreex, which ships no types."""
