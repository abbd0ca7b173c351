"""How the rows that arrive changed, as their senders meet it: columns, types, rules."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tidegate.contract.described.change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.described.document import Document

_BITS = re.compile(r"(U?)Int(\d+)")
_DECIMAL = re.compile(r"Decimal\(precision=(\d+), scale=(\d+)\)")
_SEVERE = ("warn", "quarantine", "refuse_file")
_ORDERED = ("Csv", "Excel")  # formats that tell columns by their order
_TEXTUAL = {"Csv", "Excel"}  # formats whose cells say nothing of their type


def row_changes(old: Document, new: Document) -> Iterator[Change]:
    """What changed in the rows that arrive; columns are known by what files call them."""
    before = {one["header"]: one for one in old["row"]["columns"]}
    after = {one["header"]: one for one in new["row"]["columns"]}
    for header in before.keys() - after.keys():
        yield Change(where=before[header]["name"], what="no longer expected in files", senders=True)
    for header in after.keys() - before.keys():
        yield Change(where=after[header]["name"], what="expected in files from now on", senders=True)
    shared = [header for header in before if header in after]
    if shared != [header for header in after if header in before]:
        formats = {one["format"] for one in new["reads"]}
        yield Change(where="row", what="the order of its columns", senders=bool(formats & set(_ORDERED)))
    textual = {one["format"] for one in old["reads"]} <= _TEXTUAL
    for header in shared:
        yield from _column(before[header], after[header], textual=textual)
    yield from _rules(old["row"]["rules"], new["row"]["rules"])
    yield from _unique(old["row"]["unique"], new["row"]["unique"])


def _column(old: Document, new: Document, *, textual: bool) -> Iterator[Change]:
    name = new["name"]
    if old["name"] != name:
        yield Change(where=old["name"], what=f"is called {name} from now on")
    if old["type"] != new["type"]:
        narrower = not takes(new["type"], old["type"], textual=textual)
        yield Change(where=name, what=f"{old['type']} becomes {new['type']}", senders=narrower)
    if old["nullable"] != new["nullable"]:
        what = "may be null" if new["nullable"] else "must have a value"
        yield Change(where=name, what=f"{what} from now on", senders=not new["nullable"])
    if old["unique"] != new["unique"]:
        what = "is unique" if new["unique"] else "may repeat"
        yield Change(where=name, what=f"{what} from now on", senders=new["unique"])
    if old["personal"] != new["personal"]:
        plain = {None, "masked in reports"}
        told = f"personal: {old['personal'] or 'no'} becomes {new['personal'] or 'no'}"
        yield Change(where=name, what=told, readers=not {old["personal"], new["personal"]} <= plain)
    if old["known_after"] != new["known_after"]:
        what = f"known after {new['known_after']!r} and not {old['known_after']!r}: models may read it or not"
        yield Change(where=name, what=what, readers=True)
    if old["description"] != new["description"]:
        yield Change(where=name, what="its description")
    yield from _rules(old["rules"], new["rules"])


def takes(wider: str, narrower: str, *, textual: bool) -> bool:
    """Whether what was written as one type is always read as the other."""
    if wider == narrower or (wider == "String" and textual):
        return True
    if (new := _BITS.fullmatch(wider)) and (old := _BITS.fullmatch(narrower)):
        room = int(new[2]) > int(old[2]) if new[1] != old[1] else int(new[2]) >= int(old[2])
        return room and not (new[1] and not old[1])
    if (new := _DECIMAL.fullmatch(wider)) and (old := _DECIMAL.fullmatch(narrower)):
        return int(new[2]) >= int(old[2]) and int(new[1]) - int(new[2]) >= int(old[1]) - int(old[2])
    return (narrower == "Float32" or _BITS.fullmatch(narrower) is not None) and wider == "Float64" and textual


def _rules(old: list[Document], new: list[Document]) -> Iterator[Change]:
    before, after = ({one["rule"]: one for one in rules} for rules in (old, new))
    for rule in before.keys() - after.keys():
        yield Change(where=rule, what=f"no longer asked: {before[rule]['words']}")
    for rule in after.keys() - before.keys():
        one = after[rule]
        yield Change(where=rule, what=f"asked from now on: {one['words']}", senders=one["severity"] != "warn")
    for rule in (name for name in after if name in before):
        one, other = before[rule], after[rule]
        matters = other["severity"] != "warn"
        if one["asks"] != other["asks"]:
            tighter = matters and not looser(other["check"], one["asks"], other["asks"])
            yield Change(where=rule, what=f"{one['words']} becomes {other['words']}", senders=tighter)
        if one["source"] != other["source"]:
            yield Change(where=rule, what="its code: what it asks cannot be compared", senders=matters)
        if one["severity"] != other["severity"]:
            harder = _SEVERE.index(other["severity"]) > _SEVERE.index(one["severity"])
            what = f"{one['severity']} becomes {other['severity']}"
            yield Change(where=rule, what=what, senders=harder)


def looser(check: str, old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether a check lets everything through that it let through before."""
    if old.keys() != new.keys():
        return False
    if check == "isin":
        return set(old["allowed_values"]) <= set(new["allowed_values"])
    if check == "notin":
        return set(new["forbidden_values"]) <= set(old["forbidden_values"])
    ends = {"min_value": -1, "max_value": 1}
    return all(
        old[name] == new[name]
        or (
            name in ends
            and (new[name] is None or (old[name] is not None and _beyond(new[name], old[name], ends[name])))
        )
        or (name.startswith("include") and new[name])
        for name in old
    )


def _beyond(new: Any, old: Any, way: int) -> bool:
    return type(new) is not bool and (new > old if way > 0 else new < old)


def _unique(old: list[str], new: list[str]) -> Iterator[Change]:
    if old != new:
        harder = bool(new) and not (old and set(old) <= set(new))
        yield Change(
            where="row",
            what=f"unique together: {old or 'nothing'} becomes {new or 'nothing'}",
            senders=harder,
        )
