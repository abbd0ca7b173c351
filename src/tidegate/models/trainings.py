"""What trainings are made of, as AWS knows it: tables, executions, the model in service, the last record."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.errors import CommitConflict, Refused
from tidegate.lake import layout
from tidegate.models.decide import LastTraining, Nothing, Seen, Start, TableState, decide
from tidegate.models.executions import UNDER_WAY, status
from tidegate.models.registry import model_data
from tidegate.models.restraint import Past
from tidegate.models.run import Run, hyphens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.decide import Wish
    from tidegate.models.in_service import Records
    from tidegate.plan import ModelPlan, Plan

TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")  # S3's words for an object that is not as asked


@dataclass(frozen=True, kw_only=True)
class Trainings:
    """The trainings of one environment."""

    s3: Any
    glue: Any
    states: Any
    sagemaker: Any
    bucket: str
    database: str
    machine: str
    records: Records
    image: str
    training_images: Mapping[str, str] = field(default_factory=dict)  # by model, where it has its own

    def seen(self, model: ModelPlan) -> Seen:
        """The world as it is before a decision on `model`."""
        found = {name: self._table(name) for name in model.reads}
        last, etag = self._last(model)
        past, now = self._past(model), datetime.now(UTC)
        return Seen(
            tables={name: state for name, state in found.items() if state},
            last=last,
            running=next((one.run for one in past if one.ended is None), ""),
            etag=etag,
            past=past,
            now=now,
        )

    def start(self, start: Start) -> str:
        """Record the training and start it; starting the same twice is starting it once.

        Raises:
            CommitConflict: another decision on the same model was faster.
        """
        run = self._run(start)
        self._claim(start)
        record = self._recorded(f"{_folder(start.model)}/{run.run}/run.json", run.to_json())
        try:
            self.states.start_execution(stateMachineArn=self.machine, name=run.run, input=record)
        except ClientError as error:
            if _code(error) != "ExecutionAlreadyExists":
                raise
            return f"{run.run} was started before"
        return f"started {run.run}"

    def record(self, model: ModelPlan, plan: Plan, wish: Wish) -> dict[str, str]:
        """Write the record of a training that a pipeline runs itself; what its steps must know of it.

        Whoever starts a pipeline wants it to run: what was trained before does not count, and no other
        training is kept from starting.

        Raises:
            Refused: a table that the model reads has no rows.
        """
        decision = decide(model, plan, wish, replace(self.seen(model), last=None, running=""))
        if isinstance(decision, Nothing):
            raise Refused(f"the training of {model.name}", decision.reason, "Start the pipeline again then")
        run = self._run(replace(decision, run=f"{decision.run}-{wish.event['execution']}"))
        key = f"{_folder(model)}/{run.run}/run.json"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=run.to_json())
        champion = run.champion or f"{run.prefix}/run.json"  # a job's input cannot be empty
        images = {"image": run.image, "training_image": run.training_image or run.image}
        snapshots = {f"snapshot_{name}": snapshot for name, snapshot in run.tables.items()}
        return {"run": run.run, **images, **snapshots, "prefix": run.prefix, "champion": champion}

    def tell_report(self, wish: Wish, outcome: str) -> None:
        """Leave beside the report of a drift what it led to first, for whoever reads the report."""
        report = wish.event.get("detail", {}).get("report", "")
        bucket, key = layout.split_uri(report)
        if wish.kind == "DriftFound" and bucket == self.bucket and key.startswith("watch/"):
            told = {"outcome": outcome, "at": datetime.now(UTC).isoformat(timespec="seconds")}
            try:
                body, beside = json.dumps(told), layout.led_to_key(key)
                self.s3.put_object(Bucket=bucket, Key=beside, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if _code(error) not in TAKEN:  # the fact came again; what it then found is what it had led to
                    raise

    def _run(self, start: Start) -> Run:
        model = start.model
        return Run(
            run=start.run,
            model=model.name,
            cause={"kind": start.wish.kind, "event": start.wish.told()},
            tables=start.tables,
            contracts=start.contracts,
            code=model.code,
            image=self.image,
            training_image=self.training_images.get(model.name, ""),
            instance_type=model.instance_type,
            seed=str(model.seed),
            prefix=f"s3://{self.bucket}/{_folder(model)}/{start.run}",
            champion=self._champion(model.name),
        )

    def _champion(self, model: str) -> str:
        """The model data of what answered last, also while its endpoint is switched off, or nothing."""
        served = self.records.read(model).served
        return model_data(self.sagemaker, served[-1].package_arn) if served else ""

    def _recorded(self, key: str, record: str) -> str:
        """The record of the run as it was first written: a training may be at work by it."""
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=record, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) not in TAKEN:
                raise
            written: bytes = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return written.decode()
        return record

    def _claim(self, start: Start) -> None:
        """Replace the last record, if nobody else has since it was read."""
        condition = {"IfMatch": start.etag} if start.etag else {"IfNoneMatch": "*"}
        told = {"run": start.run, "rows": start.rows, "judged": start.judged, "tables": dict(start.tables)}
        body = json.dumps(told)
        try:
            self.s3.put_object(
                Bucket=self.bucket, Key=f"{_folder(start.model)}/last.json", Body=body, **condition
            )
        except ClientError as error:
            if _code(error) in TAKEN:
                raise CommitConflict(
                    f"the training of {start.model.name}",
                    "another event started one at the same time",
                    "It is decided anew when the event comes again",
                ) from error
            raise

    def _last(self, model: ModelPlan) -> tuple[LastTraining | None, str]:
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=f"{_folder(model)}/last.json")
        except ClientError as error:
            if _code(error) in ("NoSuchKey", "404"):
                return None, ""
            raise
        told = json.loads(answer["Body"].read())
        run, judged = told["run"], told.get("judged", 0)
        last = LastTraining(run=run, rows=told["rows"], status=self._status(run), judged=judged)
        return last, answer["ETag"]

    def _status(self, run: str) -> str:
        """How the execution of a run stands; empty when there is none (they are kept for 90 days)."""
        return status(self.states, f"{self.machine.replace(':stateMachine:', ':execution:')}:{run}")

    def _past(self, model: ModelPlan) -> tuple[Past, ...]:
        """The model's trainings, as long as Step Functions remembers them (90 days)."""
        pages = self.states.get_paginator("list_executions").paginate(stateMachineArn=self.machine)
        ours = re.compile(rf"{re.escape(hyphens(model.name))}-[0-9a-f]{{12}}(-\d+)?")
        return tuple(
            Past(run=item["name"], began=item["startDate"], ended=_ended(item))
            for page in pages
            for item in page["executions"]
            if ours.fullmatch(item["name"])
        )

    def _table(self, name: str) -> TableState | None:
        """The current snapshot and row count that an Iceberg table's metadata file tells."""
        try:
            table = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except ClientError as error:
            if _code(error) == "EntityNotFoundException":
                return None
            raise
        bucket, key = layout.split_uri(table["Parameters"]["metadata_location"])
        metadata = json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        current = metadata.get("current-snapshot-id")
        snapshots = {item["snapshot-id"]: item for item in metadata.get("snapshots", [])}
        if current not in snapshots:
            return TableState(snapshot_id="", rows=0)
        return TableState(
            snapshot_id=str(current), rows=int(snapshots[current]["summary"].get("total-records", 0))
        )


def _ended(execution: Mapping[str, Any]) -> datetime | None:
    return None if execution["status"] in UNDER_WAY else execution["stopDate"]


def _folder(model: ModelPlan) -> str:
    return f"runs/{model.name}"


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
