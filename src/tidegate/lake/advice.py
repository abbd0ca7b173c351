"""What somebody can do about a file, or rows, in quarantine: the last words of each report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.overwrite import Overwrite

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset
    from tidegate.contract.prepared import Prepared
    from tidegate.contract.verdict import FileFault

AGAIN = {
    Overwrite.APPEND: "land the mended rows in a new file (the whole file would add its good rows once more)",
    Overwrite.REPLACE: "land the whole mended file under the same name: it takes the place of this one",
    Overwrite.REFUSE: "land the mended rows in a file of a new name (a name that was published is taken)",
}
_UNREAD = {
    "too_large": "Split the file between two lines, each part with its header, and send the parts in turn; "
    "a backfill of years goes the same way, a file for each stretch",
    "given_up": "See the errors of its attempts in the function's log, mend their cause, and land it again",
    "too_large_for_step": "Declare transform_sees=Sees.ROWS if the step treats each row by itself, or split "
    "the file",
    "overwritten": "Send the new rows in a file of a new name",
    "replaced": "Nothing: what is published is newer. It can be discarded: tidegate quarantine discard ID",
    "step_failed": "Run the dataset's own step on the file at your desk, mend it, and land the file again",
}


def next_steps(dataset: Dataset | Prepared | None, reason: str, fault: FileFault | None = None) -> list[str]:
    """What to do next, in the order to try it."""
    if fault is not None:
        return [fault.next_step]
    if dataset is None:
        return [
            "Land it under the name of a dataset",
            "Or write the dataset: tidegate dataset new NAME --from FILE",
        ]
    code = reason.partition(":")[0]
    if code in _UNREAD:
        return [_UNREAD[code]]
    return [
        f"If the rows are wrong: {AGAIN[dataset.overwrite]}",
        f"If the rule is wrong: change schemas/{dataset.name}.py, deploy, and judge the file again: "
        "tidegate quarantine replay",
    ]
