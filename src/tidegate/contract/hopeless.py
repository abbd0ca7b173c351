"""When so few rows of a file are good that the file, and not its rows, is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.verdict import FileFault

if TYPE_CHECKING:
    from tidegate.contract.source import Limits
    from tidegate.contract.verdict import Tally

MEND = "Read the rules it breaks most; mend the sender or the contract"


def fault_of_rows(good: int, bad: int, limits: Limits, tally: Tally) -> FileFault | None:
    """Why a file is refused for how few of its rows are good."""
    if not good and not bad:
        return FileFault(
            code="header_only", what="a header, and no row", next_step="Send the file with its rows"
        )
    if not good:
        code, what = "no_good_rows", "its one row does not keep the contract"
        what = what if bad == 1 else f"not one of {bad:,} rows keeps the contract"
    elif bad >= limits.bad_rows and bad > limits.bad_share * (good + bad):
        code, what = "too_many_bad_rows", f"{bad:,} of {good + bad:,} rows break the contract"
    else:
        return None
    return FileFault(code=code, what=f"{what}, most of all {tally.worst()}", next_step=MEND)
