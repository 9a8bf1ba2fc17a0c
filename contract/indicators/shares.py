"""The difference of two shares, and the share expected from a mix of cases. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from contract.indicators.indicator import wilson


class Difference(NamedTuple):
    """The difference of two shares with its 95 % interval."""

    difference: float
    low: float
    high: float

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0


def difference_of_shares(k1: float, n1: float, k2: float, n2: float) -> Difference:
    """The difference ``k1 / n1 - k2 / n2``; both ``n`` > 0.

    After Newcombe (1998, Statistics in Medicine 17:873-890, method 10): the interval combines the Wilson intervals of
    the two shares as a root of squares. The cases of the two must be independent.
    """
    p1, p2 = k1 / n1, k2 / n2
    (low1, high1), (low2, high2) = wilson(k1, n1), wilson(k2, n2)
    down, up = math.hypot(p1 - low1, high2 - p2), math.hypot(high1 - p1, p2 - low2)
    return Difference(p1 - p2, p1 - p2 - down, p1 - p2 + up)


def expected_share(own: Mapping[str, float], all_units: Mapping[str, tuple[float, float]]) -> float | None:
    """The share expected from a unit's mix of cases, if each kind did as well as in all units together.

    Indirect standardisation: ``own`` is the unit's number of cases by kind, ``all_units`` the good cases and all cases
    of each kind. A kind without cases in all units is left out; None without any case.
    """
    known = {kind: cases for kind, cases in own.items() if kind in all_units and all_units[kind][1] > 0}
    total = sum(known.values())
    if not total:
        return None
    return sum(cases * all_units[kind][0] / all_units[kind][1] for kind, cases in known.items()) / total
