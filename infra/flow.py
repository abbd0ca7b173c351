"""The one table: which event runs which function, with what. The stacks are built from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.triggers import (
    BuildEnded,
    Copied,
    CustomResource,
    EachModelsSchedule,
    EachModelsWatch,
    Every,
    Function,
    Landed,
    PackageChanged,
    Queue,
    Route,
    Said,
    Step,
)
from tidegate import facts
from tidegate.settings import Setting as S  # noqa: N817 - a short name keeps a row on a line

if TYPE_CHECKING:
    from collections.abc import Mapping

# A machine, and the facts that start it; the training machine is started by `train`, which decides.
MACHINES: Mapping[str, tuple[Said, ...]] = {
    "training": (),
    "deployment": (Said(facts.ModelApproved), Said(facts.RollbackRequested)),
}

_LAKE = (S.ENVIRONMENT, S.LAKE_BUCKET, S.LEDGER_TABLE, S.DATABASE, S.BUS)
_TO_PUBLISH = (Said(facts.FileValidated, {"needs_transform": False}), Said(facts.FileTransformed))

# fmt: off
FLOW: Mapping[str, Function] = {
    # files become rows
    "validate": Function(
        on=(Queue("landed", holds=(Landed(), Said(facts.FileLanded), Said(facts.ReplayRequested))),),
        memory=1769, timeout=300, scratch=4096, layers=("base", "checking"), layers_if_slow=("schemas",),
        reads=(*_LAKE, S.LANDING_BUCKET, S.QUARANTINE_BUCKET, S.PERSONAL_KEY, S.VAULT_TABLE)),
    "transform": Function(
        on=(Queue("transform", holds=(Said(facts.FileValidated, {"needs_transform": True}),)),),
        memory=1769, timeout=300, scratch=4096, layers=("base", "checking", "schemas"),
        reads=(*_LAKE, S.QUARANTINE_BUCKET)),
    "publish": Function(
        on=(Queue("publish", holds=_TO_PUBLISH),),
        memory=1024, timeout=120, layers=("base", "tables"), reads=_LAKE),
    "refresh": Function(
        on=(Said(facts.TablePublished, of="looked up"),),
        memory=1024, timeout=300, layers=("base", "checking"), reads=(*_LAKE, S.LOOKUP_TABLE)),
    "reconcile": Function(
        on=(Every("reconciles"),),
        memory=512, timeout=300, layers=("base",), reads=(*_LAKE, S.LANDING_BUCKET)),
    "evolve": Function(
        on=(CustomResource("Custom::TidegateTable"),),
        memory=1024, timeout=120, layers=("base", "tables"),
        reads=(S.ENVIRONMENT, S.LAKE_BUCKET, S.DATABASE)),
    # rows become a model
    "train": Function(
        on=(Said(facts.TablePublished, of="read"), Said(facts.DriftFound), EachModelsSchedule()),
        memory=512, timeout=60, layers=("base",),
        reads=(S.ENVIRONMENT, S.DATABASE, S.ARTEFACT_BUCKET, S.SERVING_TABLE, S.MODEL_IMAGE,
               S.TRAINING_IMAGES, S.TRAINING_MACHINE_ARN)),
    "keep": Function(
        on=(Step("training"),),
        memory=1024, timeout=120, layers=("base", "tables"),
        reads=(S.ENVIRONMENT, S.LAKE_BUCKET, S.DATABASE)),
    "gate": Function(
        on=(Step("training"),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.MLFLOW_SERVER_ARN)),
    "build": Function(
        on=(CustomResource("Custom::TidegateImageBuild"), BuildEnded()),
        memory=256, timeout=60, layers=("base",), reads=(S.ENVIRONMENT,)),
    # a model goes into service
    "approve": Function(
        on=(PackageChanged(), Said(facts.ModelRegistered)),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.BUS, S.SERVING_TABLE)),
    "release": Function(
        on=(Route("POST", "/approve/{model}"), Route("POST", "/rollback/{model}")),
        memory=512, timeout=29, layers=("base",), reads=(S.ENVIRONMENT, S.BUS, S.SERVING_TABLE)),
    "deploy": Function(
        on=(Step("deployment"),),
        memory=512, timeout=60, layers=("base",),
        reads=(S.ENVIRONMENT, S.ARTEFACT_BUCKET, S.LOOKUP_TABLE, S.SERVING_TABLE, S.MODEL_ROLE_ARN)),
    "compare": Function(
        on=(Step("deployment"),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.ARTEFACT_BUCKET, S.SERVING_TABLE)),
    "shift": Function(
        on=(Step("deployment"),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.SERVING_TABLE)),
    "verify": Function(
        on=(Step("deployment"),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.SERVING_TABLE)),
    "retire": Function(
        on=(Every("retires"),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.SERVING_TABLE)),
    "clear": Function(
        on=(Step("deployment"),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT, S.SERVING_TABLE)),
    "predict": Function(
        on=(Route("POST", "/predict/{model}"),),
        memory=1024, timeout=29, layers=("base",), reads=(S.ENVIRONMENT, S.SERVING_TABLE)),
    "mirror": Function(
        on=(Copied(),),
        memory=512, timeout=60, layers=("base",), reads=(S.ENVIRONMENT,)),
    "monitor": Function(
        on=(EachModelsWatch(),),
        memory=3008, timeout=300, layers=("base", "checking"),
        reads=(S.ENVIRONMENT, S.ARTEFACT_BUCKET, S.DATABASE, S.WORKGROUP, S.BUS)),
}
# fmt: on
