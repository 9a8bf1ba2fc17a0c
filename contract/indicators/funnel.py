"""Funnel limits: how far a unit's share may differ from that of all units by chance, given its cases. Pure.

After Spiegelhalter (2005, Statistics in Medicine, doi 10.1002/sim.1970): limits at 95 % and 99.8 % around the share of
all units together. Units differ for good reasons as well, so their spread beyond chance (over-dispersion) widens the
limits: estimated from shares on the arcsine scale, a tenth winsorised at each end, after DerSimonian and Laird.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WARNING_Z, ALARM_Z = 1.959964, 3.090232
WINSORISED = 0.1
FEWEST_UNITS = 5
"""With fewer units their spread cannot be estimated, and the limits are those of chance."""

Place = Literal["within", "low", "very_low", "high", "very_high"]


@dataclass(frozen=True)
class Funnel:
    """``centre`` is the share of all units together; ``spread`` the variance between units on the arcsine scale."""

    centre: float
    spread: float

    def limits(self, n: float, z: float) -> tuple[float, float]:
        """The lower and upper share for a unit of ``n`` cases, ``z`` standard deviations from the centre."""
        middle = math.asin(math.sqrt(self.centre))
        half = z * math.sqrt(1 / (4 * n) + self.spread)
        low, high = max(0.0, middle - half), min(math.pi / 2, middle + half)
        return math.sin(low) ** 2, math.sin(high) ** 2

    def place(self, k: float, n: float) -> Place:
        """The position of a unit with ``k`` of ``n`` cases; ``very_…`` is beyond the outer limits."""
        share = k / n
        low, high = self.limits(n, WARNING_Z)
        lowest, highest = self.limits(n, ALARM_Z)
        if share < low:
            return "very_low" if share < lowest else "low"
        if share > high:
            return "very_high" if share > highest else "high"
        return "within"


def funnel(cases: Sequence[tuple[float, float]]) -> Funnel | None:
    """The funnel of units with ``k`` of ``n`` cases each; None without any case."""
    counted = [(k, n) for k, n in cases if n > 0]
    total = sum(n for _, n in counted)
    if not total:
        return None
    centre = sum(k for k, _ in counted) / total
    if len(counted) < FEWEST_UNITS:
        return Funnel(centre, 0.0)
    middle = math.asin(math.sqrt(centre))
    scores = sorted((math.asin(math.sqrt(k / n)) - middle) * 2 * math.sqrt(n) for k, n in counted)
    ends = math.floor(WINSORISED * len(scores))
    lowest, highest = scores[ends], scores[-1 - ends]
    excess = sum(min(max(score, lowest), highest) ** 2 for score in scores) - (len(scores) - 1)
    weights = [4 * n for _, n in counted]
    between = excess / (sum(weights) - sum(weight**2 for weight in weights) / sum(weights))
    return Funnel(centre, max(0.0, between))
