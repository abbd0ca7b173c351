"""What arrives: one file is one dataset."""
