"""What every template must keep: least privilege, encryption, TLS, limits."""

from __future__ import annotations

from typing import Any

# Actions that AWS lets nobody narrow to a resource, with the page that says so.
WITHOUT_RESOURCES = {
    "DeliverItsLog": "https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html",
    "SignInToTheRegistry": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html",
    "ListVersions": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html",
    "CountRequests": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html",
    "MeasureItself": "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html",
}


def _statements(synthesis: Any) -> list[dict[str, Any]]:
    policies = synthesis.resources("AWS::IAM::Policy").values()
    return [one for policy in policies for one in policy["Properties"]["PolicyDocument"]["Statement"]]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_statement_allows_every_action_or_goes_without_a_purpose(synthesis: Any) -> None:
    for statement in _statements(synthesis):
        assert statement.get("Sid"), statement
        assert not [action for action in _listed(statement["Action"]) if "*" in action], statement


def test_only_documented_statements_reach_every_resource(synthesis: Any) -> None:
    wide = {one["Sid"] for one in _statements(synthesis) if "*" in _listed(one["Resource"])}
    assert wide <= WITHOUT_RESOURCES.keys()


def test_roles_are_lent_by_name_and_to_one_service(synthesis: Any) -> None:
    lent = [one for one in _statements(synthesis) if "iam:PassRole" in _listed(one["Action"])]
    assert len(lent) == 2
    for statement in lent:
        assert statement["Condition"]["StringEquals"]["iam:PassedToService"] == "sagemaker.amazonaws.com"
        assert "*" not in str(statement["Resource"])


def test_each_function_has_a_role_and_a_log_of_its_own(synthesis: Any) -> None:
    functions = synthesis.resources("AWS::Lambda::Function").values()
    roles = [str(function["Properties"]["Role"]) for function in functions]
    logs = [str(function["Properties"]["LoggingConfig"]["LogGroup"]) for function in functions]
    assert len(set(roles)) == len(roles)
    assert len(set(logs)) == len(logs)
    assert not synthesis.resources("Custom::LogRetention")


def test_services_that_take_a_role_must_come_from_this_account(synthesis: Any) -> None:
    for name, role in synthesis.resources("AWS::IAM::Role").items():
        trust = role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
        service = trust["Principal"]["Service"]
        if service != "lambda.amazonaws.com":  # Lambda sends no source when it takes a function's role
            assert "aws:SourceAccount" in str(trust["Condition"]), name


def test_every_bucket_is_private_encrypted_owned_and_logged(synthesis: Any) -> None:
    for name, bucket in synthesis.resources("AWS::S3::Bucket").items():
        properties = bucket["Properties"]
        assert all(properties["PublicAccessBlockConfiguration"].values()), name
        assert properties["BucketEncryption"], name
        assert properties["OwnershipControls"]["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced"
        assert "AccessLogs" in name or properties["LoggingConfiguration"]["DestinationBucketName"], name


EXPIRING = ("staging/", "athena/", "captures/")


def test_no_table_file_ever_expires_by_age(synthesis: Any) -> None:
    for name, bucket in synthesis.resources("AWS::S3::Bucket").items():
        if "AccessLogs" in name:
            continue
        for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]:
            assert "ExpirationInDays" not in rule or rule["Prefix"] in EXPIRING, name


def test_staged_rows_outlive_a_message_that_died_was_sent_back_and_died_again(synthesis: Any) -> None:
    kept = max(
        q["Properties"]["MessageRetentionPeriod"] for q in synthesis.resources("AWS::SQS::Queue").values()
    )
    buckets = synthesis.resources("AWS::S3::Bucket").values()
    rules = [rule for bucket in buckets for rule in _rules(bucket) if rule.get("Prefix") == "staging/"]
    assert rules
    assert all(rule["ExpirationInDays"] * 24 * 3600 > 4 * kept for rule in rules)


def _rules(bucket: dict[str, Any]) -> list[dict[str, Any]]:
    return list(bucket["Properties"]["LifecycleConfiguration"]["Rules"])


def test_every_bucket_and_queue_refuses_plain_http(synthesis: Any) -> None:
    for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
        for name, policy in synthesis.resources(kind).items():
            assert "aws:SecureTransport" in str(policy), name
    assert len(synthesis.resources("AWS::S3::BucketPolicy")) == len(synthesis.resources("AWS::S3::Bucket"))


def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_take(synthesis: Any) -> None:
    for name, queue in synthesis.resources("AWS::SQS::Queue").items():
        properties = queue["Properties"]
        assert properties["MessageRetentionPeriod"] == 14 * 24 * 3600, name
        assert properties["SqsManagedSseEnabled"], name
        if "RedrivePolicy" in properties:
            assert properties["VisibilityTimeout"] >= 6 * 120, name


def test_tables_keep_their_past_and_are_encrypted_with_our_key(synthesis: Any) -> None:
    for table in synthesis.resources("AWS::DynamoDB::Table").values():
        assert table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        assert table["Properties"]["SSESpecification"]["KMSMasterKeyId"]


def test_the_key_that_encrypts_is_rotated(synthesis: Any) -> None:
    """One for codes cannot be, and must not: what it made before would be made no more."""
    keys = [key["Properties"] for key in synthesis.resources("AWS::KMS::Key").values()]
    codes = [key for key in keys if key.get("KeyUsage") == "GENERATE_VERIFY_MAC"]
    assert (len(keys), len(codes)) == (2, 1)
    assert all(key["EnableKeyRotation"] for key in keys if key not in codes)


def test_queries_are_limited_encrypted_and_cannot_choose_otherwise(synthesis: Any) -> None:
    (group,) = synthesis.resources("AWS::Athena::WorkGroup").values()
    configuration = group["Properties"]["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"]
    assert configuration["BytesScannedCutoffPerQuery"] > 0
    assert configuration["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"


def test_no_function_of_anybody_elses_is_deployed_with_ours(synthesis: Any) -> None:
    runtimes = {
        function["Properties"]["Runtime"]
        for function in synthesis.resources("AWS::Lambda::Function").values()
    }
    assert runtimes == {"python3.13"}
