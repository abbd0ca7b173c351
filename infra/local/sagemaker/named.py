"""What models and endpoint configurations share: records that are made once and never changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts


class Named:
    """Records of one noun, each under its name."""

    noun: str  # as in its ARN: endpoint-config
    word: str  # as in its members: EndpointConfig

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def describe(self, request: Record) -> Record:
        """Its Describe operation."""
        return self.get(request[f"{self.word}Name"])

    def get(self, name: str) -> Record:
        """The record of that name.

        Raises:
            ApiError: there is none.
        """
        found = self.parts.store.find(self.noun, name)
        if found is None:
            raise invalid(f'Could not find {self._spoken()} "{self._arn(name)}".')
        return found

    def delete(self, request: Record) -> Record:
        """Its Delete operation."""
        name = request[f"{self.word}Name"]
        self.get(name)
        self.parts.store.remove(self.noun, name)
        return {}

    def list_page(self, request: Record) -> Record:
        """Its List operation."""
        kept = (f"{self.word}Name", f"{self.word}Arn", "CreationTime")
        every = self.parts.store.every(self.noun)
        return page(request, every, f"{self.word}s", lambda found: {key: found[key] for key in kept}, kept[0])

    def keep(self, request: Record) -> Record:
        """Remember what a Create operation made, and answer it."""
        name = request[f"{self.word}Name"]
        arn = self._arn(name)
        tags = request.pop("Tags", [])
        with self.parts.store.lock:
            if self.parts.store.find(self.noun, name):
                raise invalid(f'Cannot create already existing {self._spoken()} "{arn}".')
            record = {**request, f"{self.word}Arn": arn, "CreationTime": time.time()}
            self.parts.store.put(self.noun, name, record)
            self.parts.tag(arn, tags)
        return {f"{self.word}Arn": arn}

    def _arn(self, name: str) -> str:
        return self.parts.config.arn(self.noun, name)

    def _spoken(self) -> str:
        return self.noun.replace("-", " ")
