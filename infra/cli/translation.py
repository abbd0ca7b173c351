"""Failures that are not ours (botocore's, the system's), told in our three parts."""

from __future__ import annotations

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name
    HTTPClientError,
    NoCredentialsError,
    NoRegionError,
)

from tidegate import errors

_THROTTLED = {
    "ThrottlingException",
    "TooManyRequestsException",
    "SlowDown",
    "ServiceUnavailable",
    "InternalError",
}


def translated(failure: Exception) -> errors.TidegateError:
    """The same failure as one of ours."""
    if isinstance(failure, ClientError):
        said = failure.response.get("Error", {})
        code, message = said.get("Code", "?"), said.get("Message", "")
        kind = errors.Transient if code in _THROTTLED else errors.Mistake
        if failure.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 501:
            return errors.Unsupported(
                failure.operation_name, message, "On AWS this works; README.md says more of the local cloud"
            )
        return kind(
            f"AWS {failure.operation_name}", f"{code}: {message}", "See `tidegate status`, then try again"
        )
    if isinstance(failure, HTTPClientError | ConnectionError):
        return errors.Transient("the cloud", f"it does not answer ({failure})", "Start it: tidegate up")
    if isinstance(failure, NoCredentialsError | NoRegionError):
        return errors.Mistake("AWS", str(failure), "Set AWS_PROFILE, or sign in: aws sso login")
    if isinstance(failure, OSError):
        return errors.Mistake(
            failure.filename or "this machine", failure.strerror or str(failure), "See `tidegate doctor`"
        )
    return errors.Mistake(
        type(failure).__name__,
        str(failure) or "no message",
        "This is a defect of Tidegate: --debug shows where",
    )
