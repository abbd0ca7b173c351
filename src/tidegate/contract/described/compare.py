"""Two versions of a contract compared: field by field of the declaration, each judged by whom it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.contract.described.arriving import row_changes
from tidegate.contract.described.change import Change
from tidegate.contract.described.policies import policy_changes
from tidegate.contract.described.published import table_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tidegate.contract.described.document import Document

    Judge = Callable[[Document, Document], Iterator[Change]]


def changes(old: Document, new: Document) -> tuple[Change, ...]:
    """Every difference, in the order of the declaration; those that break first."""
    found = [change for judge in JUDGES.values() for change in judge(old, new)]
    return tuple(sorted(dict.fromkeys(found), key=lambda change: not change.breaks))


def _differs(field: str, *, senders: bool = False, readers: bool = False, table: bool = False) -> Judge:
    """A field of which any other value means the same to somebody."""

    def judge(old: Document, new: Document) -> Iterator[Change]:
        if old.get(field) != new.get(field):
            what = f"{_shown(old.get(field))} becomes {_shown(new.get(field))}"
            yield Change(where=field, what=what, senders=senders, readers=readers, table=table)

    return judge


def _key(old: Document, new: Document) -> Iterator[Change]:
    before, after = old["key"], new["key"]
    if before != after:
        harder = bool(after) and not (before and set(before) <= set(after))
        what = f"{', '.join(before) or 'none'} becomes {', '.join(after) or 'none'}"
        yield Change(where="key", what=what, senders=harder, readers=True)


def _reads(old: Document, new: Document) -> Iterator[Change]:
    before, after = ({one["format"]: one for one in document["reads"]} for document in (old, new))
    for name in before.keys() - after.keys():
        yield Change(where="reads", what=f"{name} is no longer read", senders=True)
    for name in after.keys() - before.keys():
        strict = len(before) == 1 and name not in before
        what = f"{name} is read as well; a file is now told by the ending of its name"
        yield Change(where="reads", what=what, senders=strict)
    for name in (name for name in after if name in before):
        for option, value in after[name].items():
            was = before[name].get(option)
            if was != value:
                added = option == "null_values" and set(was or ()) <= set(value)
                what = f"{name}: {option} {_shown(was)} becomes {_shown(value)}"
                yield Change(where="reads", what=what, senders=not added or _takes_texts(new))


def _takes_texts(new: Document) -> bool:
    """Whether a text that is nothing from now on would be missing somewhere."""
    return any(one["type"] == "String" and not one["nullable"] for one in new["row"]["columns"])


def _moments(old: Document, new: Document) -> Iterator[Change]:
    if old["moments"] != new["moments"]:
        lost = not set(old["moments"]) <= set(new["moments"])
        what = f"{_shown(old['moments'])} becomes {_shown(new['moments'])}"
        yield Change(where="moments", what=what, readers=lost)


def _step(old: Document, new: Document) -> Iterator[Change]:
    if old["transform"] != new["transform"]:
        yield Change(
            where="transform", what="the dataset's own step; what it makes of a row cannot be compared"
        )


def _overwrite(old: Document, new: Document) -> Iterator[Change]:
    if old["overwrite"] != new["overwrite"]:
        what = f"{old['overwrite']} becomes {new['overwrite']}"
        refuses, replaces = new["overwrite"] == "refuse", new["overwrite"] == "replace"
        yield Change(where="overwrite", what=what, senders=refuses, readers=replaces)


def _file_rules(old: Document, new: Document) -> Iterator[Change]:
    before, after = ({(one["check"], one["column"]): one for one in of["file_rules"]} for of in (old, new))
    for name in before.keys() | after.keys():
        one, other = before.get(name), after.get(name)
        if one == other:
            continue
        harder = other is not None and other["severity"] != "warn" and not (one and _wider(one, other))
        yield Change(where=name[0], what=f"{_shown(one)} becomes {_shown(other)}", senders=harder)


def _wider(old: Document, new: Document) -> bool:
    """Whether a rule of files lets every file through that it let through before."""
    if new["severity"] != old["severity"] and old["severity"] == "warn":
        return False
    most = new.get("most") is None or (old.get("most") is not None and new["most"] >= old["most"])
    return (
        new.get("least", 0) <= old.get("least", 0) and most and new.get("within", 0) >= old.get("within", 0)
    )


def _references(old: Document, new: Document) -> Iterator[Change]:
    for one in old["references"]:
        if one not in new["references"]:
            yield Change(where="references", what=f"no longer held against {one['to']}")
    for one in new["references"]:
        if one not in old["references"]:
            yield Change(where="references", what=f"held against {one['to']} from now on", senders=True)


def _across_files(old: Document, new: Document) -> Iterator[Change]:
    if old["unique_across_files"] != new["unique_across_files"]:
        asked = bool(new["unique_across_files"])
        what = "its key is unique across files" if asked else "other files may bring its key again"
        yield Change(where="unique_across_files", what=what, senders=asked)


def _severities(old: Document, new: Document) -> Iterator[Change]:
    """Of rules that stand in no column's list: types, nulls, keys, references; the others were compared."""
    listed = {one["rule"] for of in (old, new) for column in of["row"]["columns"] for one in column["rules"]}
    listed |= {one["rule"] for of in (old, new) for one in of["row"]["rules"]}
    for rule in (old["severities"].keys() | new["severities"].keys()) - listed:
        before, after = (of["severities"].get(rule, "quarantine") for of in (old, new))
        if before != after:
            harder = ("warn", "quarantine", "refuse_file").index(after) > (
                "warn",
                "quarantine",
                "refuse_file",
            ).index(before)
            yield Change(where=rule, what=f"{before} becomes {after}", senders=harder)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {one}" for name, one in value.items() if one is not None)
    return "nothing" if value is None else repr(value) if isinstance(value, str) else str(value)


# every field of `Dataset`: how a change of it is judged; a test holds us to all of them
JUDGES: dict[str, Judge] = {
    "name": _differs("name", senders=True, readers=True),
    "row": row_changes,
    "key": _key,
    "reads": _reads,
    "published": table_changes,
    "partition": _differs("partition", readers=True, table=True),
    "transform": _step,
    "transform_sees": _differs("transform_sees"),
    "overwrite": _overwrite,
    "on_change": policy_changes,
    "severities": _severities,
    "file_rules": _file_rules,
    "unique_across_files": _across_files,
    "references": _references,
    "moments": _moments,
    "own_queue": _differs("own_queue"),
    "description": _differs("description"),
}
