"""A model to start from that writes text: a small network of PyTorch that reads byte after byte."""
