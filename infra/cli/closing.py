"""The table that a demo ends with: what happened, how good the model is, what stands behind its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli.answer import grid

if TYPE_CHECKING:
    from rich.console import RenderableType

    from infra.cli.registry import Version

NEXT = """What to type next:
  ./tidegate status                      what runs and what has arrived
  ./tidegate quarantine list             what was refused, and why
  ./tidegate query "SELECT * FROM flights LIMIT 5"
  ./tidegate models {model}         versions, metrics, what serves
  ./tidegate predict {model} '{request}'
  ./tidegate dataset new NAME --from FILE.csv
  ./tidegate down                        stop; the state is kept"""


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything that the closing table tells."""

    datasets: dict[str, dict[str, int]]
    version: Version
    prediction: dict[str, Any]
    seconds: dict[str, float]

    def adds_up(self) -> bool:
        """Whether each dataset's rows landed are its rows published, quarantined and discarded."""
        ends = ("published", "quarantined", "discarded")
        return all(row["landed"] == sum(row[end] for end in ends) for row in self.datasets.values())

    def data(self) -> dict[str, Any]:
        """The story as JSON."""
        return {
            "datasets": self.datasets,
            "adds_up": self.adds_up(),
            "model": {"version": self.version.version, "metadata": dict(self.version.told)},
            "prediction": self.prediction,
            "seconds": {**self.seconds, "all": round(sum(self.seconds.values()), 1)},
        }

    def view(self) -> RenderableType:
        """The story for a person."""
        from rich.console import Group

        return Group(
            "", self._rows(), "", self._metrics(), "", self._answer(), "", self._times(), "", self._next()
        )

    def _rows(self) -> RenderableType:
        columns = ("dataset", "files", "refused whole", "rows landed", "= published", "+ quarantined")
        numbers = ("files", "refused", "landed", "published", "quarantined")
        rows = [(name, *(row[number] for number in numbers)) for name, row in self.datasets.items()]
        return grid("What arrived", columns, rows)

    def _metrics(self) -> RenderableType:
        told = self.version.number
        rows = [
            (f"version {self.version.version}", _shown(told("auc")), _shown(told("log_loss"))),
            ("one feature alone", _shown(told("one_feature_auc")), ""),
            ("the base rate alone", "0.500", _shown(told("base_rate_log_loss"))),
        ]
        title = f"How good it is, on {self.version.number('rows') or 0:,.0f} later flights"
        return grid(title, (self.version.model, "AUC (higher is better)", "log loss (lower is better)"), rows)

    def _answer(self) -> RenderableType:
        asked, sources = self.prediction["request"], self.prediction["sources"]
        files = [file["key"] for found in sources["files"].values() for file in found]
        rows = [
            ("asked about", ", ".join(f"{name} {value}" for name, value in asked.items())),
            (
                "answer",
                f"{self.prediction['predictions'][0]['score']:.3f} (it came {self.prediction['truth']})",
            ),
            (
                "model",
                f"{self.prediction['model']} version {self.prediction['version']}, run {sources['run']}",
            ),
            ("cause", sources["cause"]["kind"]),
            ("snapshots", ", ".join(f"{name} {snapshot}" for name, snapshot in sources["snapshots"].items())),
            ("files", ", ".join(files)),
        ]
        return grid("One prediction, and what stands behind it", ("", ""), rows)

    def _times(self) -> RenderableType:
        rows = [(name, f"{seconds:.1f}") for name, seconds in self.seconds.items()]
        return grid("Seconds", ("stage", "s"), [*rows, ("all", f"{sum(self.seconds.values()):.1f}")])

    def _next(self) -> str:
        return NEXT.format(model=self.version.model, request=json.dumps(self.prediction["request"]))


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:.3f}"
