"""The blocks of the supervisor's page as markup: their order, their sentences, and text of others that stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from contract.time import VIETNAM
from dashboards.pages.parts.cards import figure_card
from dashboards.pages.supervisor.acknowledge import Acknowledgements
from dashboards.pages.supervisor.headline import answered_card
from dashboards.pages.supervisor.last_hour import bins
from dashboards.pages.supervisor.severe import severe_list
from dashboards.pages.supervisor.silent_tablets import silent_list
from dashboards.pages.supervisor.state import judgement
from dashboards.pages.supervisor.trouble import trouble_list, unacknowledged_first
from dashboards.texts.by_language import texts_in
from tests.dashboards.pages.answers import figure, overdue, ranking, troubles

VI, EN = texts_in("vi"), texts_in("en")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_figure_of_too_few_cases_is_a_dash_with_its_reason() -> None:
    card = plain(figure_card(figure(None, n=4), VI))
    assert '<span class="value">—</span>' in card
    assert "chưa đủ dữ liệu" in card
    assert "mới có 4 trường hợp" in card
    assert "0 %" not in card


def test_a_card_says_value_target_cases_and_interval() -> None:
    card = plain(figure_card(figure(86.5, n=1200, interval=[84.46, 88.32]), VI))
    for words in ("86,50 %", "✗ chưa đạt", "mục tiêu ≥ 95 %", "n = 1.200", "84,46 % – 88,32 %"):
        assert words in card


def test_the_number_of_ratings_is_shown_even_when_it_is_nought() -> None:
    card = answered_card(figure(None, n=0, status="not_available"), VI)
    assert '<span class="value">0</span>' in card


def test_a_name_from_outside_stays_text() -> None:
    assert "<script>" not in figure_card(figure(None, name_vi="<script>alert(1)</script>"), VI)


def address(changes: Mapping[str, str | None]) -> str:
    return "?" + urlencode({"lang": "vi", **{name: value for name, value in changes.items() if value}})


def test_units_are_listed_by_how_far_they_surely_miss() -> None:
    wait = figure(45.0, id="OPS_WAIT_AVG", unit="C", unit_of_measure="minutes", target={"op": "<=", "value": 15.0})
    points = ranking(overdue("A", 2.3, 0.4), overdue("B", 75.7, 69.0), wait, figure(94, unit="D", interval=[88, 97]))
    branches = ranking(figure(70, unit="A1", interval=[60, 80]), level="branch")
    assert [trouble["unit"] for trouble in troubles(points, branches)["troubles"]] == ["C", "B", "A1", "A"]


def test_all_that_is_wrong_with_a_unit_stands_under_its_name() -> None:
    answer = troubles(ranking(overdue("A", 2.3, 0.4), figure(70, unit="A", interval=[60, 80])))
    [trouble] = answer["troubles"]
    assert [wrong["id"] for wrong in trouble["figures"]] == ["SAT_CSAT", "TIM_OVERDUE_RATE"]
    listed = plain(trouble_list([trouble], {}, Acknowledgements([], address, VI), address, VI))
    assert 'href="?lang=vi&amp;unit=A"' in listed
    assert 'href="?lang=vi&amp;ack=A~SAT_CSAT"' in listed
    assert "Người dân chưa hài lòng: <b>70,00 %</b>" in listed


def test_who_takes_care_stands_beside_what_is_wrong_and_the_rest_comes_first() -> None:
    latest: Any = {
        "unit": "A",
        "about": "SAT_CSAT",
        "by": "<Lan>",
        "comment": "mở quầy",
        "occurred_at": "2026-11-23T03:05:00Z",
    }
    acknowledgements = Acknowledgements([latest], address, VI)
    poor = (figure(70, unit=unit, interval=[60, 80]) for unit in "AB")
    listed_units = troubles(ranking(*poor))["troubles"]
    assert [trouble["unit"] for trouble in listed_units] == ["A", "B"]
    assert [row["unit"] for row in unacknowledged_first(listed_units, acknowledgements.latest)] == ["B", "A"]
    listed = plain(trouble_list(listed_units, {}, acknowledgements, address, VI))
    assert "✓ &lt;Lan&gt; đã nhận lúc 10:05: mở quầy" in listed
    assert listed.count("Nhận xử lý") == 1


def severe(unit: str, recorded_at: str, *, replaced: bool = False) -> Any:
    tapped = {"occurred_at": "2026-11-23T02:00:00Z", "counter": "", "scale": "csat4", "score": 1, "reasons": []}
    return {"unit": unit, "recorded_at": recorded_at, "replaced": replaced, **tapped}


def test_who_takes_care_of_severe_reports_does_so_of_what_was_known_by_then() -> None:
    latest: Any = {"unit": "A", "about": "severe", "by": "Lan", "comment": "", "occurred_at": "2026-11-23T03:05:00Z"}
    # The last of them was given before the acknowledgement and came in after it, from a tablet that was offline.
    reports = [
        severe("A", "2026-11-23T03:00:00Z"),
        severe("B", "2026-11-23T03:00:00Z"),
        severe("A", "2026-11-23T04:00:00Z"),
    ]
    care = Acknowledgements([latest], address, VI)
    listed = plain(severe_list(reports, 9, {}, care, VI))
    assert re.findall(r"ack=(\w)~severe|(Lan) đã nhận lúc 10:05", listed) == [
        ("B", ""),
        ("A", ""),
        ("", "Lan"),
    ]
    assert "và 6 phản ánh khác" in listed


def test_a_withdrawn_accusation_is_listed_and_marked() -> None:
    now = "2026-11-23T03:00:00Z"
    listed = severe_list(
        [severe("A", now, replaced=True), severe("B", now)], 2, {}, Acknowledgements([], address, VI), VI
    )
    assert plain(listed).count("(người dân đã đánh giá lại)") == 1


NO_HEARTBEAT = {"unseen": False, "last_seen_at": None, "battery_percent": None, "waiting": None}


def test_a_tablet_that_was_tapped_since_somebody_took_care_is_silent_anew() -> None:
    latest: Any = {"unit": "A", "about": "silent", "by": "Lan", "comment": "", "occurred_at": "2026-11-23T03:05:00Z"}
    care = Acknowledgements([latest], address, VI)
    for last, known in ((None, True), ("2026-11-23T03:00:00Z", True), ("2026-11-23T03:10:00Z", False)):
        tablet: Any = {
            "unit": "A",
            "device": "T",
            "last_tap_at": last,
            "served_since": 30,
            "untapped": True,
            **NO_HEARTBEAT,
        }
        assert ("Lan" in silent_list([tablet], {}, care, VI)) is known


def test_the_verdict_never_calls_missing_data_good() -> None:
    assert "Chưa đủ dữ liệu" in judgement(troubles(ranking(figure(None))), False, VI)
    assert "Không có đơn vị nào" in judgement(troubles(ranking(figure(99))), False, VI)
    assert "Đang lấy số liệu" in judgement(None, False, VI)


def test_the_verdict_is_not_calm_when_a_citizen_reports_something_severe() -> None:
    assert "Phản ánh nghiêm trọng" in judgement(troubles(ranking(figure(99))), True, VI)


def test_the_verdict_says_how_many_units_have_which_problem() -> None:
    points = ranking(overdue("A", 2.3, 0.4), overdue("B", 75.7, 69.0), figure(70, unit="A", interval=[60, 80]))
    sentence = judgement(troubles(points), False, VI)
    assert "2 đơn vị cần xử lý" in sentence
    assert "Người dân chưa hài lòng: <b>1</b> · Hồ sơ quá hạn: <b>2</b>" in sentence


def test_the_last_hour_has_twelve_bins_and_empty_ones_are_nought() -> None:
    now = datetime(2026, 11, 20, 10, 42, 10, tzinfo=VIETNAM)
    taps: Any = [
        {"occurred_at": "2026-11-20T09:45:00+07:00", "scale": "csat4", "score": 3},
        {"occurred_at": "2026-11-20T10:42:09+07:00", "scale": "csat4", "score": 2},
        {"occurred_at": "2026-11-20T10:40:00+07:00", "scale": "csat4", "score": 1},
    ]
    counted = bins(taps, now, EN)
    assert [entry["time"] for entry in counted[::2]][::11] == ["09:45", "10:40"]
    assert [entry["ratings"] for entry in counted] == [1, *[0] * 22, 2]
