"""A model to start from: fitted with lightgbm."""
