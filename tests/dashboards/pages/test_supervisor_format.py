"""How the pages write figures, ages and names; texts that exist in every language."""

from __future__ import annotations

from typing import Any

import pytest

from contract.ratings.scales import LEVELS
from dashboards.pages.parts.selectors import in_tree_order
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts, every_text, texts_in
from tests.dashboards.pages.answers import figure

VI, EN = texts_in("vi"), texts_in("en")
NBSP = "\u00a0"


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (99.18, "99,18 %", "99.18%"),
        (100, "100 %", "100%"),
        (0, "0 %", "0%"),
        (99.999, "> 99,99 %", "> 99.99%"),
        (0.001, "< 0,01 %", "< 0.01%"),
    ],
)
def test_a_share_has_the_signs_of_its_language_and_never_rounds_to_all_or_none(
    value: float, vietnamese: str, english: str
) -> None:
    assert (plain(form.percent(value, "vi")), plain(form.percent(value, "en"))) == (vietnamese, english)


def test_thousands_are_set_apart_as_each_language_does() -> None:
    assert (form.number(12345.6, "vi", 1), form.number(12345.6, "en", 1)) == ("12.345,6", "12,345.6")


def test_minutes_have_one_decimal_and_no_value_is_a_dash() -> None:
    assert plain(form.quantity(12.3, "minutes", VI)) == "12,3 phút"
    assert form.quantity(None, "percent", VI) == "—"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2, "2 giây"), (119, "119 giây"), (720, "12 phút"), (9_000, "2,5 giờ"), (259_200, "3 ngày")],
)
def test_a_duration_is_written_in_the_largest_unit_that_fits(seconds: float, words: str) -> None:
    assert plain(form.duration(seconds, VI)) == words


def test_a_target_is_written_as_the_round_number_it_is() -> None:
    assert plain(form.target(figure(90), VI)) == "mục tiêu ≥ 95 %"
    wait = figure(4.4, unit_of_measure="minutes", target={"op": "<=", "value": 15.0})
    assert plain(form.target(wait, EN)) == "target ≤ 15 min"
    delay = figure(4.4, unit_of_measure="seconds", target={"op": "<=", "value": 600.0})
    assert plain(form.target(delay, VI)) == "mục tiêu ≤ 10 phút"
    assert form.target(figure(4.4, target=None), VI) == "không có mục tiêu"


@pytest.mark.parametrize(
    ("row", "standing"),
    [
        (figure(95.0), "met"),
        (figure(94.99), "missed"),
        (figure(None), "too_few"),
        (figure(10.0, target=None), "none"),
        (figure(15.1, target={"op": "<=", "value": 15.0}), "missed"),
        (figure(15.0, target={"op": "<=", "value": 15.0}), "met"),
    ],
)
def test_a_target_is_met_at_its_own_value(row: dict[str, Any], standing: str) -> None:
    assert form.STATES[row["verdict"]] == standing


@pytest.mark.parametrize(
    ("age_s", "level"), [(0, "fresh"), (59.9, "fresh"), (60, "late"), (599, "late"), (600, "too_late"), (None, "none")]
)
def test_the_data_is_late_from_a_minute_and_too_late_from_ten(age_s: float | None, level: str) -> None:
    assert form.data_age(age_s, VI)[0] == level


def test_the_age_of_the_data_is_written_in_words() -> None:
    assert plain(form.data_age(2, VI)[1]) == "dữ liệu cách đây 2 giây"
    assert plain(form.data_age(2, EN)[1]) == "data 2 s old"
    assert form.data_age(None, VI)[1].startswith("chưa có dữ liệu")


def test_a_time_of_the_api_is_shown_in_vietnam() -> None:
    assert form.day_and_time(form.instant("2026-11-22T17:05:00+00:00")) == "23/11/2026 00:05"


def test_a_service_point_is_named_after_its_commune() -> None:
    point = {
        "name_vi": "Điểm phục vụ hành chính công phường Ba Đình",
        "name_en": "Ba Dinh Ward Public Service Point",
    }
    assert form.short_name(point, "vi") == "Phường Ba Đình"
    assert form.short_name(point, "en") == "Ba Dinh Ward"
    assert form.counter_name({"name_vi": "Quầy 1, phường Ba Đình"}, "vi") == "Quầy 1"


def test_both_languages_have_every_text() -> None:
    assert set(every_text()) == {"vi", "en"}


@pytest.mark.parametrize("texts", [VI, EN])
def test_every_answer_of_every_scale_has_words(texts: Texts) -> None:
    for scale, levels in LEVELS.items():
        for score in range(levels.lowest, levels.highest + 1):
            assert ":" not in texts.score(scale, score)


def test_reasons_are_named_and_those_of_others_shown_as_they_came() -> None:
    assert form.reason_names(["insulted", "X1"], "vi") == "Bị xúc phạm, X1"


def test_the_tree_lists_each_unit_under_its_parent_without_counters() -> None:
    rows = [("H26", "", "city"), ("H26.66.02", "H26", "branch"), ("H26.66.01", "H26", "branch")]
    rows += [("H26.66.01.001", "H26.66.01", "service_point"), ("H26.66.01.001.Q1", "H26.66.01.001", "counter")]
    units: Any = {code: {"unit": code, "parent": parent, "level": level} for code, parent, level in rows}
    assert in_tree_order(units) == [("H26", 0), ("H26.66.01", 1), ("H26.66.01.001", 2), ("H26.66.02", 1)]
