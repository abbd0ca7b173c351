"""What quarantine holds of one file, as a page: what, which rules, which rows, what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli.answer import counted, grid
from tidegate.contract.hopeless import MEND
from tidegate.contract.verdict import LINE, MASK, RAW, REASONS, ROW
from tidegate.find import datasets
from tidegate.lake import layout
from tidegate.lake.advice import AGAIN
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tidegate.lake.entry import Entry

SHOWN_RULES = 10
EXAMPLES = 5
SHOWN_ROWS = 10
RAW_LIMIT = 120


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One file's reports, by their keys in the bucket, and its first bad rows."""

    file: Entry
    bucket: str
    reports: dict[str, dict[str, Any]]
    rows: list[dict[str, Any]]

    def page(self) -> RenderableType:
        """The page."""
        from rich.console import Group

        parts: list[Any] = [*self._head(), "", *self._tables(), self._next(), "", *self._places()]
        return Group(*(part for part in parts if part is not None))

    def _head(self) -> list[str]:
        file = self.file.standing
        state = file.state.value.replace("_", " ")
        lines = [f"{file.key}: {state}; landed {file.landed_at or file.claimed_at}, id {file.object_id[:8]}"]
        if file.total_rows:
            good = f"{file.good_rows:,} good" if file.state is not State.QUARANTINED else "none published"
            lines.append(f"{counted(file.total_rows, 'row')}: {good}, {file.bad_rows:,} bad")
        faults = [report["fault"] for report in self.reports.values() if report.get("fault")]
        lines += dict.fromkeys(f"The file as a whole: {fault['what']} ({fault['code']})" for fault in faults)
        if file.note:
            lines.append(f"Judged again, and {file.note}")
        if file.discarded_at:
            lines.append(f"Discarded {file.discarded_at} by {file.discarded_by}: {file.discarded_why}")
        return lines if faults or self._rules() else [*lines, file.reason]

    def _rules(self) -> list[dict[str, Any]]:
        """Each once: of a file none of whose rows is good, two reports tell the same."""
        found: list[dict[str, Any]] = []
        for report in self.reports.values():
            found += [rule for rule in report.get("rules", []) if rule not in found]
        return found

    def _tables(self) -> list[Any]:
        parts: list[Any] = []
        if rules := self._rules():
            told = [
                (rule["column"] or "(the row)", rule["check"], rule["rows"], _examples(rule))
                for rule in rules[:SHOWN_RULES]
            ]
            more = f", {SHOWN_RULES} of them shown" if len(rules) > SHOWN_RULES else ""
            title = f"{counted(len(rules), 'rule')} broken{more}"
            parts += [grid(title, ("column", "rule", "rows", "for example"), told), ""]
        if self.rows:
            parts += [self._bad_rows(), ""]
        return parts

    def _bad_rows(self) -> Any:
        shown = self.rows[:SHOWN_ROWS]
        bad = counted(max(self.file.bad_rows, len(self.rows)), "bad row")
        title = bad if len(shown) >= self.file.bad_rows else f"The first {len(shown)} of {bad}"
        if all(row.get(RAW) == MASK for row in shown):
            title += "; the text is not shown, since it holds personal values"
            return grid(title, ("row", "line", "why"), [(row[ROW], row[LINE], _why(row)) for row in shown])
        told = [(row.get(ROW), row.get(LINE), _raw(row), _why(row)) for row in shown]
        return grid(title, ("row", "line", "as it came", "why"), told)

    def _next(self) -> str:
        """What to do, a step a line; a command ends its line, to be copied."""
        faults = [report["fault"] for report in self.reports.values() if report.get("fault")]
        steps = list(dict.fromkeys(fault["next_step"] for fault in faults if fault["next_step"] != MEND))
        name, which = self.file.dataset, self.file.object_id[:8]
        if not steps and name in datasets():
            again = "mend the file, and land it again" if faults else AGAIN[datasets()[name].overwrite]
            steps = [
                f"If the rows are wrong: {again}; what came is written by: "
                f"tidegate quarantine export {which} --to FOLDER",
                f"If the rule is wrong: change schemas/{name}.py, deploy, and judge the file again: "
                f"tidegate quarantine replay {which} --dry-run",
            ]
        if not steps and name not in datasets():
            steps = [
                "Land it under a dataset's name; or write the dataset (tidegate dataset new NAME --from "
                f"FILE), deploy, and judge it again: tidegate quarantine replay {which}"
            ]
        return "\n".join(f"→ {step}" for step in steps or ["See its report"])

    def _places(self) -> list[str]:
        pages = sorted(layout.page_key(key) for key in self.reports)
        return ["As a page, beside the evidence:", *(f"  {layout.uri(self.bucket, page)}" for page in pages)]


def _examples(rule: dict[str, Any]) -> str:
    shown = rule.get("examples", [])[:EXAMPLES]
    return "\n".join(f"line {example['line']}: {example['said']}" for example in shown)


def _raw(row: dict[str, Any]) -> str:
    raw = str(row.get(RAW) or "")
    return raw if len(raw) <= RAW_LIMIT else f"{raw[: RAW_LIMIT - 1]}…"


def _why(row: dict[str, Any]) -> str:
    reasons = row.get(REASONS) or []
    return "; ".join(f"{one['column'] or 'row'}: {one['said']}" for one in reasons)
