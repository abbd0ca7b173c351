"""The chances that a test statistic reaches so far by luck: four tails, from their published formulas.

scipy has them, and is not among what the function is given; a test holds these against it.
"""

from __future__ import annotations

import math

MEAN_SQUARE = math.pi**2 / 12  # of the Kolmogorov distribution: what n·D² is on average without a difference
_TERMS = 100


def normal(z: float) -> float:
    """The chance of at least `z` standard deviations to either side."""
    return math.erfc(abs(z) / math.sqrt(2))


def student(t: float, degrees: int) -> float:
    """The chance that Student's t of so many degrees lies at least so far to either side.

    One less the A of Abramowitz & Stegun 26.7.3 and 26.7.4, for whole degrees, to some 15 digits of one.
    """
    angle = math.atan(abs(t) / math.sqrt(degrees))
    square = math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    terms = []
    for k in range(1 + odd, degrees, 2):
        terms.append(term)
        term *= square * k / (k + 1)
    inside = math.sin(angle) * math.fsum(terms)
    return min(1.0, max(0.0, 1 - (2 / math.pi * (angle + inside) if odd else inside)))


def kolmogorov(reached: float) -> float:
    """The chance that √n·D reaches this (Kolmogorov 1933): 2·Σ (-1)^(k-1)·exp(-2k²x²)."""
    if reached < 0.2:  # the series converges slowly here, and the chance is 1 in all digits that matter
        return 1.0
    terms = ((1 if k % 2 else -1) * math.exp(-2 * (k * reached) ** 2) for k in range(1, _TERMS))
    return min(1.0, max(0.0, 2 * math.fsum(terms)))


def chi_square(reached: float, degrees: int) -> float:
    """The chance that a chi-square of so many degrees reaches this, exact for whole degrees.

    Q(a+1, h) = Q(a, h) + exp(-h)·h^a / Γ(a+1), from Q(1/2, h) = erfc(√h) or Q(1, h) = exp(-h)
    (Abramowitz & Stegun 26.4.21, 6.5.21).
    """
    if reached <= 0 or degrees < 1:
        return 1.0
    half = reached / 2
    at = 0.5 if degrees % 2 else 1.0
    chance = math.erfc(math.sqrt(half)) if degrees % 2 else math.exp(-half)
    while at < degrees / 2:
        chance += math.exp(at * math.log(half) - half - math.lgamma(at + 1))
        at += 1
    return min(1.0, chance)
