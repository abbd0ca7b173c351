"""`tidegate train`: start a training by hand; everywhere else, data and clocks start them."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING

from infra.cli import place
from infra.cli.answer import Answer, said
from tidegate.errors import Refused, Transient
from tidegate.find import model as find_model

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen
    from tidegate.errors import TidegateError


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Ask the function that decides about trainings; a person's wish is not weighed against new rows."""
    where = place.find(args.environment)
    model = find_model(args.model).name
    wish = {"cause": "Person", "model": model, "by": getpass.getuser()}
    answer = where.client("lambda").invoke(
        FunctionName=f"tidegate-{where.environment}-train", Payload=json.dumps(wish).encode()
    )
    told = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise Transient(
            "functions/train.py", str(told.get("errorMessage", told)), "See its log: tidegate status"
        )
    outcome = told["outcomes"].get(model, "")
    if not outcome.startswith("started "):
        raise not_started(model, outcome)
    run_name = outcome.removeprefix("started ")
    return said(
        f"Training {run_name} has started. See what comes of it: tidegate models {model}", run=run_name
    )


def not_started(model: str, outcome: str) -> TidegateError:
    """Why there is no new training: one of this model is at work, or there is nothing new to learn from."""
    from tidegate.models.decide import UNDER_WAY

    where = f"model {model}"
    if outcome.endswith(UNDER_WAY):
        what = f"its training {outcome.removesuffix(UNDER_WAY)} is under way, and no second one was started"
        return Transient(where, what, f"See what comes of it: tidegate models {model}")
    return Refused(where, f"no training was started: {outcome}", "Land more rows, or change the model")
