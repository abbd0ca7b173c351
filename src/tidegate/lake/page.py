"""A report of quarantine as one page that a person can read: no script, nothing fetched, light and dark.

Everything that stands in it came from outside at some time: it is escaped for HTML, and what a spreadsheet
would run as a formula, were a table pasted into one, is turned into plain text.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from tidegate.contract.verdict import defused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LONGEST = 1200
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --bad: #b3261e; --good: #2e7d32; }
@media (prefers-color-scheme: dark) { :root { --bad: #ffb4ab; --good: #9bd8a0; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin-top: 2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
dt { opacity: .75; } dd { margin: 0; overflow-wrap: anywhere; }
.counts { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.counts li { background: var(--soft); border-radius: .5rem; padding: .5rem 1rem; }
.counts b { display: block; font-size: 1.4rem; } .bad b { color: var(--bad); } .good b { color: var(--good); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-bottom: .5rem; }
th, td { border-top: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td ul { margin: 0; padding-left: 1.1rem; } td { overflow-wrap: anywhere; }
.next { border-left: .25rem solid currentColor; padding-left: 1rem; }
"""


def page(report: Mapping[str, Any]) -> str:
    """The page of one `report.json`."""
    title = f"{_text(report.get('dataset'))}: {'file' if _whole(report) else 'rows'} in quarantine"
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{_what_happened(report)}</p>",
        _counts(report),
        _next(report.get("next_steps", ())),
        _rules(report),
        _where(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>\n{''.join(f'{part}{chr(10)}' for part in parts if part)}</main></body></html>\n"
    )


def _whole(report: Mapping[str, Any]) -> bool:
    return bool(report.get("reason"))


def _text(value: object) -> str:
    return escape(defused(str(value), _LONGEST))


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else _text(value)


def _what_happened(report: Mapping[str, Any]) -> str:
    if _whole(report):
        fault = report.get("fault")
        why = f"{fault['what']} ({fault['code']})" if fault else report["reason"]
        return f"The whole file was set aside, and nothing of it is published: {_text(why)}."
    return "The rows below break the contract and were set aside; the other rows of the file went on."


def _counts(report: Mapping[str, Any]) -> str:
    named = (
        ("total_rows", "rows read", ""),
        ("good_rows", "went on", "good"),
        ("bad_rows", "set aside", "bad"),
    )
    shown = [
        f'<li class="{kind}"><b>{_number(report[name])}</b> {words}</li>'
        for name, words, kind in named
        if name in report
    ]
    return f'<ul class="counts">{"".join(shown)}</ul>' if shown else ""


def _next(steps: Iterable[object]) -> str:
    items = "".join(f"<li>{_text(step)}</li>" for step in steps)
    return f'<section class="next"><h2>What to do next</h2><ul>{items}</ul></section>' if items else ""


def _rules(report: Mapping[str, Any]) -> str:
    rules = report.get("rules") or ()
    if not rules:
        return ""
    left_out = report.get("rules_left_out", 0)
    more = f"; {_number(left_out)} more are left out" if left_out else ""
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Column", "Rule", "Rows", "For example"))
    return (
        f'<h2>Rules that were broken</h2><div class="scroll" tabindex="0" role="region" aria-label="Rules">'
        f"<table><caption>By the rows that break them, the most first{more}. A row may break several."
        f"</caption><thead><tr>{head}</tr></thead><tbody>{''.join(map(_rule, rules))}</tbody></table></div>"
    )


def _rule(rule: Mapping[str, Any]) -> str:
    examples = "".join(f"<li>{_place(one)}: {_text(one['said'])}</li>" for one in rule["examples"])
    column = _text(rule["column"] or "(the row)")
    return (
        f'<tr><th scope="row">{column}</th><td>{_text(rule["check"])}</td>'
        f'<td class="number">{_number(rule["rows"])}</td><td><ul>{examples}</ul></td></tr>'
    )


def _place(example: Mapping[str, Any]) -> str:
    line = example.get("line")
    known = isinstance(line, int) and line > 0
    return f"row {_number(example['row'])}" + (f", line {_number(line)}" if known else "")


def _where(report: Mapping[str, Any]) -> str:
    landed = report.get("landed") or {}
    told = {
        "File": report.get("source") or landed.get("key"),
        "Version": landed.get("version_id"),
        "Bytes": landed.get("size"),
        "Object": report.get("object_id"),
        "Contract": report.get("contract_version"),
        "Masked columns": ", ".join(report.get("masked_columns") or ()),
        "Parts of evidence": report.get("parts"),
    }
    items = "".join(f"<dt>{name}</dt><dd>{_number(value)}</dd>" for name, value in told.items() if value)
    return f"<h2>Which file</h2><dl>{items}</dl>"
