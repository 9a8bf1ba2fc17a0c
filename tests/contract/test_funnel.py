"""Funnel limits hold what chance does and no more, with units that differ and units that do not."""

from __future__ import annotations

import random

import pytest

from contract.indicators.funnel import ALARM_Z, WARNING_Z, Funnel, funnel


def drawn(dice: random.Random, shares: list[float]) -> list[tuple[float, float]]:
    sizes = [round(10 * 2 ** dice.uniform(0, 7)) for _ in shares]
    return [(sum(dice.random() < share for _ in range(n)), n) for share, n in zip(shares, sizes, strict=True)]


def test_units_that_do_not_differ_lie_within_the_limits_but_for_one_in_twenty() -> None:
    dice = random.Random(7)
    places = [
        found.place(k, n)
        for cases in (drawn(dice, [0.85] * 150) for _ in range(20))
        if (found := funnel(cases))
        for k, n in cases
    ]
    beyond = sum(place != "within" for place in places) / len(places)
    assert 0.02 < beyond < 0.07
    assert sum(place.startswith("very") for place in places) / len(places) < 0.008


def test_units_that_differ_widen_the_limits_so_that_few_are_named() -> None:
    dice = random.Random(8)
    cases = drawn(dice, [dice.betavariate(36.8, 3.2) for _ in range(150)])
    found = funnel(cases)
    assert found is not None
    named = sum(found.place(k, n) != "within" for k, n in cases)
    by_chance_alone = sum(Funnel(found.centre, 0).place(k, n) != "within" for k, n in cases)
    assert found.spread > 0
    assert named < by_chance_alone / 1.5


def test_a_unit_that_stands_out_is_named() -> None:
    cases: list[tuple[float, float]] = [(90 + n % 5, 100) for n in range(30)]
    found = funnel([*cases, (40, 100)])
    assert found is not None
    assert found.place(40, 100) == "very_low"
    assert {found.place(k, n) for k, n in cases} == {"within"}


@pytest.mark.parametrize("n", [10, 100, 10_000])
def test_limits_are_shares_and_the_outer_ones_hold_the_inner(n: int) -> None:
    for found in (Funnel(0.97, 0.001), Funnel(0.0, 0.0), Funnel(1.0, 0.01)):
        low, high = found.limits(n, WARNING_Z)
        lowest, highest = found.limits(n, ALARM_Z)
        assert 0 <= lowest <= low <= found.centre <= high <= highest <= 1


def test_no_cases_have_no_funnel_and_few_units_only_chance() -> None:
    assert funnel([]) is None
    assert funnel([(0, 0)]) is None
    assert funnel([(1, 10), (9, 10)]) == Funnel(0.5, 0.0)
