"""Athena served alone, without the rest of the local cloud."""

from __future__ import annotations

import threading

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local.athena.__main__ import server
from tests.infra.local.athena.conftest import RESULTS, Lake


def test_athena_answers_behind_an_endpoint_of_its_own(lake: Lake) -> None:
    alone = server(0)
    threading.Thread(target=alone.serve_forever, daemon=True).start()
    try:
        athena = boto3.client(
            "athena", endpoint_url=f"http://127.0.0.1:{alone.server_port}", region_name="eu-west-1"
        )
        started = athena.start_query_execution(
            QueryString="SELECT count(*) FROM tides.flights", ResultConfiguration={"OutputLocation": RESULTS}
        )["QueryExecutionId"]
        state = "QUEUED"
        while state in ("QUEUED", "RUNNING"):
            state = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]["State"]
        said = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
        assert said[1]["Data"] == [{"VarCharValue": "4"}]
        with pytest.raises(ClientError, match="CreateNamedQuery is not supported"):
            athena.create_named_query(Name="n", Database="d", QueryString="SELECT 1")
    finally:
        alone.shutdown()
        alone.server_close()
