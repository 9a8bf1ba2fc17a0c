"""Ingest killed around its commit, its outbox full, torn, cut and claimed twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.cases import proves
from tests.faults.checker import check
from tests.faults.harness import BATCH, Harness
from tests.faults.known import Event, Truth
from tests.faults.stack.disk import enlarge, small_disk
from tests.faults.stack.processes import HTTP
from tests.support import wait_until

pytestmark = pytest.mark.stack


@proves(1)
def test_killed_between_commit_and_answer(harness: Harness, truth: Truth) -> None:
    assert stored_of_a_request_killed_at("synced", harness, truth) == BATCH
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


@proves(2)
def test_killed_before_the_commit(harness: Harness, truth: Truth) -> None:
    assert stored_of_a_request_killed_at("written", harness, truth) == 0
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


@pytest.mark.parametrize("place", ["handed over", "acknowledged"])
@proves(33)
def test_killed_around_delivery(harness: Harness, truth: Truth, place: str) -> None:
    done = harness.script("ingest", place)
    with harness.sending(truth.events, truth):
        wait_until(done.exists, 30, pause_s=0.02)
        wait_until(lambda: harness.daemon("ingest").pid() is None, 10)
        harness.revive()
    check(harness, truth)


@proves(7)
def test_kafka_away_until_the_outbox_is_at_its_cap(harness: Harness, truth: Truth) -> None:
    truth.events = [padded(body) for body in truth.events + truth.more(1)]
    ratings = [body for body in truth.events if body["type"] == "rating.submitted"]
    steps = [body for body in truth.events if body["type"].startswith("dossier.")]
    with harness.running_with("ingest", outbox_max_mb=1):
        harness.wait_delivered()
        harness.hops["kafka"].frozen = True
        turned_away = fill(harness, truth, ratings)
        assert turned_away.status_code == 503
        assert int(turned_away.headers["Retry-After"]) > 0
        assert harness.post([steps[0]]).status_code == 202
        assert fill(harness, truth, steps).status_code == 503
        assert HTTP.get(f"{harness.inner.ingest_url}/readyz").status_code == 503
        harness.hops["kafka"].heal()
        harness.wait_delivered()
        assert harness.send(truth.events, truth) == []
        harness.wait_delivered()
    check(harness, truth)


@proves(8)
def test_the_outbox_on_a_full_disk(harness: Harness, truth: Truth, tmp_path: Path) -> None:
    truth.events = [padded(body) for body in truth.events + truth.more(1)]
    with small_disk(tmp_path / "disk", 2) as disk:
        with harness.running_with("ingest", outbox_path=disk / "outbox.sqlite"):
            turned_away = fill(harness, truth, truth.events)
            assert turned_away.status_code == 503
            enlarge(disk, 100)
            assert harness.send(truth.events, truth) == []
            harness.wait_delivered()
        check(harness, truth)


@proves(25)
def test_the_end_of_the_outbox_log_torn_by_a_power_cut(harness: Harness, truth: Truth) -> None:
    """The last commit was never answered, so a disk may have half of it; those before were synced."""
    wal = harness.inner.outbox_path.with_name("outbox.sqlite-wal")
    harness.hops["kafka"].frozen = True
    assert harness.send(truth.events[:BATCH], truth) == []
    # Later commits write over the beginning of a log that was copied to the file; only growth has a known place.
    size = wal.stat().st_size
    harness.script("ingest", "synced")
    truth.sent |= {body["id"] for body in truth.events[BATCH : 2 * BATCH]}
    with pytest.raises(httpx.TransportError):
        harness.post(truth.events[BATCH : 2 * BATCH])
    wait_until(lambda: harness.daemon("ingest").pid() is None, 10)
    with wal.open("r+b") as file:
        grown = wal.stat().st_size - size
        file.truncate(size + grown // 2)
    harness.hops["kafka"].heal()
    harness.revive()
    harness.settle()
    assert harness.get("/v1/counts", source=truth.source)["rows"] >= BATCH
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


@proves(26)
def test_an_outbox_cut_in_half_is_refused_and_left_as_it_is(harness: Harness, truth: Truth) -> None:
    harness.send(truth.events, truth)
    harness.settle()
    harness.end("ingest")
    path = harness.inner.outbox_path
    half = path.stat().st_size // 2
    with path.open("r+b") as file:
        file.truncate(half)
    with pytest.raises(AssertionError, match="in vain"):
        harness.revive("ingest", timeout_s=4)
    assert harness.daemon("ingest").pid() is None
    assert "was left as it is" in harness.daemon("ingest").log_tail()
    assert path.stat().st_size == half
    for file_of_it in path.parent.glob("outbox.sqlite*"):
        file_of_it.rename(path.parent / f"aside-{file_of_it.name}")
    harness.revive()
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


def stored_of_a_request_killed_at(place: str, harness: Harness, truth: Truth) -> int:
    """How many events are stored of one request that got no answer, once ingest runs again."""
    harness.script("ingest", place)
    truth.sent |= {body["id"] for body in truth.events[:BATCH]}
    with pytest.raises(httpx.TransportError):
        harness.post(truth.events[:BATCH])
    harness.revive()
    harness.settle()
    rows: int = harness.get("/v1/counts", source=truth.source)["rows"]
    return rows


def padded(body: Event) -> Event:
    """The event with so much of a field of its sender's own that some dozen fill a megabyte."""
    return body | {"data": body["data"] | {"note": "x" * 40_000}}


def fill(harness: Harness, truth: Truth, events: list[dict[str, Any]]) -> httpx.Response:
    """Sends one after the other until one is not taken; its answer."""
    for body in events:
        truth.sent.add(body["id"])
        answer = harness.post([body])
        if answer.status_code != 202:
            return answer
        truth.acknowledged.add(body["id"])
    raise AssertionError(f"all {len(events)} events were taken")
