"""What is learned: one folder is one model."""
