"""Glue and Athena are asked about on the resources that AWS names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.infra.local.iam.conftest import ACCOUNT, REGION, allow, policy, zipped

if TYPE_CHECKING:
    from typing import Any

    from tests.infra.local.iam.conftest import Guarded

LOOK = """
import boto3, time
def handler(event, context):
    glue, athena = boto3.client("glue"), boto3.client("athena")
    if event["what"] == "database":
        return glue.get_database(Name="sea")["Database"]["Name"]
    if event["what"] == "table":
        return glue.get_table(DatabaseName="sea", Name="waves")["Table"]["Name"]
    started = athena.start_query_execution(QueryString="SELECT 1", WorkGroup="sea")["QueryExecutionId"]
    return athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["WorkGroup"]
"""


def _glue(*names: str) -> list[str]:
    return [f"arn:aws:glue:{REGION}:{ACCOUNT}:{name}" for name in names]


def test_a_table_needs_its_database_and_the_catalogue_too_and_an_execution_its_workgroup(
    guarded: Guarded,
) -> None:
    glue, iam = guarded.client("glue"), guarded.client("iam")
    glue.create_database(DatabaseInput={"Name": "sea"})
    glue.create_table(DatabaseName="sea", TableInput={"Name": "waves", "StorageDescriptor": {"Columns": []}})
    place = {"ResultConfiguration": {"OutputLocation": "s3://sea/"}}
    guarded.client("athena").create_work_group(Name="sea", Configuration=place)
    role = guarded.role("looks", "lambda.amazonaws.com")
    guarded.client("lambda").create_function(
        FunctionName="looks", Role=role, Runtime="python3.13", Handler="index.handler",
        Code={"ZipFile": zipped(LOOK)}, Timeout=20,
    )  # fmt: skip

    def looks(what: str, *statements: dict[str, Any]) -> bool:
        iam.put_role_policy(RoleName="looks", PolicyName="own", PolicyDocument=policy(*statements))
        said = guarded.client("lambda").invoke(FunctionName="looks", Payload=f'{{"what": "{what}"}}'.encode())
        return "FunctionError" not in said

    everything = _glue("catalog", "database/sea", "table/sea/*")
    assert not looks("database", {**allow("glue:*"), "Resource": everything[:1]})
    assert looks("database", {**allow("glue:*"), "Resource": everything[:2]})
    assert not looks("table", {**allow("glue:*"), "Resource": everything[:2]})
    assert not looks("table", {**allow("glue:*"), "Resource": everything[2:]})
    assert looks("table", {**allow("glue:*"), "Resource": everything})
    assert looks("query", allow("athena:*", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/sea"))
    assert not looks("query", allow("athena:*", f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/lake"))
