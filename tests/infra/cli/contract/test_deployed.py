"""`tidegate contract diff --deployed`: the checkout against the code of the deployed functions."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from infra.cli import main as command
from tests.house.source import ROOT

if TYPE_CHECKING:
    import pytest

    from infra.local.cloud import LocalCloud


def test_a_contract_is_compared_with_what_is_deployed(
    cloud: LocalCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        airlines = (ROOT / "schemas" / "airlines.py").read_text()
        archive.writestr("schemas/__init__.py", "")
        archive.writestr("schemas/airlines.py", airlines.replace("{2}", "{3}"))
        archive.writestr("functions/transform.py", "raise SystemExit(1)")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = cloud.session.client("iam").create_role(
        RoleName="difftests",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    cloud.session.client("lambda").create_function(
        FunctionName="tidegate-difftests-transform",
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="functions.transform.handler",
        Code={"ZipFile": code.getvalue()},
    )
    asked = ["contract", "diff", "airlines", "--deployed", "--json", "--environment"]
    assert command.main([*asked, "difftests"]) == 1
    (only,) = json.loads(capsys.readouterr().out)["datasets"]
    assert [one["what"] for one in only["changes"]] == ["matches ^[A-Z0-9]{3}$ becomes matches ^[A-Z0-9]{2}$"]
    assert command.main([*asked, "nowhere"]) == 3
    assert "is not deployed" in json.loads(capsys.readouterr().out)["error"]["what"]
