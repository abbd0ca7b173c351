"""What a dry run looks at beyond the file: what its environment knows, through a client that only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli.quarantine import kept
from tidegate.contract.contracts import contracts
from tidegate.errors import Refused
from tidegate.lake.disguises import Disguises
from tidegate.lake.holding import Holding
from tidegate.lake.ledger import Ledger
from tidegate.lake.quarantine import Quarantine
from tidegate.lake.vault import TableVault
from tidegate.lake.workplace import Workplace
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place

_READS = ("get_", "head_", "list_")


class OnlyReads:
    """An S3 client that changes nothing."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        """A method that reads; an exception where another one is asked for."""
        if name != "exceptions" and not name.startswith(_READS):
            raise Refused(
                "dry run",
                "the keys of other files are not indexed yet, and a dry run writes no index",
                "A replay makes it, and holds the file against it",
            )
        return getattr(self._s3, name)


def workplace(where: Place) -> Workplace:
    """The workplace of an environment, for somebody who only looks."""
    s3 = OnlyReads(where.client("s3"))
    return Workplace(
        s3=s3,
        lake_bucket=where.settings[Setting.LAKE_BUCKET],
        ledger=Ledger(where.settings[Setting.LEDGER_TABLE], where.client("dynamodb")),
        quarantine=Quarantine(s3, kept.bucket(where)),
        datasets=contracts(),
        environment=where.environment,
        say=lambda _: None,
    )


def beyond(where: Place, at: Workplace) -> tuple[Holding, Disguises]:
    """What files are held against beyond themselves, and how personal columns are disguised."""
    vault = TableVault(where.client("dynamodb"), where.settings[Setting.VAULT_TABLE])
    return Holding(at), Disguises(where.client("kms"), where.settings[Setting.PERSONAL_KEY], vault)
