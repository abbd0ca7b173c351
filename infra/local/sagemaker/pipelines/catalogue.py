"""Pipelines and their versions: what is defined, before anything is executed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import ApiError, invalid, not_found
from infra.local.sagemaker.pipelines.definition import parse
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts

NOUN = "pipeline"
_KEPT = ("PipelineDisplayName", "PipelineDescription", "ParallelismConfiguration", "RoleArn")


class Catalogue:
    """CreatePipeline and its companions."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def create(self, request: Record) -> Record:
        """CreatePipeline; the same request again, by its token, is answered as the first was."""
        name = request["PipelineName"]
        self.parts.cloud.assume(request["RoleArn"])
        text = self._text(request)
        now = time.time()
        with self.parts.store.lock:
            if found := self.parts.store.find(NOUN, name):
                if found["_token"] == request["ClientRequestToken"]:
                    return {"PipelineArn": found["PipelineArn"]}
                raise invalid(
                    "Pipeline names must be unique within an AWS account and region. Pipeline with name "
                    f"({name}) already exists."
                )
            arn = self.parts.config.arn(NOUN, name)
            pipeline = {
                "PipelineArn": arn,
                "PipelineName": name,
                "PipelineDisplayName": name,
                "PipelineStatus": "Active",
                "CreationTime": now,
                "LastModifiedTime": now,
                "CreatedBy": {},
                "LastModifiedBy": {},
                **{member: request[member] for member in _KEPT if member in request},
                "_token": request["ClientRequestToken"],
                "_versions": [],
            }
            _new_version(pipeline, text)
            self.parts.store.put(NOUN, name, pipeline)
            self.parts.tag(arn, request.get("Tags", []))
        return {"PipelineArn": arn}

    def get(self, name: str) -> Record:
        """The pipeline of that name or ARN."""
        short = name.rpartition("/")[2]
        found = self.parts.store.find(NOUN, short)
        if found is None:
            raise not_found(f"Pipeline '{self.parts.config.arn(NOUN, short)}' does not exist.")
        return found

    def update(self, request: Record) -> Record:
        """UpdatePipeline; a definition makes a new version."""
        pipeline = self.get(request["PipelineName"])
        if "RoleArn" in request:
            self.parts.cloud.assume(request["RoleArn"])
        text = self._text({"RoleArn": pipeline["RoleArn"], **request}, wanted=False)
        with self.parts.store.lock:
            if text:
                _new_version(pipeline, text)
            self.parts.store.change(
                pipeline, **{member: request[member] for member in _KEPT if member in request}
            )
        return {
            "PipelineArn": pipeline["PipelineArn"],
            "PipelineVersionId": pipeline["_versions"][-1]["PipelineVersionId"],
        }

    def describe(self, request: Record) -> Record:
        """DescribePipeline, of its latest version or of the one that is asked for."""
        pipeline = self.get(request["PipelineName"])
        version = self.version(pipeline, request.get("PipelineVersionId"))
        named = ("PipelineVersionDisplayName", "PipelineVersionDescription")
        shown = {member: version[member] for member in named if member in version}
        return {**pipeline, "PipelineDefinition": version["_definition"], **shown}

    def version(self, pipeline: Record, number: int | None = None) -> Record:
        """A version of a pipeline; the latest where none is named."""
        versions: list[Record] = pipeline["_versions"]
        for version in reversed(versions):
            if number in (None, version["PipelineVersionId"]):
                return version
        raise not_found(f"Pipeline version {number} of {pipeline['PipelineArn']} does not exist.")

    def update_version(self, request: Record) -> Record:
        """UpdatePipelineVersion: its name and description."""
        pipeline = self.get(request["PipelineArn"])
        version = self.version(pipeline, request["PipelineVersionId"])
        named = ("PipelineVersionDisplayName", "PipelineVersionDescription")
        with self.parts.store.lock:
            version.update({member: request[member] for member in named if member in request})
            self.parts.store.change(pipeline)
        return {"PipelineArn": pipeline["PipelineArn"], "PipelineVersionId": version["PipelineVersionId"]}

    def delete(self, request: Record) -> Record:
        """DeletePipeline: not while one of its executions runs."""
        pipeline = self.get(request["PipelineName"])
        for execution in self.parts.store.every("pipeline-execution"):
            if execution["PipelineArn"] != pipeline["PipelineArn"]:
                continue
            if execution["PipelineExecutionStatus"] in ("Executing", "Stopping"):
                raise ApiError(
                    "ConflictException",
                    f"Pipeline {pipeline['PipelineArn']} has executions that run; stop them first.",
                )
            self.parts.store.remove("pipeline-execution", execution["PipelineExecutionArn"])
        self.parts.store.remove(NOUN, pipeline["PipelineName"])
        return {"PipelineArn": pipeline["PipelineArn"]}

    def list_page(self, request: Record) -> Record:
        """ListPipelines."""
        kept = (
            "PipelineArn",
            "PipelineName",
            "PipelineDisplayName",
            "PipelineDescription",
            "RoleArn",
            "CreationTime",
            "LastModifiedTime",
        )
        prefix = request.get("PipelineNamePrefix", "")
        every = [one for one in self.parts.store.every(NOUN) if one["PipelineName"].startswith(prefix)]

        def summary(pipeline: Record) -> Record:
            ran = {"LastExecutionTime": pipeline["LastRunTime"]} if "LastRunTime" in pipeline else {}
            return {**{member: pipeline[member] for member in kept if member in pipeline}, **ran}

        return page(_dated(request), every, "PipelineSummaries", summary, "PipelineName")

    def list_versions(self, request: Record) -> Record:
        """ListPipelineVersions."""
        pipeline = self.get(request["PipelineName"])

        def summary(version: Record) -> Record:
            return {member: value for member, value in version.items() if not member.startswith("_")}

        arn = {"PipelineArn": pipeline["PipelineArn"]}
        versions = [{**arn, **version} for version in pipeline["_versions"]]
        return page(_dated(request), versions, "PipelineVersionSummaries", summary, "PipelineArn")

    def _text(self, request: Record, *, wanted: bool = True) -> str:
        """The definition of a request, checked; empty where it has none and none is wanted."""
        from botocore.exceptions import ClientError

        text = str(request.get("PipelineDefinition", ""))
        if place := request.get("PipelineDefinitionS3Location"):
            version = {"VersionId": place["VersionId"]} if "VersionId" in place else {}
            try:
                found = self.parts.cloud.s3(request["RoleArn"]).get_object(
                    Bucket=place["Bucket"], Key=place["ObjectKey"], **version
                )
            except ClientError as error:
                raise invalid(f"Unable to read the pipeline definition: {error}") from error
            text = found["Body"].read().decode()
        if text or wanted:
            parse(text)
        return text


def _new_version(pipeline: Record, text: str) -> None:
    version = {
        "PipelineVersionId": len(pipeline["_versions"]) + 1,
        "CreationTime": time.time(),
        "_definition": text,
    }
    pipeline["_versions"].append(version)


def _dated(request: Record) -> Record:
    """A request whose dates are called as `page` calls them."""
    named = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
    return {named.get(member, member): value for member, value in request.items()}
