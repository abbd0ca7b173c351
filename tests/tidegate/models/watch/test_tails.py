"""The formulas of four tails give what scipy gives."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from tidegate.models.watch import tails


@pytest.mark.parametrize("degrees", range(1, 40))
def test_a_chi_square_has_its_tail(degrees: int) -> None:
    for reached in (0.1, 1.0, 5.0, 20.0, 60.0, 150.0):
        assert tails.chi_square(reached, degrees) == pytest.approx(stats.chi2.sf(reached, degrees), rel=1e-9)


@pytest.mark.parametrize("reached", [0.0, 0.1, 0.3, 0.5, 1.0, 1.6, 2.5, 4.0])
def test_kolmogorovs_distribution_has_its_tail(reached: float) -> None:
    assert tails.kolmogorov(reached) == pytest.approx(stats.kstwobign.sf(reached), rel=1e-9)


@pytest.mark.parametrize("z", [0.0, -1.0, 1.96, 5.0])
def test_a_normal_has_both_its_tails(z: float) -> None:
    assert tails.normal(z) == pytest.approx(2 * stats.norm.sf(abs(z)))


@pytest.mark.parametrize("degrees", range(1, 40))
def test_students_t_has_both_its_tails(degrees: int) -> None:
    for t in (0.0, -0.5, 1.0, 2.0, 4.5, 8.0, 60.0):
        expected = 2 * stats.t.sf(abs(t), degrees)
        assert tails.student(t, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-14)


def test_nothing_reached_is_no_surprise() -> None:
    assert tails.chi_square(0.0, 3) == tails.chi_square(5.0, 0) == 1.0


def test_the_mean_square_is_that_of_kolmogorovs_distribution() -> None:
    assert math.isclose(tails.MEAN_SQUARE, stats.kstwobign.moment(2), rel_tol=1e-6)
