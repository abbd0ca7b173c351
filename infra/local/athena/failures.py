"""How a query can end badly: what becomes Athena's StateChangeReason."""

from __future__ import annotations

from tidegate.errors import Mistake, Refused


class QueryFailed(Mistake):
    """The query cannot be run as it is written; `what` is said in Athena's words."""

    def __str__(self) -> str:
        return f"{self.what}. {self.next_step}" if self.next_step else self.what


class ScanLimitExceeded(Refused):
    """The workgroup's limit of bytes scanned is lower than what the query would read."""

    def __str__(self) -> str:
        return f"{self.what}. {self.next_step}"


def syntax_error(said: str) -> QueryFailed:
    """The statement does not parse, or names what does not exist."""
    return QueryFailed("Athena query", f"SYNTAX_ERROR: {said}", "")


def not_supported(what: str) -> QueryFailed:
    """Athena itself may do this; the local one does not."""
    return QueryFailed(
        "Athena query",
        f"NOT_SUPPORTED: {what} is not supported by the local Athena",
        "It runs SELECT, WITH, VALUES, EXPLAIN, SHOW DATABASES|TABLES|COLUMNS, DESCRIBE; else use AWS",
    )
