"""Lineage, experiments, model cards and search as the backend sees them: a table of operations."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from infra.local.sagemaker.tracking.artifacts import Artifacts
from infra.local.sagemaker.tracking.associations import Associations
from infra.local.sagemaker.tracking.cards import Cards
from infra.local.sagemaker.tracking.entities import KINDS, Entities
from infra.local.sagemaker.tracking.searching import search
from infra.local.sagemaker.tracking.trials import Trials

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

Answer = Callable[["Record"], "Record"]


class Noun(Protocol):
    """What has the five operations of a record."""

    def create(self, request: Record) -> Record:
        """Create…"""

    def describe(self, request: Record) -> Record:
        """Describe…"""

    def update(self, request: Record) -> Record:
        """Update…"""

    def delete(self, request: Record) -> Record:
        """Delete…"""

    def list_page(self, request: Record) -> Record:
        """List…"""


class Tracking:
    """All of it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._cards = Cards(parts)
        self._edges = Associations(parts)
        self._artifacts = Artifacts(parts, self._edges.held)
        named = {kind.word: Entities(parts, kind, partial(self._held, kind.word)) for kind in KINDS}
        self._named = named
        self._trials = Trials(parts, named["Experiment"], named["Trial"], named["TrialComponent"])

    def operations(self) -> dict[str, Answer]:
        """The operations by their names."""
        table: dict[str, Answer] = {
            "AddAssociation": self._edges.add,
            "DeleteAssociation": self._edges.delete,
            "ListAssociations": self._edges.list_page,
            "QueryLineage": self._edges.query,
            "AssociateTrialComponent": self._trials.associate,
            "DisassociateTrialComponent": self._trials.disassociate,
            "ListModelCardVersions": self._cards.list_versions,
            "Search": partial(search, self._parts),
        }
        nouns: dict[str, Noun] = {**self._named, "Artifact": self._artifacts, "ModelCard": self._cards}
        for word, noun in nouns.items():
            table |= {
                f"Create{word}": noun.create,
                f"Describe{word}": noun.describe,
                f"Update{word}": noun.update,
                f"Delete{word}": noun.delete,
                f"List{word}s": noun.list_page,
            }
        of_trials = {
            "CreateTrial": self._trials.create,
            "ListTrials": self._trials.list_trials,
            "ListTrialComponents": self._trials.list_components,
        }
        return {**table, **of_trials}

    def _held(self, word: str, record: Record) -> str:
        """Why a record cannot be deleted; empty when it can."""
        own = {
            "Experiment": self._trials.experiment_held,
            "Trial": self._trials.trial_held,
            "TrialComponent": self._trials.component_held,
        }
        return (own[word](record) if word in own else "") or self._edges.held(record)
