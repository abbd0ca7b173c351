"""The model card for people: what a version is for, what it learned from, how good it is and where it is not.

It is made of the evaluation alone, and lies beside it as Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.models.gating import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Json = Mapping[str, Any]


def page(evaluation: Json) -> str:
    """The card as a person reads it, in Markdown; of what is no candidate, why."""
    if evaluation.get("kind") == "text":
        from tidegate.models.text import gating as of_text

        return of_text.page(evaluation)
    if "unfit" in evaluation:
        return f"# {evaluation['model']}, run {evaluation['run']}\n\nNo candidate. " + _rules(evaluation)
    about, training = evaluation["about"], evaluation["training"]
    parts = [
        f"# {evaluation['model']}, run {evaluation['run']}",
        about["description"],
        "## Intended use",
        about["intended_use"] or "Not said: `intended_use` of the model.",
        f"A prediction is made at this moment of `{about['request']}`: {about['known_by']}.",
        "## Limits",
        about["not_for"] or "Not said: `not_for` of the model.",
        "## What it learned from",
        f"{training['rows']:,} rows, from {training['from']} to {training['to']}.",
        _table(("table", "snapshot", "contract"), _sources(evaluation)),
        f"Seed {training['seed']}, code {evaluation['code']}, SHA-256 `{evaluation['sha256']}`; "
        + ", ".join(f"{name} {version}" for name, version in training["environment"].items()),
        *_learning(training),
        f"## How good it is: {evaluation['rows']:,} later rows, {evaluation['from']} to {evaluation['to']}",
        _table(("", "AUC", "log loss", "Brier"), _scores(evaluation)),
        _rules(evaluation),
        "## Whether its chances come true",
        _calibration(evaluation["calibration"]),
        "## Part by part",
        _table(("part", "rows", "rate", "mean chance", "AUC", "over the champion"), _slices(evaluation)),
        "## What it goes by",
        "How much AUC is lost when a feature's values are dealt out anew.",
        _table(("feature", "loss", "between"), _importances(evaluation)),
        *(_curve(one) for one in evaluation["explanation"]["curves"]),
        "## What its features were in training",
        _table(("feature", "least", "middle", "greatest", "missing"), _ranges(training["summaries"])),
    ]
    return "\n\n".join(parts) + "\n"


def _rules(evaluation: Json) -> str:
    rows = [(one.rule, "kept" if one.passed else "**broken**", one.said) for one in verdicts(evaluation)]
    return "The gate's rules:\n\n" + _table(("rule", "", "figures"), rows)


def _sources(evaluation: Json) -> list[tuple[str, ...]]:
    return [(name, at, evaluation["contracts"].get(name, "")) for name, at in evaluation["tables"].items()]


def _learning(training: Json) -> Iterable[str]:
    tuning, correction = training["tuning"], training["recalibration"]
    if tuning:
        yield f"Chosen by {len(tuning['folds'])} folds in time: {tuning['chosen'] or 'nothing to choose'}."
        rows = [
            (_said(one["parameters"]), *_numbers(one, "log_loss", "auc", "brier")) for one in tuning["tried"]
        ]
        yield _table(("tried", "log loss", "AUC", "Brier"), rows)
    if correction:
        said = "kept" if correction["applied"] else "left out, since it did not help"
        yield f"A correction of its chances ({correction['method']}) was tried on later rows, and {said}."
        names = ("brier", "log_loss", "calibration_error")
        rows = [(name, *_numbers(correction[name], *names)) for name in ("without", "with")]
        yield _table(("correction", "Brier", "log loss", "calibration error"), rows)


def _scores(evaluation: Json) -> list[tuple[str, ...]]:
    simple, champion = evaluation["one_feature"], evaluation["champion"]
    named = [("this model", evaluation["challenger"]), (f"{simple['feature']} alone", simple)]
    named += [("the same chance for all", evaluation["base_rate"])]
    named += [(f"{champion['run']}, in service", champion)] if champion else []
    return [(name, *_numbers(scores, "auc", "log_loss", "brier")) for name, scores in named]


def _calibration(found: Json) -> str:
    rows = [(str(one["rows"]), f"{one['score']:.3f}", f"{one['rate']:.3f}") for one in found["bins"]]
    parts = _numbers(found, "reliability", "resolution", "uncertainty")
    return (
        f"Expected calibration error {_interval({**found, 'value': found['error']})}. "
        f"Brier score: reliability {parts[0]}, resolution {parts[1]}, uncertainty {parts[2]}.\n\n"
        + _table(("rows", "mean chance", "came true"), rows)
    )


def _slices(evaluation: Json) -> list[tuple[str, ...]]:
    return [
        (
            f"{one['column']} {one['value']}",
            f"{one['rows']:,}",
            f"{one['rate']:.3f}",
            f"{one['score']:.3f}",
            _interval(one["auc"]) if one["auc"] else "too few rows",
            _interval(one["over_champion"]) if one["over_champion"] else "",
        )
        for one in evaluation["slices"]
    ]


def _importances(evaluation: Json) -> list[tuple[str, ...]]:
    found = evaluation["explanation"]["importances"]
    return [(one["feature"], f"{one['loss']:.4f}", f"{one['low']:.4f} … {one['high']:.4f}") for one in found]


def _curve(one: Json) -> str:
    pairs = zip(one["values"], one["chances"], strict=True)
    rows = [(f"{value:.4g}", f"{chance:.3f}") for value, chance in pairs]
    return f"The mean chance, were every row's `{one['feature']}` this:\n\n" + _table(
        (one["feature"], "chance"), rows
    )


def _ranges(summaries: Json) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, one in summaries.items():
        tenths = [f"{value:.4g}" for value in one["deciles"]] or [""] * 11
        found.append((name, tenths[0], tenths[5], tenths[10], f"{one['missing']:.1%}"))
    return found


def _numbers(told: Json, *names: str) -> tuple[str, ...]:
    return tuple(f"{told[name]:.4f}" for name in names)


def _interval(one: Json) -> str:
    return f"{one['value']:.4f} ({one['low']:.4f} … {one['high']:.4f})"


def _said(parameters: Json) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items()) or "the default"


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; what stands in a cell cannot end it."""
    lines = [tuple(heads)]
    lines += [tuple("-" * 3 for _ in lines[0]), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(str(text).replace("|", "\\|").replace("<", "&lt;").split())
