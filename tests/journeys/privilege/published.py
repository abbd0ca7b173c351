"""The published list of permissions, `docs/permissions.md`, as data."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from infra.cli.place import ROOT

PAGE = ROOT / "docs" / "permissions.md"
SHOWN, ASKED = "## Shown by the journey", "## Asked for by AWS"


@dataclass(frozen=True)
class Entry:
    """One row: of these roles, this statement's actions, and where AWS asks for them (or nowhere)."""

    roles: tuple[str, ...]  # as in a shell: `*-function`
    sid: str
    actions: tuple[str, ...]
    why: str = ""
    page: str = ""

    def __str__(self) -> str:
        return f"{'+'.join(self.roles)}-{self.sid}"

    def covers(self, role: str, sid: str, action: str) -> bool:
        """Whether this row speaks of that action."""
        return (
            sid == self.sid and action in self.actions and any(fnmatchcase(role, one) for one in self.roles)
        )


def entries(heading: str) -> list[Entry]:
    """The rows of the table under a heading."""
    part = PAGE.read_text().split(f"{heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("|")
    ]
    return [Entry(_several(roles), sid, _several(actions), *rest) for roles, sid, actions, *rest in rows[2:]]


def _several(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(","))
