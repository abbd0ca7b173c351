"""The files of a new model: small, but true; they pass the checks before anybody edits them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.errors import BadRequest

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

_FIT = '''"""What the model learns: the truth that came later, and the estimator that learns it."""

from __future__ import annotations

from typing import Any

import polars as pl


def label(rows: pl.DataFrame) -> pl.DataFrame:
    """Whether `{target}` came out above its middle: put your own question here."""
    known = rows.with_row_index("row").filter(pl.col("{target}").is_not_null())
    return known.select("row", label=pl.col("{target}") > pl.col("{target}").median())


def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
    """Gradient-boosted trees, which take NaN as they find it."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    trees = HistGradientBoostingClassifier(max_iter=100, min_samples_leaf=50, random_state=seed)
    return trees.fit(features.to_numpy(), labels.to_numpy().astype(int))
'''


def model_files(name: str, dataset: Dataset) -> dict[str, str]:
    """The files of the model's folder, by name.

    Raises:
        BadRequest: the dataset has no numbers to learn from, or no time to split by.
    """
    known = [column for column in _numbers(dataset) if column in dataset.known_by(dataset.moments[0])]
    later = [column for column in _numbers(dataset) if column not in known]
    if not known or len(known) + len(later) < 2 or dataset.partition is None:
        raise BadRequest(
            f"schemas/{dataset.name}.py",
            "a model needs a partition column and two columns of numbers",
            "Choose another dataset: --of DATASET",
        )
    target = later[0] if later else known.pop()
    told = {
        "name": name,
        "title": name.replace("_", " ").capitalize(),
        "request": dataset.name,
        "moment": dataset.moments[0],
        "time": dataset.partition.column,
        "first": known[0],
        "columns": "\n".join(f'    "{column}",' for column in known),
        "target": target,
    }
    texts = {"__init__.py": _INIT, "features.py": _FEATURES, "fit.py": _FIT}
    return {file: text.format(**told) for file, text in texts.items()}


def _numbers(dataset: Dataset) -> list[str]:
    published = dataset.table_row.to_schema().columns
    arriving = dataset.schema().columns
    return [name for name in arriving if name in published and arriving[name].dtype.type.is_numeric()]
