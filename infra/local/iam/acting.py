"""Which role a service acts with at this moment, and credentials of that role."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from ministack.services import sts

if TYPE_CHECKING:
    from collections.abc import Iterator

_role: ContextVar[str] = ContextVar("tidegate_acting_role", default="")
_session: ContextVar[str] = ContextVar("tidegate_acting_session", default="")


@contextmanager
def acting_as(role_arn: str, session_name: str) -> Iterator[None]:
    """Within, services that act for somebody act with this role."""
    role, session = _role.set(role_arn), _session.set(session_name)
    try:
        yield
    finally:
        _role.reset(role)
        _session.reset(session)


def role_arn() -> str:
    """The role of the moment; empty when nobody acts for anybody."""
    return _role.get()


def session_name() -> str:
    """The name of the role's session."""
    return _session.get()


def access_key() -> str:
    """The access key of a session of the role of the moment; the account's root where nobody acts."""
    if not _role.get():
        return "test"
    return sessions_key(_role.get(), _session.get())


def sessions_key(role: str, name: str) -> str:
    """The access key of a new session of `role`, registered as if STS had handed it out."""
    account, role_name = role.split(":")[4], role.rsplit("/", 1)[-1]
    key = sts._gen_session_access_key()
    sts.register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}",
            "AccountId": account,
            "PrincipalType": "AssumedRole",
            "UserId": f"AROA{role_name.upper()}:{name}",
            "SecretAccessKey": sts._gen_secret(),
            "SessionToken": sts._gen_session_token(),
            "Expiration": time.time() + 3600,
        },
    )
    return str(key)
