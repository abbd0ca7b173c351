"""Model cards: JSON about a model, in versions, with a status that is told on the bus."""

from __future__ import annotations

import datetime
import json
import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import ApiError, invalid, not_found
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts

NOUN = "model-card"
EVENT = "SageMaker Model Card State Change"
_OF_A_VERSION = ("Content", "ModelCardStatus", "ModelCardVersion", "CreationTime", "LastModifiedTime")


class Cards:
    """CreateModelCard and its companions."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def create(self, request: Record) -> Record:
        """CreateModelCard: its first version."""
        name = request["ModelCardName"]
        arn = self.parts.config.arn(NOUN, name)
        _check(request["Content"])
        tags = request.pop("Tags", [])
        with self.parts.store.lock:
            if self.parts.store.find(NOUN, name):
                raise ApiError("ConflictException", f"Model card {arn} already exists.")
            version = {member: request[member] for member in ("Content", "ModelCardStatus")}
            card = {**request, "ModelCardArn": arn, "CreatedBy": {}, "LastModifiedBy": {}, "_versions": []}
            _new_version(card, version)
            self.parts.store.put(NOUN, name, card)
            self.parts.tag(arn, tags)
        self._say(card)
        return {"ModelCardArn": arn}

    def get(self, name: str) -> Record:
        """The card of that name or ARN."""
        found = self.parts.store.find(NOUN, name.rpartition("/")[2])
        if found is None:
            raise not_found(f"Model card {name} does not exist.")
        return found

    def describe(self, request: Record) -> Record:
        """DescribeModelCard: its latest version, or the one that is asked for."""
        card = self.get(request["ModelCardName"])
        number = request.get("ModelCardVersion", len(card["_versions"]))
        if not 1 <= number <= len(card["_versions"]):
            raise not_found(f"Version {number} of {card['ModelCardArn']} does not exist.")
        found = {**card, **card["_versions"][number - 1]}
        if request.get("IncludedData") == "MetadataOnly":
            found["Content"] = "{}"
        return found

    def update(self, request: Record) -> Record:
        """UpdateModelCard: new content is a new version; a status is that of the latest."""
        if "Content" in request and "ModelCardStatus" in request:
            raise invalid("You cannot update both model card content and model card status in a single call.")
        card = self.get(request["ModelCardName"])
        with self.parts.store.lock:
            if "Content" in request:
                _check(request["Content"])
                status = card["_versions"][-1]["ModelCardStatus"]
                _new_version(card, {"Content": request["Content"], "ModelCardStatus": status})
            elif "ModelCardStatus" in request:
                latest = card["_versions"][-1]
                latest |= {"ModelCardStatus": request["ModelCardStatus"], "LastModifiedTime": time.time()}
            self.parts.store.change(card, **card["_versions"][-1])
        self._say(card)
        return {"ModelCardArn": card["ModelCardArn"]}

    def delete(self, request: Record) -> Record:
        """DeleteModelCard, with its versions."""
        self.parts.store.remove(NOUN, self.get(request["ModelCardName"])["ModelCardName"])
        return {}

    def list_page(self, request: Record) -> Record:
        """ListModelCards."""
        kept = ("ModelCardName", "ModelCardArn", "ModelCardStatus", "CreationTime", "LastModifiedTime")
        status = request.get("ModelCardStatus")
        every = [one for one in self.parts.store.every(NOUN) if status in (None, one["ModelCardStatus"])]
        return page(
            request, every, "ModelCardSummaries", lambda card: {one: card[one] for one in kept}, kept[0]
        )

    def list_versions(self, request: Record) -> Record:
        """ListModelCardVersions."""
        card = self.get(request["ModelCardName"])
        named = {member: card[member] for member in ("ModelCardName", "ModelCardArn")}
        status = request.get("ModelCardStatus")
        every = [
            {**named, **{one: version[one] for one in _OF_A_VERSION if one != "Content"}}
            for version in card["_versions"]
            if status in (None, version["ModelCardStatus"])
        ]
        return page(request, every, "ModelCardVersionSummaryList", dict, "ModelCardName")

    def _say(self, card: Record) -> None:
        shown = ("ModelCardName", "ModelCardArn", "ModelCardVersion", "ModelCardStatus")
        times = {member: _iso(card[member]) for member in ("CreationTime", "LastModifiedTime")}
        detail = {**{member: card[member] for member in shown}, **times}
        self.parts.emit(EVENT, card["ModelCardArn"], detail)


def _new_version(card: Record, said: Record) -> None:
    now = time.time()
    number = len(card["_versions"]) + 1
    version = {**said, "ModelCardVersion": number, "CreationTime": now, "LastModifiedTime": now}
    card["_versions"].append(version)
    card.update(version)


def _check(content: str) -> None:
    try:
        said = json.loads(content)
    except ValueError as error:
        raise invalid(f"The model card's content is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise invalid("The model card's content is no JSON object")


def _iso(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
