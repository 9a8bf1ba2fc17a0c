"""The stream is ready only while it makes progress, and otherwise names the cause."""

from __future__ import annotations

import httpx
import pytest

from stream.health import STALLED_S, StreamHealth
from tests.support import Stack, rating, unit, wait_until


def test_it_is_ready_after_its_first_round_and_while_it_comes_round() -> None:
    now_s = 100.0
    health = StreamHealth(lambda: now_s)
    assert "not read from Kafka yet" in health.trouble()
    health.note_round()
    assert health.trouble() == ""
    now_s += STALLED_S + 1
    assert health.trouble() == "the stream has been at one batch for 61 s; see the store's load and its log"
    health.note_round("Kafka does not answer")
    assert health.trouble() == "Kafka does not answer"
    health.note_round()
    health.note_trouble("ClickHouse does not take it")
    assert health.trouble() == "ClickHouse does not take it"


@pytest.mark.stack
@pytest.mark.parametrize(("name", "cause"), [("kafka", "Kafka does not answer"), ("clickhouse", "ClickHouse")])
def test_it_names_what_it_waits_for_and_is_ready_again_by_itself(stack: Stack, name: str, cause: str) -> None:
    def readiness() -> httpx.Response:
        return httpx.get(f"{stack.settings.stream_url}/readyz", trust_env=False)

    assert stack.send([unit("HEALTH", level="branch")]) == []
    wait_until(lambda: readiness().is_success, 60)
    stack.kill(name)
    try:
        # The stream notices a missing store only when it has something to store.
        assert stack.send([rating("HEALTH", "2026-03-02T08:00:00+07:00", source=f"test/health/{name}")]) == []
        wait_until(lambda: readiness().status_code == 503 and cause in readiness().text, 60)
    finally:
        stack.revive()
    wait_until(lambda: readiness().is_success, 60)
    stack.wait_stored(f"test/health/{name}", 1)
