"""How old the data is: a clock that is ahead does not make it look newer, and the cause of a delay is named."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from dashboards.api.app import make_api
from dashboards.api.pipeline import OnTheWay, Pipeline
from dashboards.api.routes.data.freshness import find_cause
from dashboards.pages.parts.clock import clock_line
from dashboards.pages.parts.questions import Answer
from dashboards.texts.by_language import texts_in
from runtime.service_client import Metrics, ServiceError
from runtime.settings import Settings
from tests.asked_api import AskedApi
from tests.support import Stack, free_port, logged, put_lines, rating, unit, wait_until

AT = "2026-11-20T09:00:00+07:00"


def freshness_after(store: Client, engine: Settings, recorded: Mapping[str, timedelta]) -> dict[str, Any]:
    """The freshness after an event for each key, recorded so long after now by a server's clock."""
    nobody = f"http://127.0.0.1:{free_port()}"
    now = datetime.now(UTC)
    lines = [logged(unit("F", level="city"), now - timedelta(days=3))]
    lines += [logged(rating("F", AT, key=key), now + after) for key, after in recorded.items()]
    put_lines(store, lines)
    settings = Settings(clickhouse_url=engine.clickhouse_url, ingest_url=nobody, stream_url=nobody)
    with asyncio.Runner() as runner:
        answer: dict[str, Any] = AskedApi(make_api(settings), runner).get("/v1/freshness").json()
    return answer


def test_the_age_is_that_of_the_newest_event(store: Client, engine: Settings) -> None:
    answer = freshness_after(store, engine, {"old": timedelta(minutes=-9), "new": timedelta(minutes=-2)})
    assert 120 <= answer["age_s"] < 180
    assert (answer["ahead_s"], answer["cause"]) == (0, None)
    assert answer["waiting"]["stream"] == "unknown"


def test_an_event_of_a_clock_that_is_ahead_makes_nothing_newer_and_is_named(store: Client, engine: Settings) -> None:
    # Both lie in one hour of one unit, of which the store keeps the latest time alone.
    answer = freshness_after(store, engine, {"right": timedelta(minutes=-2), "ahead": timedelta(days=1)})
    assert 120 <= answer["age_s"] < 180
    assert 86_300 < answer["ahead_s"] <= 86_400
    assert answer["cause"] == "clock_ahead"
    assert datetime.fromisoformat(answer["recorded_at"]) < datetime.now(UTC)


def test_clocks_that_are_kept_right_are_not_blamed(store: Client, engine: Settings) -> None:
    answer = freshness_after(store, engine, {"a second ahead": timedelta(seconds=1)})
    assert answer["recorded_at"]
    assert 0 <= answer["age_s"] < 60
    assert (answer["ahead_s"], answer["cause"]) == (0, None)


def test_a_figure_is_never_as_of_a_time_in_the_future(store: Client, engine: Settings) -> None:
    freshness_after(store, engine, {"right": timedelta(minutes=-2), "ahead": timedelta(days=1)})
    with asyncio.Runner() as runner:
        api = AskedApi(make_api(Settings(clickhouse_url=engine.clickhouse_url)), runner)
        for path in ("/v1/indicators", "/v1/waiting"):
            assert datetime.fromisoformat(api.get(path, {"unit": "F"}).json()["as_of"]) < datetime.now(UTC)


ALL_WELL = OnTheWay("answers", "answers", 0, 0.0, 0)


@pytest.mark.parametrize(
    ("age", "ahead_s", "changes", "expected"),
    [
        (1.0, 0.0, {}, None),
        (90.0, 0.0, {}, "nothing_came"),
        (90.0, 0.0, {"stream": "unknown"}, None),
        (1.0, 0.0, {"stream": "away"}, "stream_away"),
        (90.0, 0.0, {"ingest": "away"}, "ingest_away"),
        (90.0, 0.0, {"not_stored": 4}, "backlog"),
        (90.0, 0.0, {"in_outbox": 4}, "backlog"),
        (1.0, 0.0, {"in_outbox": 4}, None),
        (1.0, 90.0, {}, "clock_ahead"),
        (None, 0.0, {"not_stored": 4}, "backlog"),
    ],
)
def test_the_cause_is_the_first_that_needs_attention(
    age: float | None, ahead_s: float, changes: dict[str, Any], expected: str | None
) -> None:
    assert find_cause(age, ahead_s, ALL_WELL._replace(**changes)) == expected


def test_a_service_that_stopped_answering_is_away_and_one_that_never_answered_is_unknown() -> None:
    metrics = {
        "http://ingest": {("hailong_outbox_pending_events", ""): 3.0, ("hailong_outbox_pending_seconds", ""): 7.5},
        "http://stream": {("hailong_stream_log_messages", state): count for state, count in _MESSAGES.items()},
    }
    down: set[str] = set(metrics)

    def read(url: str, _timeout_s: float) -> Metrics:
        if url in down:
            raise ServiceError(url)
        return metrics[url]

    pipeline = Pipeline(Settings(ingest_url="http://ingest", stream_url="http://stream"), read)
    assert pipeline.look_now() == OnTheWay()
    down.clear()
    assert pipeline.look_now() == OnTheWay("answers", "answers", 3, 7.5, 12)
    down.add("http://stream")
    assert pipeline.look_now() == OnTheWay("answers", "away", 3, 7.5, None)


_MESSAGES = {"written": 100.0, "done": 88.0, "unread": 10.0, "in_hand": 2.0}


@pytest.mark.parametrize(
    ("language", "cause_text"), [("vi", "bộ xử lý sự kiện ngừng trả lời"), ("en", "the stream does not answer")]
)
def test_the_page_names_the_cause_of_a_delay_even_while_the_data_is_new(language: str, cause_text: str) -> None:
    freshness: Any = {"now": AT, "age_s": 1.0, "cause": "stream_away"}
    shown = clock_line(Answer(freshness), texts_in(language), is_away=False)
    assert cause_text in shown
    assert 'class="age late"' in shown
    assert 'class="age fresh"' in clock_line(Answer(freshness | {"cause": None}), texts_in(language), is_away=False)


@pytest.mark.stack
def test_while_the_stream_is_stopped_the_age_grows_and_the_cause_is_named(stack: Stack) -> None:
    wait_until(lambda: bool(stack.get("/v1/freshness")["waiting"]["stream"] == "answers"), 30)
    os.kill(stack.pid("stream"), signal.SIGSTOP)
    try:
        assert stack.send([unit("FRESH"), rating("FRESH", datetime.now(UTC).isoformat(), source="test/fresh")]) == []
        wait_until(lambda: bool(stack.get("/v1/freshness")["cause"] == "stream_away"), 30)
        first = stack.get("/v1/freshness")
        later = stack.get("/v1/freshness")
        assert later["recorded_at"] == first["recorded_at"]
        assert later["age_s"] > first["age_s"]
    finally:
        os.kill(stack.pid("stream"), signal.SIGCONT)
    stack.wait_stored("test/fresh", 1)
    wait_until(lambda: stack.get("/v1/freshness")["waiting"] == OnTheWay("answers", "answers", 0, 0, 0)._asdict(), 60)
