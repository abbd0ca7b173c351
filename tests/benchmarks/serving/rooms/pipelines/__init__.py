"""The benchmark's model."""
