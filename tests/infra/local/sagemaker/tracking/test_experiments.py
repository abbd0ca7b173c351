"""Experiments, trials and their components, model cards, and the search in all of it."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.sagemaker.conftest import IMAGE, Sage


@pytest.fixture
def name() -> str:
    return f"e-{uuid.uuid4().hex[:8]}"


def experiment(sage: Sage, name: str) -> Any:
    """An experiment of one trial with two components, of which the second is the better one."""
    sagemaker = sage.client("sagemaker")
    sagemaker.create_experiment(ExperimentName=name, Tags=[{"Key": "team", "Value": name}])
    sagemaker.create_trial(TrialName=name, ExperimentName=name)
    for number, rate in ((1, 0.1), (2, 0.01)):
        sagemaker.create_trial_component(
            TrialComponentName=f"{name}-{number}",
            Parameters={"rate": {"NumberValue": rate}, "kind": {"StringValue": "tree"}},
            Status={"PrimaryStatus": "Completed"},
        )
        sagemaker.associate_trial_component(TrialName=name, TrialComponentName=f"{name}-{number}")
    return sagemaker


def test_components_are_found_by_their_trial_and_experiment(sage: Sage, name: str) -> None:
    sagemaker = experiment(sage, name)
    for asked in ({"TrialName": name}, {"ExperimentName": name}):
        found = sagemaker.list_trial_components(**asked, SortBy="Name", SortOrder="Ascending")
        assert [one["TrialComponentName"] for one in found["TrialComponentSummaries"]] == [
            f"{name}-1",
            f"{name}-2",
        ]
    trials = sagemaker.list_trials(TrialComponentName=f"{name}-1")["TrialSummaries"]
    assert [one["TrialName"] for one in trials] == [name]
    with pytest.raises(ClientError, match="must be unique"):
        sagemaker.create_experiment(ExperimentName=name)
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.create_trial(TrialName=f"{name}-x", ExperimentName=f"{name}-x")


def test_nothing_is_deleted_that_others_need(sage: Sage, name: str) -> None:
    sagemaker = experiment(sage, name)
    with pytest.raises(ClientError, match="has 1 trials"):
        sagemaker.delete_experiment(ExperimentName=name)
    with pytest.raises(ClientError, match="has 2 components"):
        sagemaker.delete_trial(TrialName=name)
    with pytest.raises(ClientError, match="belongs to 1 trials"):
        sagemaker.delete_trial_component(TrialComponentName=f"{name}-1")
    for number in (1, 2):
        sagemaker.disassociate_trial_component(TrialName=name, TrialComponentName=f"{name}-{number}")
        sagemaker.delete_trial_component(TrialComponentName=f"{name}-{number}")
    sagemaker.delete_trial(TrialName=name)
    sagemaker.delete_experiment(ExperimentName=name)


def found(sagemaker: Any, resource: str, member: str, *filters: dict[str, str], **more: Any) -> list[str]:
    expression = {"Filters": list(filters), **more}
    said = sagemaker.search(Resource=resource, SearchExpression=expression)
    return [next(iter(one.values()))[member] for one in said["Results"]]


def test_a_search_goes_by_parameters_tags_and_order(sage: Sage, name: str) -> None:
    sagemaker = experiment(sage, name)
    ours = {"Name": "TrialComponentName", "Operator": "Contains", "Value": name}
    for operator, value, numbers in (
        ("LessThan", "0.1", [2]),
        ("GreaterThanOrEqualTo", "0.1", [1]),
        ("In", "0.01,0.1", [2, 1]),
        ("NotEquals", "0.1", [2]),
    ):
        rate = {"Name": "Parameters.rate", "Operator": operator, "Value": value}
        said = found(sagemaker, "ExperimentTrialComponent", "TrialComponentName", ours, rate)
        assert said == [f"{name}-{number}" for number in numbers], operator
    none = {"Name": "Parameters.depth", "Operator": "Exists"}
    assert found(sagemaker, "ExperimentTrialComponent", "TrialComponentName", ours, none) == []
    tagged = {"Name": "Tags.team", "Operator": "Equals", "Value": name}
    assert found(sagemaker, "Experiment", "ExperimentName", tagged) == [name]
    either = found(sagemaker, "Experiment", "ExperimentName", none, tagged, Operator="Or")
    assert either == [name]
    with pytest.raises(ClientError, match="Search of FeatureGroup is not implemented"):
        sagemaker.search(Resource="FeatureGroup")


def test_a_card_has_versions_and_its_status_is_told(sage: Sage, name: str) -> None:
    sagemaker = sage.client("sagemaker")
    heard = sage.listen(name, "SageMaker Model Card State Change", "ModelCardName", name)
    content = json.dumps({"model_overview": {"model_description": "late or not"}})
    arn = sagemaker.create_model_card(ModelCardName=name, Content=content, ModelCardStatus="Draft")[
        "ModelCardArn"
    ]
    assert heard()["detail"]["ModelCardStatus"] == "Draft"
    second = json.dumps({"model_overview": {"model_description": "how late"}})
    sagemaker.update_model_card(ModelCardName=name, Content=second)
    sagemaker.update_model_card(ModelCardName=name, ModelCardStatus="Approved")
    found = sagemaker.describe_model_card(ModelCardName=arn)
    assert (found["ModelCardVersion"], found["ModelCardStatus"], found["Content"]) == (2, "Approved", second)
    assert sagemaker.describe_model_card(ModelCardName=name, ModelCardVersion=1)["Content"] == content
    versions = sagemaker.list_model_card_versions(ModelCardName=name)["ModelCardVersionSummaryList"]
    assert {one["ModelCardVersion"]: one["ModelCardStatus"] for one in versions} == {
        1: "Draft",
        2: "Approved",
    }
    cards = sagemaker.list_model_cards(NameContains=name, ModelCardStatus="Approved")["ModelCardSummaries"]
    assert [one["ModelCardName"] for one in cards] == [name]
    with pytest.raises(ClientError, match="cannot update both"):
        sagemaker.update_model_card(ModelCardName=name, Content=second, ModelCardStatus="Draft")
    with pytest.raises(ClientError, match="no JSON"):
        sagemaker.update_model_card(ModelCardName=name, Content="late")
    with pytest.raises(ClientError, match="CreateModelCardExportJob is not implemented"):
        sagemaker.create_model_card_export_job(
            ModelCardName=name, ModelCardExportJobName=name, OutputConfig={"S3OutputPath": "s3://art/cards"}
        )
    sagemaker.delete_model_card(ModelCardName=name)
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_card(ModelCardName=name)


def test_a_package_keeps_its_card_and_its_stage(sage: Sage, name: str) -> None:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName=name)
    inference = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://art/m.tar.gz"}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    card = {"ModelCardContent": json.dumps({"model_overview": {}}), "ModelCardStatus": "Draft"}
    arn = sagemaker.create_model_package(
        ModelPackageGroupName=name,
        InferenceSpecification=inference,
        ModelCard=card,
        ModelLifeCycle={"Stage": "Development", "StageStatus": "PendingApproval"},
        SkipModelValidation="All",
    )["ModelPackageArn"]
    stage = {"Stage": "Production", "StageStatus": "Approved"}
    sagemaker.update_model_package(ModelPackageArn=arn, ModelLifeCycle=stage)
    said = sagemaker.describe_model_package(ModelPackageName=arn)
    assert (said["ModelCard"], said["ModelLifeCycle"], said["SkipModelValidation"]) == (card, stage, "All")
    waiting = {"Name": "ModelApprovalStatus", "Operator": "Equals", "Value": "PendingManualApproval"}
    assert found(
        sagemaker,
        "ModelPackage",
        "ModelPackageArn",
        waiting,
        {"Name": "ModelPackageGroupName", "Operator": "Equals", "Value": name},
    ) == [arn]
