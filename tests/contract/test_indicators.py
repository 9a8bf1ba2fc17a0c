"""Figures made of counts: rates, points, quantiles, intervals, what is not shown, and a catalogue without loose ends.

Expected values: the worked examples of the rules of Decision 766/QĐ-TTg; intervals as published by Newcombe (1998),
Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, table I, method 3.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Indicator, evaluate, nearest_rank, wilson
from contract.indicators.measures import DISTRIBUTIONS, MEASURES
from tests import strategies  # noqa: F401 its profile of hypothesis

ON_TIME: dict[str, Any] = {
    "id": "Q766_2_1",
    "name_vi": "Đúng hạn",
    "name_en": "On time",
    "group": "progress",
    "kind": "ratio",
    "numerator": "on_time_or_running",
    "denominator": "settled_or_open",
    "unit": "percent",
    "direction": "up",
    "min_n": 10,
    "source": "Quyết định 766/QĐ-TTg",
    "basis": "rule",
    "targets": [],
}
MEAN_WAIT = {**ON_TIME, "kind": "mean", "numerator": "waited_s", "denominator": "waits", "unit": "minutes"}
P90_WAIT = {**MEAN_WAIT, "kind": "quantile", "numerator": "waits_s", "quantile": 0.9}
DUE_SOON = {**ON_TIME, "kind": "count", "numerator": "due_soon", "denominator": "open", "unit": "count", "min_n": 0}


def indicator(values: dict[str, Any], **change: Any) -> Indicator:
    return Indicator.model_validate({**values, **change})


def test_on_time_of_a_thousand_dossiers_gives_98_5_percent() -> None:
    figure = evaluate(indicator(ON_TIME), {"on_time_or_running": 960 + 25, "settled_or_open": 1000})
    assert figure.value == pytest.approx(98.50)
    assert (figure.status, figure.n) == ("ok", 1000)
    assert (figure.numerator, figure.denominator) == (985, 1000)


@pytest.mark.parametrize(("cases", "status"), [(0, "not_available"), (1, "insufficient"), (9, "insufficient")])
def test_without_enough_cases_no_figure_is_shown(cases: int, status: str) -> None:
    figure = evaluate(indicator(ON_TIME), {"on_time_or_running": cases, "settled_or_open": cases})
    assert (figure.status, figure.value, figure.numerator, figure.interval) == (status, *[None] * 3)
    assert figure.n == cases


def test_ten_cases_are_enough_and_none_on_time_is_a_true_zero() -> None:
    figure = evaluate(indicator(ON_TIME), {"on_time_or_running": 0, "settled_or_open": 10})
    assert (figure.status, figure.value) == ("ok", 0.0)


def test_a_mean_is_shown_in_minutes_and_has_no_interval() -> None:
    figure = evaluate(indicator(MEAN_WAIT), {"waited_s": 20 * 90.0, "waits": 20})
    assert (figure.value, figure.interval) == (1.5, None)


def test_nine_in_ten_of_these_waits_were_nine_minutes_or_less() -> None:
    waits = {minute * 60: 1 for minute in range(1, 11)}
    figure = evaluate(indicator(P90_WAIT), {"waits_s": waits, "waits": 10})
    assert (figure.status, figure.value, figure.n) == ("ok", 9.0, 10)


def test_a_count_is_a_figure_even_when_it_is_nothing() -> None:
    figure = evaluate(indicator(DUE_SOON), {"due_soon": 0, "open": 0})
    assert (figure.status, figure.value) == ("ok", 0)


@pytest.mark.parametrize(
    ("quantile", "value"), [(0.05, 15.0), (0.3, 20.0), (0.4, 20.0), (0.5, 35.0), (0.9, 50.0), (0.99, 50.0)]
)
def test_a_quantile_is_a_value_that_occurred(quantile: float, value: float) -> None:
    """The textbook example of the nearest-rank method: 15, 20, 35, 40, 50."""
    assert nearest_rank({15: 1, 20: 1, 35: 1, 40: 1, 50: 1}, quantile) == value


def test_cases_of_one_value_are_told_by_how_many_they_are() -> None:
    assert nearest_rank({60: 89, 600: 11}, 0.9) == 600
    assert nearest_rank({60: 90, 600: 10}, 0.9) == 60


def test_an_empty_distribution_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="empty distribution"):
        nearest_rank({}, 0.9)


@given(st.dictionaries(st.integers(0, 5000), st.integers(1, 50), min_size=1), st.floats(0.01, 0.99))
def test_a_quantile_is_the_least_value_that_so_many_do_not_exceed(cases: dict[int, int], quantile: float) -> None:
    found = nearest_rank(cases, quantile)
    all_cases = sum(cases.values())
    assert sum(n for value, n in cases.items() if value <= found) >= quantile * all_cases - 1e-9
    assert sum(n for value, n in cases.items() if value < found) < quantile * all_cases


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_of_a_share_is_as_published(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_an_interval_holds_its_share_and_stays_between_none_and_all(counts: tuple[int, int]) -> None:
    k, n = counts
    low, high = wilson(k, n)
    assert 0 <= low <= k / n + 1e-12
    assert k / n - 1e-12 <= high <= 1


def test_more_answers_than_transactions_is_told_as_it_is() -> None:
    figure = evaluate(indicator(ON_TIME), {"on_time_or_running": 30, "settled_or_open": 20})
    assert (figure.status, figure.value) == ("ok", 150)


def test_more_than_none_and_less_than_all_is_what_a_spoilt_row_gives() -> None:
    figure = evaluate(indicator(ON_TIME), {"on_time_or_running": -3, "settled_or_open": 20})
    assert (figure.status, figure.value, figure.interval) == ("ok", -15, (-15, -15))
    assert evaluate(indicator(ON_TIME), {"on_time_or_running": 3, "settled_or_open": -20}).status == "not_available"


def test_a_share_may_be_multiplied_by_another() -> None:
    """Index 3.3 of Decision 766: what was handed in online, times what was synced."""
    factor = {"numerator": "accepted[synced]", "denominator": "accepted"}
    online = indicator(ON_TIME, numerator="received[online]", denominator="received", factor=factor)
    counts = {"received[online]": 40, "received": 80, "accepted[synced]": 9, "accepted": 10}
    figure = evaluate(online, counts)
    assert figure.value == pytest.approx(45)
    assert (figure.numerator, figure.denominator) == (40, 80)
    assert evaluate(online, counts | {"accepted": 0}).status == "not_available"


def test_every_measure_is_used_by_some_figure() -> None:
    used = {measure for entry in catalogue().indicators.values() for measure in entry.measures()}
    assert set(MEASURES) <= used


@pytest.mark.parametrize("entry", catalogue().indicators.values(), ids=lambda entry: entry.id)
def test_every_figure_of_the_catalogue_can_be_made(entry: Indicator) -> None:
    counts = {name: ({60: 20} if name in DISTRIBUTIONS else 20.0) for name in entry.measures()}
    figure = evaluate(entry, counts)
    assert figure.status in {"ok", "not_available"}
    assert (figure.value is not None) == (figure.status == "ok")


def test_the_target_of_a_day_is_the_one_in_force() -> None:
    wait = catalogue().indicators["OPS_WAIT_AVG"]
    targets = [wait.target_on(day, "branch") for day in (date(2021, 12, 31), date(2024, 12, 31), date(2025, 1, 1))]
    assert [target and target.value for target in targets] == [None, 30, 15]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"colour": "green"}, "colour"),
        ({"numerator": "smiles"}, "Q766_2_1: 'smiles' is no step"),
        ({"numerator": "settled[quickly]"}, "Q766_2_1: 'quickly' is no attribute"),
        ({"numerator": "open +"}, r"Q766_2_1: 'open \+' is no sum"),
        ({"note_vi": "chỉ một ngôn ngữ"}, "a note must be given in both languages"),
        ({"quantile": 0.9}, "a quantile needs a level and a distribution"),
        ({"kind": "quantile"}, "a quantile needs a level and a distribution"),
        ({"numerator": "waits_s"}, "a quantile needs a level and a distribution"),
        ({"kind": "average"}, "kind"),
        ({"id": "on time"}, "id"),
        ({"min_n": -1}, "min_n"),
        ({"source": ""}, "source"),
        ({"targets": [{"op": "=", "value": 1, "valid_from": "2025-01-01", "source": "x"}]}, r"targets\.0\.op"),
    ],
)
def test_a_wrong_entry_is_refused_and_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        indicator(ON_TIME, **change)


def test_targets_may_follow_but_not_overlap_each_other() -> None:
    first = {"op": ">=", "value": 90, "valid_from": "2024-01-01", "valid_to": "2024-12-31", "source": "x"}
    second = {**first, "valid_from": "2025-01-01", "valid_to": None}
    assert len(indicator(ON_TIME, targets=[second, first]).targets) == 2
    with pytest.raises(ValidationError, match="Q766_2_1: targets from 2024-01-01 and 2024-12-31 overlap"):
        indicator(ON_TIME, targets=[first, {**second, "valid_from": "2024-12-31"}])


def test_targets_of_one_day_may_differ_by_level() -> None:
    city = {"op": ">=", "value": 30, "valid_from": "2021-01-01", "levels": ["city"], "source": "x"}
    commune = {**city, "value": 15, "levels": ["service_point"]}
    digitised = indicator(ON_TIME, targets=[city, commune])
    found = [digitised.target_on(date(2021, 6, 1), level) for level in ("city", "service_point", "branch")]
    assert [target and target.value for target in found] == [30, 15, None]
    with pytest.raises(ValidationError, match="overlap"):
        indicator(ON_TIME, targets=[city, {**commune, "levels": []}])
