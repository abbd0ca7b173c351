"""Which type of a table's column may take the place of which: where every stored value keeps its place."""

from __future__ import annotations

_WIDER = {("int", "long"), ("float", "double")}


def holds(wanted: str, stored: str) -> bool:
    """Whether every stored value has its place in the wanted type."""
    return stored == wanted or (stored, wanted) in _WIDER or _wider_decimal(stored, wanted)


def _wider_decimal(stored: str, wanted: str) -> bool:
    if not (stored.startswith("decimal(") and wanted.startswith("decimal(")):
        return False
    (old, old_scale), (new, new_scale) = (
        [int(part) for part in text[8:-1].split(",")] for text in (stored, wanted)
    )
    return new >= old and new_scale == old_scale
