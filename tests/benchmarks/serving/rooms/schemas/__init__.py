"""The benchmark's dataset."""
