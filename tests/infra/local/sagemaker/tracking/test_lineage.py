"""Artifacts, actions and contexts, the edges between them, and the walk along these."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


class Graph:
    """data → job → model → endpoint, and the context of the model."""

    def __init__(self, sage: Sage) -> None:
        self.sagemaker = sage.client("sagemaker")
        self.mark = uuid.uuid4().hex[:8]
        self.data = self._artifact("data", "DataSet")
        self.job = self.sagemaker.create_action(
            ActionName=f"job-{self.mark}",
            ActionType="Training",
            Source={"SourceUri": "job"},
            Status="InProgress",
        )["ActionArn"]
        self.model = self._artifact("model", "Model", {"auc": "0.7"})
        self.group = self.sagemaker.create_context(
            ContextName=f"group-{self.mark}", ContextType="ModelGroup", Source={"SourceUri": "group"}
        )["ContextArn"]
        self.edge(self.data, self.job, "ContributedTo")
        self.edge(self.job, self.model, "Produced")
        self.edge(self.model, self.group, "AssociatedWith")

    def _artifact(self, name: str, kind: str, properties: dict[str, str] | None = None) -> str:
        made: str = self.sagemaker.create_artifact(
            ArtifactName=name,
            ArtifactType=kind,
            Source={"SourceUri": f"s3://art/{self.mark}/{name}"},
            Properties=properties or {},
        )["ArtifactArn"]
        return made

    def edge(self, source: str, destination: str, kind: str) -> None:
        self.sagemaker.add_association(SourceArn=source, DestinationArn=destination, AssociationType=kind)

    def query(self, start: str, **more: Any) -> dict[str, Any]:
        said: dict[str, Any] = self.sagemaker.query_lineage(StartArns=[start], **more)
        return said


@pytest.fixture
def graph(sage: Sage) -> Graph:
    return Graph(sage)


def arns(said: dict[str, Any]) -> list[str]:
    return [vertex["Arn"] for vertex in said["Vertices"]]


def test_lineage_is_followed_upstream_and_downstream_to_a_depth(graph: Graph) -> None:
    assert arns(graph.query(graph.model, Direction="Ascendants")) == [graph.job, graph.data]
    assert arns(graph.query(graph.model, Direction="Ascendants", MaxDepth=1)) == [graph.job]
    assert arns(graph.query(graph.data, Direction="Descendants")) == [graph.job, graph.model, graph.group]
    both = graph.query(graph.job)
    assert set(arns(both)) == {graph.data, graph.model, graph.group}
    assert {"SourceArn": graph.job, "DestinationArn": graph.model, "AssociationType": "Produced"} in both[
        "Edges"
    ]
    assert both["Vertices"][0]["LineageType"] == "Artifact"
    assert "Edges" not in graph.query(graph.job, IncludeEdges=False)


def test_a_query_keeps_what_its_filters_say(graph: Graph) -> None:
    models = graph.query(graph.data, Filters={"Types": ["Model"]})
    assert arns(models) == [graph.model]
    assert arns(graph.query(graph.data, Filters={"LineageTypes": ["Context"]})) == [graph.group]
    assert arns(graph.query(graph.data, Filters={"Properties": {"auc": "0.7"}})) == [graph.model]
    with pytest.raises(ClientError, match="No lineage entity"):
        graph.query(f"{graph.data}0")


def test_associations_are_listed_by_both_ends(graph: Graph) -> None:
    said = graph.sagemaker.list_associations(SourceArn=graph.job)["AssociationSummaries"]
    assert [(one["DestinationArn"], one["SourceType"], one["DestinationType"]) for one in said] == [
        (graph.model, "Training", "Model")
    ]
    sorted_by = {"SortBy": "DestinationArn", "SortOrder": "Ascending"}
    listed = graph.sagemaker.list_associations(DestinationArn=graph.model, **sorted_by)
    assert [one["SourceArn"] for one in listed["AssociationSummaries"]] == [graph.job]
    with pytest.raises(ClientError, match="already exists"):
        graph.edge(graph.job, graph.model, "Produced")
    with pytest.raises(ClientError, match="No lineage entity"):
        graph.edge(graph.job, "arn:aws:sagemaker:eu-west-1:000000000000:artifact/none", "Produced")


def test_what_is_associated_is_deleted_after_its_associations(graph: Graph) -> None:
    with pytest.raises(ClientError, match="has 2 associations"):
        graph.sagemaker.delete_action(ActionName=f"job-{graph.mark}")
    for source, destination in ((graph.data, graph.job), (graph.job, graph.model)):
        graph.sagemaker.delete_association(SourceArn=source, DestinationArn=destination)
    graph.sagemaker.delete_action(ActionName=f"job-{graph.mark}")
    with pytest.raises(ClientError, match="does not exist"):
        graph.sagemaker.describe_action(ActionName=f"job-{graph.mark}")
    graph.sagemaker.delete_artifact(Source={"SourceUri": f"s3://art/{graph.mark}/data"})
    with pytest.raises(ClientError, match="does not exist"):
        graph.sagemaker.describe_artifact(ArtifactArn=graph.data)


def test_an_update_merges_properties_and_takes_some_away(graph: Graph) -> None:
    graph.sagemaker.update_artifact(
        ArtifactArn=graph.model, Properties={"brier": "0.1"}, PropertiesToRemove=["auc"]
    )
    assert graph.sagemaker.describe_artifact(ArtifactArn=graph.model)["Properties"] == {"brier": "0.1"}
    graph.sagemaker.update_action(ActionName=f"job-{graph.mark}", Status="Completed")
    assert graph.sagemaker.describe_action(ActionName=f"job-{graph.mark}")["Status"] == "Completed"
    listed = graph.sagemaker.list_artifacts(SourceUri=f"s3://art/{graph.mark}/model")["ArtifactSummaries"]
    assert [one["ArtifactArn"] for one in listed] == [graph.model]
    actions = graph.sagemaker.list_actions(ActionType="Training")["ActionSummaries"]
    assert graph.job in [one["ActionArn"] for one in actions]
