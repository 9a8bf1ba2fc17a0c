"""Values from the edges through the whole running stack: answered line by line, stored once, and every list answers."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import quote

import httpx
import pytest

from tests.edges import TEXTS, edge_events, written
from tests.support import Stack, unit, wait_until

pytestmark = pytest.mark.stack

COUNT = 100_000 if os.environ.get("HAILONG_TEST_LONG") else 3_000
AT_ONCE = 500
UNITS = ["EDGE", *(f"EDGE.{number}" for number in range(1, 6))]
SOURCE = "test/edges"
STRETCHES: tuple[dict[str, str], ...] = (
    {},
    {"from": "2026-03-01", "to": "2026-04-01"},
    {"from": "1990-01-01", "to": "2099-12-31"},
)


@pytest.fixture(scope="module")
def accepted(stack: Stack) -> int:
    """How many of the events were accepted; all lines were answered."""
    assert stack.send([unit("EDGE", level="city"), *(unit(code, "EDGE") for code in UNITS[1:])]) == []
    dice = random.Random(20_260_314)
    events = edge_events(dice, UNITS, datetime(2026, 3, 14, tzinfo=UTC))
    taken = 0
    headers = {"Authorization": f"Bearer {stack.key}", "Content-Type": "application/x-ndjson"}
    with httpx.Client(base_url=stack.settings.ingest_url, headers=headers, trust_env=False, timeout=60) as ingest:
        for _ in range(COUNT // AT_ONCE):
            lines = [written({**event, "source": SOURCE}) for event in islice(events, AT_ONCE)]
            answer = ingest.post("/v1/events", content=b"\n".join(lines))
            assert answer.status_code == 202, answer.text
            body = answer.json()
            assert body["accepted"] + len(body["rejected"]) == len(lines)
            assert all(entry["reason"] and entry["detail"] for entry in body["rejected"])
            taken += body["accepted"]
    assert COUNT // 4 < taken < COUNT
    return taken


def test_what_was_accepted_is_stored_and_the_stream_goes_on(stack: Stack, accepted: int) -> None:
    # Heartbeats are kept as the newest of each tablet alone.
    heartbeats = httpx.get(f"{stack.settings.api_url}/v1/counts", params={"source": SOURCE}, trust_env=False)
    assert heartbeats.is_success
    wait_until(lambda: not sum(one["in_hand"] + one["unread"] for one in stack.log_account().values()), 600)
    account = stack.log_account()
    assert all(one["written"] == one["done"] for one in account.values())
    stored = stack.get("/v1/counts", source=SOURCE)["stored"]
    print(f"{accepted} of {COUNT} accepted, {stored} stored beside heartbeats")
    assert 0.9 * accepted < stored <= accepted


def test_every_question_answers_whatever_was_admitted(stack: Stack, accepted: int) -> None:
    assert accepted
    with httpx.Client(base_url=stack.settings.api_url, trust_env=False, timeout=60) as api:
        paths = [path for path in api.get("/openapi.json").json()["paths"] if "{" not in path]
        for path in paths:
            for stretch in STRETCHES:
                for form in ({}, {"format": "csv"}):
                    for code in UNITS[:2]:
                        answer = api.get(path, params={"unit": code, **stretch, **form})
                        assert answer.status_code < 500, f"{answer.url}: {answer.text[:300]}"
        for code in (*TEXTS, *(f"dossier-{number}" for number in range(100))):
            if code.strip(". \n\t\0"):
                answer = api.get(f"/v1/dossiers/{quote(code, safe='')}")
                assert answer.status_code < 500, f"{code!r}: {answer.text[:300]}"
