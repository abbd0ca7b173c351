from __future__ import annotations

import pytest

from infra.local.ministack.metric_math import evaluate
from tidegate.errors import Unsupported

SHARE = "IF(good + bad > 0, 100 * bad / (good + bad), 0)"


def test_a_share_is_computed_and_no_data_stays_no_data() -> None:
    assert evaluate(SHARE, {"good": 75.0, "bad": 25.0}) == 25.0
    assert evaluate(SHARE, {"good": 0.0, "bad": 0.0}) == 0.0
    assert evaluate(SHARE, {"good": 1.0, "bad": None}) is None
    assert evaluate("FILL(m, 0) - 1", {"m": None}) == -1.0


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(m)", "SEARCH('x')", "m **"])
def test_what_is_not_evaluated_is_refused(expression: str) -> None:
    with pytest.raises(Unsupported):
        evaluate(expression, {"m": 1.0})
