"""Why a contract's requests cannot be checked in plain Python."""

from __future__ import annotations


class CannotBeStraight(Exception):
    """Something in the contract is left to polars; the text says what."""
