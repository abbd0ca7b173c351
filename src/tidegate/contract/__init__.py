"""Declare, find, compile and apply a data contract."""
