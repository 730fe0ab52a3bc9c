"""Languages of reports, one module each: words and how numbers, dates and tables are written."""
