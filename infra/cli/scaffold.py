"""The files of a new model: small, but true; they pass the checks before anybody edits them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate import find
from tidegate.errors import BadRequest
from tidegate.models.environment import LOCK

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset

_INIT = '''"""{title}: one line on what is asked, and when."""

from __future__ import annotations

from pipelines.{name}.features import features, lookup_keys
from pipelines.{name}.fit import fit, label
from tidegate.models.declare import Model

model = Model(
    name="{name}",
    description="{title}.",
    request="{request}",
    known_by="{moment}",
    lookups=(),
    time_column="{time}",
    test_share=0.2,
    features=features,
    lookup_keys=lookup_keys,
    label=label,
    fit=fit,
    baseline_feature="{first}",
    least_auc=0.55,
    least_new_rows=1000,
    schedule="cron(0 6 ? * MON *)",
    instance_type="ml.m5.large",
)
'''

_FEATURES = '''"""What the model sees: the same code runs on a training table and on a live request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tidegate.models.declare import Frames

KNOWN = (
{columns}
)


def lookup_keys(_rows: pl.DataFrame) -> Frames:
    """Nothing is looked up yet; see the declaration's `lookups`."""
    return {{}}


def features(rows: pl.DataFrame, _lookups: Frames) -> pl.DataFrame:
    """One row of floats for each row, in their order; what is not known is NaN."""
    known = rows.select(KNOWN)
    return known.cast(pl.Float32).fill_null(float("nan"))
'''

_TEXT_INIT = '''"""{title}: one line on what it writes, and what for."""

from __future__ import annotations

from pipelines.{name}.fit import fit
from tidegate.models.text.declare import TextModel

model = TextModel(
    name="{name}",
    description="{title}.",
    request="{request}",
    known_by="{moment}",
    column="{target}",
    fit=fit,
    least_new_rows=100,
    schedule="cron(0 6 ? * MON *)",
    instance_type="ml.m5.large",
)
'''

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"
TEXT = "text"
FRAMEWORKS = ("sklearn", "lightgbm", "pytorch", "keras", TEXT)
WRITTEN = ("fit.py", "net.py", "requirements.in", LOCK)
_TARGET = re.compile("^TARGET = .*$", re.MULTILINE)


def model_files(name: str, dataset: Dataset, framework: str, target: str = "") -> dict[str, str]:
    """The files of the model's folder, by name.

    Raises:
        BadRequest: the dataset has no numbers to learn from, or no time to split by; or not this target.
    """
    if framework == TEXT:
        return _text_files(name, dataset, target)
    known, target = _columns(dataset, target)
    assert dataset.partition is not None, "it has a time to split by, or is refused"
    told = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "request": dataset.name,
        "moment": dataset.moments[0],
        "time": dataset.partition.column,
        "first": known[0],
        "columns": "\n".join(f'    "{column}",' for column in known),
    }
    texts = {"__init__.py": _INIT, "features.py": _FEATURES}
    return {file: text.format(**told) for file, text in texts.items()} | _of(framework, target)


def fits(dataset: Dataset, framework: str) -> bool:
    """Whether the files of a new model can be written for that dataset."""
    if framework == TEXT:
        return bool(_texts(dataset))
    known, later = _known_and_later(dataset)
    return bool(known) and len(known) + len(later) > 1 and dataset.partition is not None


def fitting(framework: str) -> str:
    """The names of the datasets of which that is true."""
    named = [name for name, dataset in find.datasets().items() if fits(dataset, framework)]
    return " | ".join(named) or "(there is none; add one: tidegate dataset new)"


def _known_and_later(dataset: Dataset) -> tuple[list[str], list[str]]:
    known = [column for column in _numbers(dataset) if column in dataset.known_by(dataset.moments[0])]
    return known, [column for column in _numbers(dataset) if column not in known]


def _columns(dataset: Dataset, target: str) -> tuple[list[str], str]:
    """The numbers that are known first, and the one to predict."""
    known, later = _known_and_later(dataset)
    if not fits(dataset, ""):
        raise BadRequest(
            f"schemas/{dataset.name}.py",
            "a model needs a partition column and two columns of numbers",
            f"Choose a dataset that fits: --of {fitting('')}",
        )
    target = target or _to_learn(known, later)
    if target not in (*known, *later):
        named = ", ".join(later or known)
        raise BadRequest(f"--target {target}", "it is no number of that dataset", f"Name one of: {named}")
    return [column for column in known if column != target], target


def _to_learn(known: list[str], later: list[str]) -> str:
    """The first number that comes later, unless its plan tells it: `sched_dep_time` does `dep_time`."""
    unplanned = [one for one in later if not any(planned.endswith(f"_{one}") for planned in known)]
    return (unplanned or later or known[-1:])[0]


def _text_files(name: str, dataset: Dataset, target: str) -> dict[str, str]:
    texts = _texts(dataset)
    free = [column for column in texts if column not in dataset.key]
    if not texts or (target and target not in texts):
        raise BadRequest(
            f"schemas/{dataset.name}.py",
            "a model of text learns from a column of text",
            f"Name one: --target {' | '.join(texts)}" if texts else f"Choose one: --of {fitting(TEXT)}",
        )
    told = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "request": dataset.name,
        "moment": dataset.moments[0],
        "target": target or (free or texts)[0],
    }
    return {"__init__.py": _TEXT_INIT.format(**told)} | _of(TEXT, told["target"])


def _of(framework: str, target: str) -> dict[str, str]:
    """The framework's files: how it fits, and its packages, where they need an environment of their own."""
    paths = [path for path in (TEMPLATES / framework).iterdir() if path.name in WRITTEN]
    files = {path.name: path.read_text("utf-8") for path in paths}
    return files | {"fit.py": _TARGET.sub(f'TARGET = "{target}"', files["fit.py"])}


def _texts(dataset: Dataset) -> list[str]:
    columns = dataset.table_row.to_schema().columns.items()
    arriving = dataset.schema().columns
    return [name for name, found in columns if str(found.dtype) == "String" and name in arriving]


def _numbers(dataset: Dataset) -> list[str]:
    published = dataset.table_row.to_schema().columns
    arriving = dataset.schema().columns
    return [name for name in arriving if name in published and arriving[name].dtype.type.is_numeric()]
