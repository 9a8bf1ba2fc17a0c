"""Differences of shares as their author published them, and what a mix of cases lets expect."""

from __future__ import annotations

import pytest

from contract.indicators.shares import difference_of_shares, expected_share

NEWCOMBE = [
    # Newcombe (1998), table II, method 10: the examples (a) to (h).
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0000)),
    ((10, 10, 0, 10), (0.6075, 1.0000)),
]


@pytest.mark.parametrize(("cases", "expected"), NEWCOMBE)
def test_a_difference_has_the_published_interval(
    cases: tuple[int, int, int, int], expected: tuple[float, float]
) -> None:
    found = difference_of_shares(*cases)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.00005)
    assert found.difference == pytest.approx(cases[0] / cases[1] - cases[2] / cases[3])
    assert found.is_beyond_chance == (expected[0] > 0)


def test_the_other_way_round_it_is_the_same_difference_with_the_other_sign() -> None:
    found, other = difference_of_shares(9, 10, 3, 10), difference_of_shares(3, 10, 9, 10)
    assert other == pytest.approx((-found.difference, -found.high, -found.low))
    assert other.is_beyond_chance


def test_a_mix_of_hard_cases_lets_expect_less() -> None:
    all_units = {"easy": (95, 100), "hard": (60, 100)}
    assert expected_share({"easy": 10, "hard": 90}, all_units) == pytest.approx(0.635)
    assert expected_share({"easy": 90, "hard": 10}, all_units) == pytest.approx(0.915)
    assert expected_share({"easy": 10, "unheard of": 5}, all_units) == pytest.approx(0.95)
    assert expected_share({}, all_units) is expected_share({"unheard of": 5}, all_units) is None
