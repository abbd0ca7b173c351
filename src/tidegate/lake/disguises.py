"""What an environment disguises personal values with: its own key, and its vault.

The key lies nowhere. A KMS key that never leaves KMS makes a code (HMAC) of a fixed text, once a process, and
that code is the key: it is the same in every process of the environment, and in no log, setting or template.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tidegate import aws
from tidegate.contract.personal import Disguise
from tidegate.lake.vault import TableVault
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.contract.personal import OnArrival, Vault
    from tidegate.settings import Settings

_LABEL = b"tidegate: personal data, first key"


@dataclass(frozen=True)
class Disguises:
    """The disguises of one environment."""

    kms: Any
    kms_key: str
    vault: Vault

    @classmethod
    def of(cls, settings: Settings) -> Disguises:
        """Those of the environment that these settings name."""
        vault = TableVault(aws.client("dynamodb"), settings[Setting.VAULT_TABLE])
        return cls(aws.client("kms"), settings[Setting.PERSONAL_KEY], vault)

    def disguise(self, columns: Mapping[str, OnArrival]) -> Disguise:
        """How these columns are changed; KMS is asked by the first that has any."""
        return Disguise(columns, self._key if columns else b"", self.vault)

    @cached_property
    def _key(self) -> bytes:
        made: bytes = self.kms.generate_mac(KeyId=self.kms_key, MacAlgorithm="HMAC_SHA_256", Message=_LABEL)[
            "Mac"
        ]
        return made
