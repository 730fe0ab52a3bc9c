"""What can be found: one module here is one detector, with KINDS and ``make()``; see inspection.detector."""
