"""Every error Tidegate raises, in one tree; whether a retry can help is part of the type.

    TidegateError                   where it happened, what was said, what to try next
    ├── Mistake                     somebody must change something: a retry cannot help
    │   ├── ContractMistake         a contract or model is declared wrongly
    │   ├── SettingMissing          a function runs without a setting that it reads
    │   ├── NotFound                what was asked for does not exist
    │   ├── BadRequest              a caller sent what the contract does not allow
    │   └── Refused                 done on purpose: a gate, a policy or a limit said no
    ├── Transient                   the world failed: the same call may succeed later
    │   ├── LeaseHeld               somebody else is at work on it
    │   └── CommitConflict          another writer committed first
    └── Unsupported                 the local cloud does not do this; it says what would

Bad rows and bad files are not errors: they are results (see `tidegate.contract.verdict`).
"""

from __future__ import annotations


class TidegateError(Exception):
    """The root: an error says where it happened, what was said and what to try next."""

    def __init__(self, where: str, what: str, next_step: str) -> None:
        super().__init__(where, what, next_step)
        self.where = where
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.next_step}"


class Mistake(TidegateError):
    """Somebody must change something: a retry cannot help."""


class ContractMistake(Mistake):
    """A contract or a model is declared wrongly."""


class SettingMissing(Mistake):
    """A function runs without a setting that it reads."""


class NotFound(Mistake):
    """What was asked for does not exist."""


class BadRequest(Mistake):
    """A caller sent what the contract does not allow."""


class Refused(Mistake):
    """Done on purpose: a gate, a policy or a limit said no."""


class Transient(TidegateError):
    """The world failed: the same call may succeed later."""


class LeaseHeld(Transient):
    """Somebody else is at work on it, and holds its lease."""


class CommitConflict(Transient):
    """Another writer committed first, or it is not known whether we did."""


class Unsupported(TidegateError):
    """The local cloud does not do this; the message says what would."""


def the_exception(reason: str) -> str:
    """A reason in one line: of a traceback, also of its end alone, the exception, which stands last."""
    lines = reason.strip().splitlines()
    crashed = any(line.lstrip().startswith('File "') for line in lines)
    return lines[-1].strip() if crashed else " ".join(reason.split())
