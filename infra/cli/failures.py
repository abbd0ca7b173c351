"""Why an execution failed, in the words of what failed: out of the JSON and the errors' names around them."""

from __future__ import annotations

import json
import re

from tidegate.errors import the_exception

OF_SAGEMAKER = re.compile(r"^AlgorithmError: (.*), exit code: \d+$", re.DOTALL)  # around a job's failure file
REASON_FIELDS = ("FailureReason", "errorMessage")  # of a SageMaker job, of a function
SHOWN = 500  # characters of a cause


def why(error: str, cause: str, state: str = "") -> str:
    """A failure in one sentence, and the state that failed, where it is known.

    Our own errors are told as they are, where: what, and the next step. The name of an error says nothing
    beside such words (`States.TaskFailed`), and is told where there are none.
    """
    _, brace, rest = cause.partition("{")
    try:
        told = json.loads(brace + rest) if brace else {}
    except json.JSONDecodeError:  # a machine keeps no more than the beginning of a long cause
        told = {}
    reasons = [OF_SAGEMAKER.sub(r"\1", str(told[field])) for field in REASON_FIELDS if told.get(field)]
    named = [state or ("" if "." in error else error.removesuffix("Failed"))] if reasons else [state, error]
    words = the_exception(reasons[0] if reasons else cause)[:SHOWN]
    return ": ".join(part for part in (*named, words) if part)
