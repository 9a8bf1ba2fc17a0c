"""How two shares differ, and how a share stands beside what its mix of cases lets expect. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from contract.indicators.indicator import wilson


class Difference(NamedTuple):
    """A first share less a second, with the 95 % interval of the difference; as shares."""

    difference: float
    low: float
    high: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether no difference at all lies outside the interval."""
        return self.low > 0 or self.high < 0


def difference_of_shares(k1: float, n1: float, k2: float, n2: float) -> Difference:
    """``k1`` of ``n1`` cases less ``k2`` of ``n2`` others, both ``n`` > 0.

    After Newcombe (1998, Statistics in Medicine 17:873-890, method 10): the interval is squared and added from those of
    the two shares after Wilson. It holds for cases that have nothing to do with each other.
    """
    p1, p2 = k1 / n1, k2 / n2
    (low1, high1), (low2, high2) = wilson(k1, n1), wilson(k2, n2)
    down, up = math.hypot(p1 - low1, high2 - p2), math.hypot(high1 - p1, p2 - low2)
    return Difference(p1 - p2, p1 - p2 - down, p1 - p2 + up)


def expected_share(own: Mapping[str, float], all_units: Mapping[str, tuple[float, float]]) -> float | None:
    """The share that a unit would have if each kind of its cases went as it goes in all units together.

    Indirect standardisation: ``own`` counts its cases by kind, ``all_units`` has for each kind the good ones and all. A
    kind that no unit has is left out; None without any case.
    """
    known = {kind: cases for kind, cases in own.items() if kind in all_units and all_units[kind][1] > 0}
    total = sum(known.values())
    if not total:
        return None
    return sum(cases * all_units[kind][0] / all_units[kind][1] for kind, cases in known.items()) / total
