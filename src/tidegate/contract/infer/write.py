"""A draft as the text of a schema file, as a person would have written it."""

from __future__ import annotations

import textwrap
from dataclasses import fields
from typing import TYPE_CHECKING

from tidegate.contract.formats import Csv, Header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidegate.contract.formats import Format
    from tidegate.contract.infer.draft import Draft, DraftColumn

_WIDTH = 104


def text_of(draft: Draft) -> str:
    """The schema file; what is long is not broken into lines yet."""
    row = "".join(part.capitalize() for part in draft.name.split("_"))
    columns = "\n".join(line for column in draft.columns for line in _column(column))
    comments = "\n".join(_comment(draft.comments, ""))
    return (
        f'"""{draft.title}: one line on what a row is, and who sends it."""\n\n{_imports(draft)}\n'
        f"{comments}{chr(10) if comments else ''}\n"
        f'class {row}(pa.DataFrameModel):\n    """A row as it arrives."""\n\n{columns}\n\n\n'
        f'dataset = Dataset(\n    name="{draft.name}",\n    description="{draft.title}.",\n    row={row},\n'
        f"{_beyond(draft)})\n"
    )


def _column(column: DraftColumn) -> Iterator[str]:
    yield from _comment(column.comments, "    ")
    said = []
    if column.header != column.name:
        said.append(f"header={quoted(column.header)}")
    if column.personal:
        said.append("personal=True")
    if column.nullable:
        said.append("nullable=True")
    said += [f"{check}={value}" for check, value in column.rules.items()]
    yield f"    {column.name}: {column.type} = column({', '.join(said)})"


def _comment(said: Iterable[str], indent: str) -> Iterator[str]:
    for words in said:
        yield from textwrap.wrap(
            _printable(words), _WIDTH, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# "
        )


def _beyond(draft: Draft) -> str:
    key = ", ".join(quoted(name) for name in draft.key) + ("," if len(draft.key) == 1 else "")
    said = f"    key=({key}),\n"
    if (form := _form(draft.form)) != "Csv()":
        said += f"    reads={form},\n"
    if draft.evolves:
        said += "    on_change=OnChange.EVOLVE,\n"
    if draft.partition:
        column, grain = draft.partition
        said += f"    partition=Partition(column={quoted(column)}, grain=Grain.{grain}),\n"
    return said


def _form(form: Format) -> str:
    """The format as a contract says it: what differs from its defaults."""
    said = []
    for one in fields(form):
        value = getattr(form, one.name)
        if value != one.default:
            said.append(f"{one.name}={_value(value)}")
    return f"{type(form).__name__}({', '.join(said)})"


def _value(value: object) -> str:
    if isinstance(value, Header):
        return f"Header.{value.name}"
    if isinstance(value, tuple):
        return "(" + ", ".join(_value(one) for one in value) + ("," if len(value) == 1 else "") + ")"
    return quoted(value) if isinstance(value, str) else repr(value)


def _imports(draft: Draft) -> str:
    types = [column.type for column in draft.columns]
    standard = ["import datetime"] if "datetime.date" in types else []
    standard += ["from typing import Annotated"] if any(one.startswith("Annotated") for one in types) else []
    others = ["import pandera.polars as pa"]
    others += ["import polars as pl"] if any("pl." in one for one in types) else []
    form = _form(draft.form)
    used = {"Dataset", "column"}
    used |= {type(draft.form).__name__} if form != "Csv()" else set()
    used |= {"Header"} if isinstance(draft.form, Csv) and "Header." in form else set()
    used |= {"OnChange"} if draft.evolves else set()
    used |= {"Grain", "Partition"} if draft.partition else set()
    names = ", ".join(sorted(used, key=lambda name: (name == "column", name)))
    ours = [f"from tidegate.contract.declare import {names}"]
    return "\n\n".join("\n".join(group) for group in (standard, others, ours) if group) + "\n"


def quoted(text: str) -> str:
    """A text as Python source, with double quotes where they need no escape."""
    shown = repr(text)
    return f'"{shown[1:-1]}"' if '"' not in text and shown[0] == "'" and "\\'" not in shown else shown


def _printable(words: str) -> str:
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)
