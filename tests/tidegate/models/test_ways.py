"""What a model declares of its way into service is checked there, and travels with the plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.functions.deploying import SITE
from tests.tidegate.models.plans import MODEL, PLAN
from tidegate.errors import ContractMistake
from tidegate.models.rollout import Version, prepare
from tidegate.models.ways import (
    AllAtOnce,
    ByRule,
    Canary,
    Linear,
    RealTime,
    Rollout,
    Serverless,
    Serving,
    Shadow,
    check_names,
    check_room,
    check_ways,
)
from tidegate.plan import Plan


@pytest.mark.parametrize("rollout", [AllAtOnce(seconds=1), Canary(percent=10), Linear(), Shadow(seconds=7)])
@pytest.mark.parametrize(
    "serving",
    [
        RealTime(instances=10),
        RealTime(instance_type="ml.c6i.large"),
        Serverless(memory_mb=6144, concurrency=1),
    ],
)
def test_every_way_comes_back_from_the_plans_text(rollout: Rollout, serving: Serving) -> None:
    model = replace(MODEL, rollout=rollout, serving=serving, approval=ByRule(least_gain=0.01))
    written = replace(PLAN, models={model.name: model}).to_json()
    assert Plan.from_json(written).model(model.name) == model


@pytest.mark.parametrize(
    ("rollout", "serving", "said"),
    [
        (Canary(percent=60), RealTime(), "60 percent, where 1 to 50 are possible"),
        (Canary(percent=10), RealTime(instances=2), "10 percent of 2 instances is less than one"),
        (Linear(percent=0), RealTime(), "0 percent"),
        (Shadow(percent=101), RealTime(), "101 percent, where 1 to 100 are possible"),
        (Linear(percent=5), RealTime(instances=20), "5 percent, where 10 to 50 are possible"),
        (Canary(seconds=3601), RealTime(), "3601 seconds, where 0 to 3600 are possible"),
        (AllAtOnce(seconds=-1), RealTime(), "-1 seconds"),
        (Linear(percent=10, seconds=721), RealTime(instances=10), "lasts 7210 seconds; 7200 are possible"),
        (Shadow(seconds=86_400), RealTime(), "86400 seconds"),
        (Canary(), Serverless(memory_mb=1000), "1000 MB"),
        (Canary(), Serverless(memory_mb=7168), "7168 MB"),
        (Canary(), Serverless(concurrency=201), "201 calls at once, where 1 to 200 are possible"),
        (Canary(), Serverless(concurrency=0), "0 calls at once"),
        (Canary(percent=60), Serverless(), "60 percent, where 1 to 50 are possible"),
    ],
)
def test_what_no_endpoint_can_do_is_refused_where_it_is_declared(
    rollout: Rollout, serving: Serving, said: str
) -> None:
    with pytest.raises(ContractMistake, match=said):
        check_ways("flight_delay", rollout, serving)


def test_one_instance_is_enough_where_no_share_of_it_is_asked_for() -> None:
    check_ways("flight_delay", Shadow(percent=5), RealTime(instances=1))
    check_ways("flight_delay", AllAtOnce(), RealTime(instances=1))


def test_a_share_of_requests_needs_no_whole_instance() -> None:
    check_ways("flight_delay", Canary(percent=1), Serverless())


def test_no_model_is_called_as_the_endpoint_of_another_ones_version() -> None:
    prices, second = replace(MODEL, name="prices"), replace(MODEL, name="prices_v2")
    check_names({one.name: one for one in (prices, second)})
    apart = replace(prices, serving=Serverless())
    check_names({apart.name: apart, "prices_vat": replace(MODEL, name="prices_vat")})
    with pytest.raises(ContractMistake, match="version 2 of the serverless model prices"):
        check_names({one.name: one for one in (apart, second)})


@pytest.mark.parametrize(
    ("rollout", "serving", "room"),
    [(Shadow(), RealTime(), 20), (Canary(), RealTime(instances=2), 34), (Canary(), Serverless(), 34)],
)
def test_a_models_name_leaves_room_for_what_its_versions_are_called(
    rollout: Rollout, serving: Serving, room: int
) -> None:
    """The names are those that the deployment machine is told."""

    def longest(letters: int) -> int:
        model = replace(MODEL, name="m" * letters, rollout=rollout, serving=serving)
        check_room("laptop", {model.name: model})
        version = Version(version=9999, package_arn="arn", image="i:1", model_data="s3://a/b", sha256="")
        way, before = ("shadow", "live-c0ffee-v9998") if isinstance(rollout, Shadow) else ("update", "")
        told = prepare(model, version, SITE, way=way, before=before)
        configs = [told["create_endpoint_config"], told.get("shadow", {}).get("config", {})]
        return max(len(one.get("EndpointConfigName", "")) for one in configs)

    assert longest(room) == 63
    with pytest.raises(ContractMistake, match="laptop, names of its versions are 1 characters too long"):
        longest(room + 1)
