"""A model to start from: fitted with sklearn."""
