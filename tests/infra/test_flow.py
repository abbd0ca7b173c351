"""The deployed system is the table: no function, rule or mapping beside it, and none missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from infra.flow import FLOW, MACHINES
from infra.layers import ROOT
from infra.triggers import (
    BuildEnded,
    EachModelsSchedule,
    EachModelsWatch,
    Every,
    PackageChanged,
    Queue,
    Route,
    Said,
)
from tidegate.contract.source import SECONDS
from tidegate.plan import plan


def _verbs(synthesis: Any) -> dict[str, Any]:
    functions = synthesis.resources("AWS::Lambda::Function").values()
    return {function["Properties"]["Handler"].split(".")[1]: function["Properties"] for function in functions}


def test_every_deployed_function_is_a_row_of_the_table_and_every_row_is_deployed(synthesis: Any) -> None:
    assert sorted(_verbs(synthesis)) == sorted(FLOW)
    assert len(synthesis.resources("AWS::Lambda::Function")) == len(FLOW)


def test_every_row_has_its_file_and_every_file_its_row() -> None:
    files = {path.stem for path in (ROOT / "functions").glob("*.py") if path.stem != "__init__"}
    assert files == set(FLOW)


def test_a_function_gets_what_its_row_says(synthesis: Any) -> None:
    for verb, properties in _verbs(synthesis).items():
        row = FLOW[verb]
        given = set(properties["Environment"]["Variables"])
        assert given == {setting.value for setting in row.reads} | {"POWERTOOLS_SERVICE_NAME"}
        assert (properties["MemorySize"], properties["Timeout"]) == (row.memory, row.timeout)
        assert len(properties["Layers"]) == len(row.layers_for(plan()))
        assert properties["Runtime"] == "python3.13"


def test_validation_is_given_pandera_only_where_a_dataset_has_a_slow_check() -> None:
    known = plan()
    slow = replace(known.dataset("airlines"), slow_checks=("name:slowly",))
    assert FLOW["validate"].layers_for(known) == ("base", "checking")
    apart = replace(known, datasets={**known.datasets, "airlines": slow})
    assert FLOW["validate"].layers_for(apart) == ("base", "checking", "schemas")
    assert FLOW["reconcile"].layers_for(apart) == ("base",)


def test_each_queue_of_the_table_feeds_one_function_with_partial_answers(synthesis: Any) -> None:
    mappings = [
        item["Properties"] for item in synthesis.resources("AWS::Lambda::EventSourceMapping").values()
    ]
    apart = [dataset for dataset in plan().datasets.values() if dataset.own_queue]
    queues = [trigger for row in FLOW.values() for trigger in row.on if isinstance(trigger, Queue)]
    assert len(mappings) == len(queues) * (1 + len(apart))
    for mapping in mappings:
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_the_rules_listen_to_what_the_table_names_and_to_nothing_else(synthesis: Any) -> None:
    rules = synthesis.resources("AWS::Events::Rule").values()
    heard = sorted(rule["Properties"]["EventPattern"]["detail-type"][0] for rule in rules)
    wanted = [said.fact.name() for facts in MACHINES.values() for said in facts]
    for row in FLOW.values():
        for trigger in row.on:
            if isinstance(trigger, Queue):
                wanted += [
                    event.fact.name() if isinstance(event, Said) else "Object Created"
                    for event in trigger.holds
                ]
            elif isinstance(trigger, Said):
                wanted.append(trigger.fact.name())
            elif isinstance(trigger, PackageChanged):
                wanted.append("SageMaker Model Package State Change")
            elif isinstance(trigger, BuildEnded):
                wanted.append("CodeBuild Build State Change")
    assert heard == sorted(wanted)


def test_each_clock_of_the_table_strikes(synthesis: Any) -> None:
    schedules = [item["Properties"] for item in synthesis.resources("AWS::Scheduler::Schedule").values()]
    triggers = [trigger for row in FLOW.values() for trigger in row.on]
    fixed = sum(isinstance(trigger, Every) for trigger in triggers)
    models = len(plan().models) * sum(
        isinstance(trigger, EachModelsSchedule | EachModelsWatch) for trigger in triggers
    )
    assert len(schedules) == fixed + models
    assert all(schedule["Target"]["DeadLetterConfig"] for schedule in schedules)


def test_each_route_of_the_table_is_served_to_signed_requests_alone(synthesis: Any) -> None:
    routes = [item["Properties"] for item in synthesis.resources("AWS::ApiGatewayV2::Route").values()]
    wanted = [
        f"{trigger.method} {trigger.path}"
        for row in FLOW.values()
        for trigger in row.on
        if isinstance(trigger, Route)
    ]
    assert [route["RouteKey"] for route in routes] == wanted
    assert {route["AuthorizationType"] for route in routes} == {"AWS_IAM"}


def test_the_table_stays_under_eighty_lines() -> None:
    lines = (ROOT / "infra" / "flow.py").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("FLOW"))
    assert 0 < lines.index("}", first) - first < 80


def test_the_largest_file_is_reckoned_from_the_time_that_validation_has() -> None:
    assert FLOW["validate"].timeout == SECONDS
