"""A model to start from: a network of PyTorch."""
