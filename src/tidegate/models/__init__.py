"""What a model declares, and what runs in its training, evaluation and endpoint containers."""
