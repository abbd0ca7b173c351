"""How the published table changed, as its readers meet it, and whether the table can become it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.described.change import Change
from tidegate.lake.widening import holds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.described.document import Document


def table_changes(old: Document, new: Document) -> Iterator[Change]:
    """What changed in the table; `tidegate.lake.tables` decides by the same what it can become."""
    before = {one["name"]: one for one in old["table"]["fields"]}
    after = {one["name"]: one for one in new["table"]["fields"]}
    for name in before.keys() - after.keys():
        yield Change(where=name, what="dropped from the table", readers=True, table=True)
    for name in after.keys() - before.keys():
        yield Change(where=name, what="added to the table; null in older rows")
    for name in (name for name in before if name in after):
        one, other = before[name], after[name]
        if one["type"] != other["type"]:
            held = holds(other["type"], one["type"])
            what = f"{one['type']} becomes {other['type']} in the table"
            yield Change(where=name, what=what, readers=not held, table=not held)
        if one["required"] and not other["required"]:
            yield Change(where=name, what="may be null in the table")
