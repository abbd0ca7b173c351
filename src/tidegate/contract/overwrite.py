"""What it means that a key which was published before comes again."""

from __future__ import annotations

from enum import StrEnum


class Overwrite(StrEnum):
    """What a new version of a key that was already published means."""

    APPEND = "append"  # its rows come in addition
    REPLACE = "replace"  # its rows take the place of the older version's
    REFUSE = "refuse"  # it goes to quarantine
