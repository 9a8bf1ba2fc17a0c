"""How the supervisor's page writes figures, ages, names and troubles; what it says when there is nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlencode

import pytest

from contract.ratings.scales import LEVELS
from contract.time import VIETNAM
from dashboards.pages.parts.selectors import in_tree_order
from dashboards.pages.supervisor import blocks as page_blocks
from dashboards.pages.supervisor import chart as page_chart
from dashboards.pages.supervisor import lists as page_lists
from dashboards.pages.supervisor.care import Care
from dashboards.pages.supervisor.feed import Feed
from dashboards.pages.supervisor.trouble import WATCHED, in_trouble, nobody_cares_first
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts, every_text, texts_in

VI, EN = texts_in("vi"), texts_in("en")
NBSP = "\u00a0"


def figure(value: float | None, **changes: Any) -> dict[str, Any]:
    """A figure as the read API answers it: satisfied citizens, at least 95 % wanted."""
    return {
        "id": "SAT_CSAT",
        "name_vi": "Tỷ lệ hài lòng",
        "name_en": "Satisfied citizens",
        "unit_of_measure": "percent",
        "unit": "H26.66.01",
        "value": value,
        "numerator": None if value is None else value,
        "n": 100,
        "interval": None,
        "target": {"op": ">=", "value": 95.0, "source": "QĐ 468"},
        "status": "ok" if value is not None else "insufficient",
        **changes,
    }


def overdue(unit: str, value: float, low: float) -> dict[str, Any]:
    target = {"op": "<=", "value": 0.0, "source": "3 không"}
    return figure(value, id="TIM_OVERDUE_RATE", unit=unit, interval=[low, 99.0], target=target)


def ranking(*figures: dict[str, Any], level: str = "service_point") -> dict[str, Any]:
    return {"level": level, "rankings": {name: [f for f in figures if f["id"] == name] for name in WATCHED}}


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
def test_a_duration_is_told_in_the_largest_unit_that_fits(seconds: float, words: str) -> None:
    assert plain(form.duration(seconds, VI)) == words


def test_a_target_is_written_as_the_round_number_it_is() -> None:
    assert plain(form.target(figure(90), VI)) == "mục tiêu ≥ 95 %"
    wait = figure(4.4, unit_of_measure="minutes", target={"op": "<=", "value": 15.0})
    assert plain(form.target(wait, EN)) == "target ≤ 15 min"
    delay = figure(4.4, unit_of_measure="seconds", target={"op": "<=", "value": 600.0})
    assert plain(form.target(delay, VI)) == "mục tiêu ≤ 10 phút"
    assert form.target(figure(4.4, target=None), VI) == "không có mục tiêu"


@pytest.mark.parametrize(
    ("found", "standing"),
    [
        (figure(95.0), "met"),
        (figure(94.99), "missed"),
        (figure(None), "too_few"),
        (figure(10.0, target=None), "none"),
        (figure(15.1, target={"op": "<=", "value": 15.0}), "missed"),
        (figure(15.0, target={"op": "<=", "value": 15.0}), "met"),
    ],
)
def test_a_target_is_met_at_its_own_value(found: dict[str, Any], standing: str) -> None:
    assert form.standing(found) == standing


def test_a_target_inside_the_interval_leaves_a_doubt() -> None:
    assert not form.misses_beyond_doubt(figure(94.0, interval=[88.0, 97.0]))
    assert form.misses_beyond_doubt(figure(80.0, interval=[71.0, 86.7]))
    assert form.misses_beyond_doubt(figure(15.1, target={"op": "<=", "value": 15.0}))
    assert not form.misses_beyond_doubt(figure(None))


@pytest.mark.parametrize(
    ("age_s", "level"), [(0, "fresh"), (59.9, "fresh"), (60, "late"), (599, "late"), (600, "too_late"), (None, "none")]
)
def test_the_data_is_late_from_a_minute_and_too_late_from_ten(age_s: float | None, level: str) -> None:
    assert form.data_age(age_s, VI)[0] == level


def test_the_age_of_the_data_is_said_in_words() -> None:
    assert plain(form.data_age(2, VI)[1]) == "dữ liệu cách đây 2 giây"
    assert plain(form.data_age(2, EN)[1]) == "data 2 s old"
    assert form.data_age(None, VI)[1].startswith("chưa có dữ liệu")


def test_a_time_of_the_api_is_shown_in_vietnam() -> None:
    assert form.day_and_time(form.instant("2026-11-22T17:05:00+00:00")) == "23/11/2026 00:05"


def test_a_service_point_is_called_by_its_commune() -> None:
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


def test_a_figure_of_too_few_cases_is_a_dash_with_its_reason() -> None:
    card = plain(page_blocks.card(figure(None, n=4), None, VI))
    assert '<span class="value">—</span>' in card
    assert "chưa đủ dữ liệu" in card
    assert "mới có 4 trường hợp" in card
    assert "0 %" not in card


def test_a_card_says_value_target_cases_and_interval() -> None:
    card = plain(page_blocks.card(figure(86.5, n=1200, interval=[84.46, 88.32]), None, VI))
    for words in ("86,50 %", "✗ chưa đạt", "mục tiêu ≥ 95 %", "n = 1.200", "84,46 % – 88,32 %"):
        assert words in card


def test_the_number_of_ratings_is_shown_even_when_it_is_nought() -> None:
    card = page_blocks.answered_card(figure(None, n=0, status="not_available"), VI)
    assert '<span class="value">0</span>' in card


def test_a_name_from_outside_stays_text() -> None:
    assert "<script>" not in page_blocks.card(figure(None, name_vi="<script>alert(1)</script>"), None, VI)


def address(changes: Mapping[str, str]) -> str:
    return "?" + urlencode({"lang": "vi", **changes})


def test_units_are_listed_by_how_far_they_surely_miss() -> None:
    wait = figure(45.0, id="OPS_WAIT_AVG", unit="C", unit_of_measure="minutes", target={"op": "<=", "value": 15.0})
    points = ranking(overdue("A", 2.3, 0.4), overdue("B", 75.7, 69.0), wait, figure(94, unit="D", interval=[88, 97]))
    branches = ranking(figure(70, unit="A1", interval=[60, 80]), level="branch")
    assert [trouble.unit for trouble in in_trouble([points, branches])] == ["C", "B", "A1", "A"]


def test_all_that_is_wrong_with_a_unit_stands_under_its_name() -> None:
    [trouble] = in_trouble([ranking(overdue("A", 2.3, 0.4), figure(70, unit="A", interval=[60, 80]))])
    assert [wrong["id"] for wrong in trouble.figures] == ["SAT_CSAT", "TIM_OVERDUE_RATE"]
    listed = plain(page_lists.trouble_list([trouble], {}, Care([], address, VI), address, VI))
    assert 'href="?lang=vi&amp;unit=A"' in listed
    assert 'href="?lang=vi&amp;ack=A~SAT_CSAT"' in listed
    assert "Người dân chưa hài lòng: <b>70,00 %</b>" in listed


def test_who_takes_care_stands_beside_what_is_wrong_and_the_rest_comes_first() -> None:
    word = {
        "unit": "A",
        "about": "SAT_CSAT",
        "by": "<Lan>",
        "comment": "mở quầy",
        "occurred_at": "2026-11-23T03:05:00Z",
    }
    taken = Care([word], address, VI)
    poor = (figure(70, unit=unit, interval=[60, 80]) for unit in "AB")
    troubles = in_trouble([ranking(*poor)])
    assert [trouble.unit for trouble in troubles] == ["A", "B"]
    assert [trouble.unit for trouble in nobody_cares_first(troubles, taken.latest)] == ["B", "A"]
    listed = plain(page_lists.trouble_list(troubles, {}, taken, address, VI))
    assert "✓ &lt;Lan&gt; đã nhận lúc 10:05: mở quầy" in listed
    assert listed.count("Nhận xử lý") == 1


def severe(unit: str, recorded_at: str, *, replaced: bool = False) -> dict[str, Any]:
    tapped = {"occurred_at": "2026-11-23T02:00:00Z", "counter": "", "scale": "csat4", "score": 1, "reasons": []}
    return {"unit": unit, "recorded_at": recorded_at, "replaced": replaced, **tapped}


def test_who_takes_care_of_severe_reports_does_so_of_what_was_known_by_then() -> None:
    word = {"unit": "A", "about": "severe", "by": "Lan", "comment": "", "occurred_at": "2026-11-23T03:05:00Z"}
    # The last of them was given before the word and came in after it, from a tablet that was offline.
    reports = [
        severe("A", "2026-11-23T03:00:00Z"),
        severe("B", "2026-11-23T03:00:00Z"),
        severe("A", "2026-11-23T04:00:00Z"),
    ]
    care = Care([word], address, VI)
    listed = plain(page_lists.severe_list(reports, 9, {}, care, VI))
    assert re.findall(r"ack=(\w)~severe|(Lan) đã nhận lúc 10:05", listed) == [
        ("B", ""),
        ("A", ""),
        ("", "Lan"),
    ]
    assert "và 6 phản ánh khác" in listed


def test_an_accusation_that_was_taken_back_is_listed_with_a_word_on_that() -> None:
    now = "2026-11-23T03:00:00Z"
    listed = page_lists.severe_list(
        [severe("A", now, replaced=True), severe("B", now)], 2, {}, Care([], address, VI), VI
    )
    assert plain(listed).count("(người dân đã đánh giá lại)") == 1


UNTOLD = {"unseen": False, "last_seen_at": None, "battery_percent": None, "waiting": None}


def test_a_tablet_that_was_tapped_since_somebody_took_care_is_silent_anew() -> None:
    word = {"unit": "A", "about": "silent", "by": "Lan", "comment": "", "occurred_at": "2026-11-23T03:05:00Z"}
    care = Care([word], address, VI)
    for last, known in ((None, True), ("2026-11-23T03:00:00Z", True), ("2026-11-23T03:10:00Z", False)):
        tablet = {"unit": "A", "device": "T", "last_tap_at": last, "served_since": 30, "untapped": True, **UNTOLD}
        assert ("Lan" in page_lists.silent_list([tablet], {}, care, VI)) is known


def test_the_verdict_never_calls_missing_data_good() -> None:
    assert "Chưa đủ dữ liệu" in page_blocks.verdict([], False, False, VI)
    assert "Không có đơn vị nào" in page_blocks.verdict([], True, False, VI)
    assert "Đang lấy số liệu" in page_blocks.verdict(None, False, False, VI)


def test_the_verdict_is_not_calm_when_a_citizen_reports_something_severe() -> None:
    assert "Phản ánh nghiêm trọng" in page_blocks.verdict([], True, True, VI)


def test_reasons_are_named_and_those_of_others_shown_as_they_came() -> None:
    assert form.reason_names(["insulted", "X1"], "vi") == "Bị xúc phạm, X1"


def test_the_verdict_says_how_many_units_have_which_problem() -> None:
    points = ranking(overdue("A", 2.3, 0.4), overdue("B", 75.7, 69.0), figure(70, unit="A", interval=[60, 80]))
    said = page_blocks.verdict(in_trouble([points]), True, False, VI)
    assert "2 đơn vị cần xử lý" in said
    assert "Người dân chưa hài lòng: <b>1</b> · Hồ sơ quá hạn: <b>2</b>" in said


def test_the_last_hour_has_twelve_bins_and_empty_ones_are_nought() -> None:
    now = datetime(2026, 11, 20, 10, 42, 10, tzinfo=VIETNAM)
    taps = [
        {"occurred_at": "2026-11-20T09:45:00+07:00", "scale": "csat4", "score": 3},
        {"occurred_at": "2026-11-20T10:42:09+07:00", "scale": "csat4", "score": 2},
        {"occurred_at": "2026-11-20T10:40:00+07:00", "scale": "csat4", "score": 1},
    ]
    bins = page_chart.bins(taps, now, EN)
    assert [found["time"] for found in bins[::2]][::11] == ["09:45", "10:40"]
    assert [found["ratings"] for found in bins] == [1, *[0] * 22, 2]


def test_the_tree_lists_each_unit_under_its_parent_without_counters() -> None:
    rows = [("H26", "", "city"), ("H26.66.02", "H26", "branch"), ("H26.66.01", "H26", "branch")]
    rows += [("H26.66.01.001", "H26.66.01", "service_point"), ("H26.66.01.001.Q1", "H26.66.01.001", "counter")]
    units = {code: {"unit": code, "parent": parent, "level": level} for code, parent, level in rows}
    assert in_tree_order(units) == [("H26", 0), ("H26.66.01", 1), ("H26.66.01.001", 2), ("H26.66.02", 1)]


class Api(ThreadingHTTPServer):
    """A read API on the loopback that answers with ``status``."""

    status = 200
    asked = 0


class _ApiHandler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b'{"n": 42}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api(("127.0.0.1", 0), _ApiHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def feed(api: Api) -> Iterator[Feed]:
    with Feed(f"http://127.0.0.1:{api.server_port}") as feed:
        yield feed


@pytest.mark.parametrize(("status", "problem"), [(503, "away"), (404, "unknown_unit"), (422, "bad_period")])
def test_the_last_good_answer_stays_when_the_api_has_none(api: Api, feed: Feed, status: int, problem: str) -> None:
    for answer_with in (200, status):
        api.status = answer_with
        feed.ask(("n",), "/n", {}, 0)
        answer = feed.latest(("n",), at_once=True)
    assert (answer.data, answer.problem) == ({"n": 42}, problem)


def test_many_viewers_share_one_request(api: Api, feed: Feed) -> None:
    for _ in range(20):
        feed.ask(("n",), "/n", {}, 60)
        assert feed.latest(("n",)).data == {"n": 42}
    assert api.asked == 1
