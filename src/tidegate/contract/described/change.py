"""One difference between two versions of a contract, and whom it breaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Change:
    """One difference."""

    where: str  # a column, a rule, or a field of the declaration
    what: str
    senders: bool = False  # files that were accepted may be refused, or rows of theirs quarantined
    readers: bool = False  # what the table gave may be missing, narrower, or mean something else
    table: bool = False  # the published table cannot become this: a deployment would be refused

    @property
    def breaks(self) -> bool:
        """Whether anybody is broken by it."""
        return self.senders or self.readers or self.table

    @property
    def whom(self) -> tuple[str, ...]:
        """Whom it breaks."""
        named = (("senders", self.senders), ("readers", self.readers), ("table", self.table))
        return tuple(name for name, broken in named if broken)
