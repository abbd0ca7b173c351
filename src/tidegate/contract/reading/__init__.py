"""From the bytes of a file to batches of rows: one module for each format, strict about what it takes."""
