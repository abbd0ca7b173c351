"""What a folder in `pipelines/` declares of a model that writes text: what it learns from, its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.errors import ContractMistake
from tidegate.models.declare import Frames, Lookup, Model, Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl


NOT_WATCHED = (
    "it writes text, and is not watched for drift: training holds texts and no requests, so there is nothing "
    "to compare prompts with; its score, refusals and captures are metrics"
)


def _nothing(_rows: pl.DataFrame, _lookups: Frames | None = None) -> Any:
    raise TypeError("a model of text has no features and no label")


@dataclass(frozen=True, kw_only=True)
class TextModel(Model):
    """A model that writes on from a prompt. What a table of features would need is not asked."""

    column: str  # of the request table: the texts that it learns from
    fit: Callable[[Sequence[str], int], Any]  # (texts, seed) -> a step of a network, see `frameworks.steps`
    longest_prompt: int = 100  # characters
    longest_answer: int = 400  # bytes
    seconds: float = 10.0  # that an answer may take; what is written by then is given
    bigram_share: float = 0.9  # of the perplexity that pairs of bytes alone give: more is refused
    test_share: float = 0.2  # of the different texts, chosen by their hash: the same ones in every training
    lookups: tuple[Lookup, ...] = ()
    time_column: str = ""
    features: Any = _nothing
    lookup_keys: Any = _nothing
    label: Any = _nothing
    baseline_feature: str = ""
    least_auc: float = 0.0

    def __post_init__(self) -> None:
        """What would have no effect is refused."""
        if self.watch != Watch():
            where, what = f"pipelines/{self.name}/__init__.py", "watch=… is declared of a model of text"
            raise ContractMistake(where, f"{what}: {NOT_WATCHED}", "Leave `watch` out")
