"""The errors that SageMaker's API answers with, by AWS's names.

Mistake
└── ApiError               a code, a message and an HTTP status on the wire
    ├── invalid()          ValidationException
    ├── in_use()           ResourceInUse
    ├── not_found()        ResourceNotFound
    └── not_implemented()  UnknownOperationException, 501: this backend does not do it
"""

from __future__ import annotations

from typing import Any

from tidegate.errors import Mistake


class ApiError(Mistake):
    """A request that SageMaker refuses; `more` are further members of the error's body."""

    def __init__(self, code: str, message: str, status: int = 400, **more: Any) -> None:
        super().__init__(code, message, "Change the request and send it again")
        self.code = code
        self.status = status
        self.more = more

    def body(self) -> dict[str, Any]:
        """The error as JSON members; both spellings of the message occur in SageMaker's model."""
        return {"__type": self.code, "message": self.what, "Message": self.what, **self.more}


def invalid(message: str) -> ApiError:
    """The request breaks a rule."""
    return ApiError("ValidationException", message)


def in_use(message: str) -> ApiError:
    """The name is taken."""
    return ApiError("ResourceInUse", message)


def not_found(message: str) -> ApiError:
    """The job or package does not exist."""
    return ApiError("ResourceNotFound", message)


def not_implemented(what: str) -> ApiError:
    """This backend does not do `what`; it must never look as if it had."""
    return ApiError(
        "UnknownOperationException", f"{what} is not implemented by the local SageMaker; AWS does it", 501
    )
