"""`tidegate contract show NAME`: a contract as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli.answer import Answer, grid

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from infra.cli.screen import Screen

# every field of `Dataset` that is no table of columns: what it is called here; a test holds us to all of them
LABELS = {
    "name": "dataset",
    "description": "of",
    "key": "a row is named by",
    "moments": "known in this order",
    "reads": "files are",
    "partition": "partitioned by",
    "transform": "step of its own",
    "transform_sees": "the step sees",
    "overwrite": "a new version of a file means",
    "on_change": "a file with other columns is treated as",
    "own_queue": "queue of its own",
    "severities": "severities",
    "file_rules": "rules of a file",
    "unique_across_files": "the key is unique across files",
    "references": "refers to",
}
NOTHING = {  # how it is said that there is none
    "key": "nothing, and copies are rows like others",
    "partition": "nothing",
    "transform": "none",
}
TABLES = {"row": "What arrives", "published": "What the table holds, where the step changes it"}


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("name", help="of the dataset")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Show it."""
    from tidegate import find
    from tidegate.contract.described.document import described

    document = described(find.dataset(args.name))
    return Answer(document, lambda: _page(document))


def _page(document: dict[str, Any]) -> RenderableType:
    from rich.console import Group

    said = [(label, _said(name, document[name]) or NOTHING.get(name)) for name, label in LABELS.items()]
    lines = [f"{label}: {words}" for label, words in said if words]
    parts: list[Any] = [*lines, f"version: {document['contract_version']}", ""]
    for name, title in TABLES.items():
        if document[name]:
            parts += [_columns(title, document[name], document["slow_checks"]), ""]
            parts += [_across(document[name], document["slow_checks"])] if document[name]["rules"] else []
    return Group(*parts)


def _said(name: str, value: Any) -> str:
    """A field in one line; nothing where there is nothing to say."""
    if name == "reads":
        return "; or ".join(_options(one["format"], one) for one in value)
    if name == "partition":
        return f"{value['grain']} of {value['column']}" if value else ""
    if name == "transform":
        return f"yes ({value})" if value else ""
    if name == "references":
        return "; ".join(f"{one['to']} by {', '.join(one['columns'])}" for one in value)
    if name == "file_rules":
        return "; ".join(_options(one["check"], one) for one in value)
    return _plainly(value)


def _plainly(value: Any) -> str:
    """Whatever a declaration holds, in one line."""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, dict):
        return "; ".join(f"{name} {_plainly(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plainly, value))
    return "" if value is None else str(value)


def _options(title: str, options: dict[str, Any]) -> str:
    shown = [f"{name} {value!r}" for name, value in options.items() if name not in ("format", "check")]
    return f"{title} ({', '.join(shown)})" if shown else title


def _columns(title: str, model: dict[str, Any], slow: list[str]) -> RenderableType:
    rows = []
    for one in model["columns"]:
        notes = [f"in files {one['header']!r}"] if one["header"] != one["name"] else []
        notes += [f"personal: {one['personal']}"] if one["personal"] else []
        notes += ["unique"] if one["unique"] else []
        notes += [one["description"]] if one["description"] else []
        asks = "; ".join(_asked(rule, slow) for rule in one["rules"])
        empty = "may be null" if one["nullable"] else ""
        rows.append((one["name"], one["type"], empty, asks, one["known_after"], "; ".join(notes)))
    return grid(title, ("column", "type", "", "asks", "known after", "notes"), rows)


def _across(model: dict[str, Any], slow: list[str]) -> RenderableType:
    rows = [(one["rule"], _asked(one, slow)) for one in model["rules"]]
    return grid("Rules across columns", ("rule", "asks"), rows)


def _asked(rule: dict[str, Any], slow: list[str]) -> str:
    marks = [] if rule["severity"] == "quarantine" else [rule["severity"].replace("_", " ")]
    marks += ["slow: runs as Python"] if rule["rule"] in slow else []
    return str(rule["words"]) + (f" [{', '.join(marks)}]" if marks else "")
