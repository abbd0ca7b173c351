"""`tidegate contract test FILE`: what would become of a file, without landing it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.cli import land
from infra.cli.answer import Answer, Exit, counted, grid
from tidegate.lake.entry import State

if TYPE_CHECKING:
    import argparse

    import polars as pl
    from rich.console import RenderableType

    from infra.cli.contract.trial import Trial
    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("file", type=Path, help="a file as it would land")
    parser.add_argument(
        "--dataset", default="", help="whose contract it is held against (default: as for land)"
    )


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Try it; 0 where every row would be published, 1 otherwise."""
    from infra.cli.contract.trial import not_judged, rules_of_step, try_out
    from tidegate import find
    from tidegate.contract.source import PathSource
    from tidegate.contract.verdict import report

    key = land.key_of(args.file, args.dataset)
    dataset = find.dataset(key.partition("/")[0])
    tried = try_out(PathSource(args.file), dataset, args.environment)
    told = report(tried.verdict, dataset.personal(), source=str(args.file))
    step = tried.step
    fault = tried.fault
    data: dict[str, Any] = {
        **told,
        "state": tried.state.value,
        "fault": fault and {"code": fault.code, "what": fault.what, "next_step": fault.next_step},
        "published_rows": tried.published,
        "step": step and {"good_rows": step.good, "bad_rows": step.bad, "rules": rules_of_step(step)},
        "first_rows": tried.shown.to_dicts(),
        "not_judged": not_judged(dataset),
    }
    code = Exit.FINE if tried.state is State.PUBLISHED else Exit.WANTING
    return Answer(data, lambda: _page(tried, data, key), code)


def _page(tried: Trial, data: dict[str, Any], key: str) -> RenderableType:
    from rich.console import Group

    parts: list[Any] = [*_head(tried, key), ""]
    if rules := data["rules"]:
        parts += [_rules(f"{counted(len(rules), 'rule')} broken", rules), ""]
    if data["step"] and data["step"]["rules"]:
        behind = [
            (one["column"] or "(the row)", one["check"], one["rows"], one["said"])
            for one in data["step"]["rules"]
        ]
        parts += [grid("Broken behind the step", ("column", "rule", "rows", "for example"), behind), ""]
    if warnings := data["warnings"]:
        parts += [_rules("Warnings: these rows are published all the same", warnings), ""]
    if tried.published and tried.shown.height:
        shown = _texts(tried.shown.head(3)).transpose(include_header=True, header_name="column").rows()
        columns = ("column", *(f"row {at}" for at in range(1, len(shown[0]))))
        parts += [grid("The first rows of the table would be", columns, shown), ""]
    parts += [f"Not judged here: {one}." for one in data["not_judged"]]
    if tried.fault is not None:
        parts.append(f"→ {tried.fault.next_step.rstrip('.')}.")
    return Group(*parts)


def _head(tried: Trial, key: str) -> list[str]:
    verdict, fault = tried.verdict, tried.fault
    lines = [f"{key} would be {tried.state.value.replace('_', ' ')}."]
    if fault is not None:
        lines.append(f"The file as a whole: {fault.what} ({fault.code})")
    if verdict.total_rows:
        good = verdict.good_rows if verdict.fault is None else 0
        lines.append(f"{counted(verdict.total_rows, 'row')}: {good:,} good, {verdict.bad_rows:,} bad")
    if tried.step is not None and not tried.step.failed:
        lines.append(
            f"Its own step made {counted(tried.step.good, 'good row')} of them, {tried.step.bad:,} bad"
        )
    return [*lines, f"{counted(tried.published, 'row')} would be published in {tried.dataset.name}"]


def _rules(title: str, rules: list[dict[str, Any]]) -> RenderableType:
    told = [(one["column"] or "(the row)", one["check"], one["rows"], _example(one)) for one in rules[:20]]
    return grid(title, ("column", "rule", "rows", "for example"), told)


def _example(rule: dict[str, Any]) -> str:
    first = next(iter(rule["examples"]), None)
    if first is None:
        return ""
    place = f"line {first['line']}" if first["line"] > 0 else f"row {first['row']}"
    return f"{place}: {first['said']}"


def _texts(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return rows.select(pl.all().cast(pl.String))
