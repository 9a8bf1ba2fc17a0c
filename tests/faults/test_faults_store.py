"""The store killed in inserts and merges, torn, refusing, claimed twice; what the read API says meanwhile."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from confluent_kafka.admin import AdminClient

from tests.faults.cases import LONG, ONLY_LONG, proves
from tests.faults.checker import check, compare
from tests.faults.harness import Harness
from tests.faults.known import Truth
from tests.faults.stack.child import STARVED
from tests.faults.stack.processes import HTTP
from tests.support import wait_until
from warehouse.client import connect
from warehouse.migrate import migrate

pytestmark = pytest.mark.stack

ROUNDS = 100 if LONG else 3
LARGEST_WAIT_MS = 40
MERGED = "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"


class KillInInsert:
    """Kills the store some random milliseconds after it was sent lines; ``in_insert`` when it had not answered yet."""

    def __init__(self, harness: Harness, dice: random.Random) -> None:
        self._harness, self._dice = harness, dice
        self.done = threading.Event()
        harness.hops["clickhouse"].watch = self._watch

    def _watch(self, piece: bytes) -> None:
        if b"landing" in piece and not self.done.is_set():
            self.done.set()
            threading.Timer(self._dice.uniform(0, LARGEST_WAIT_MS) / 1000, self._harness.kill, ["clickhouse"]).start()


def rounds_of_kills(harness: Harness, truth: Truth) -> None:
    """Each round sends some events more, repeats some, and kills the store while it takes them."""
    events = truth.dice.sample(truth.events, len(truth.events))
    share = -(-len(events) // ROUNDS)
    for number in range(ROUNDS):
        news = events[number * share : (number + 1) * share] + truth.dice.sample(events[: (number + 1) * share], 1)
        killing = KillInInsert(harness, truth.dice)
        with harness.sending(news, truth):
            wait_until(killing.done.is_set, 30, pause_s=0.01)
            wait_until(lambda: harness.daemon("clickhouse").pid() is None, 10, pause_s=0.02)
            harness.revive("clickhouse")
    check(harness, truth)
    print(f"\nthe store killed in {ROUNDS} inserts: 0 of {len(truth.acknowledged)} events lost, 0 doubled")


@proves(11)
def test_killed_in_the_middle_of_inserts(harness: Harness, truth: Truth) -> None:
    if LONG:
        truth.events += [body for part in range(1, 4) for body in truth.more(part)]
    rounds_of_kills(harness, truth)


@ONLY_LONG
@pytest.mark.parametrize("part", range(2, 6))
@proves(11)
def test_killed_in_the_middle_of_inserts_on_and_on(harness: Harness, truth: Truth, part: int) -> None:
    assert part
    truth.events += [body for more in range(1, 4) for body in truth.more(more)]
    rounds_of_kills(harness, truth)


@proves(10)
def test_the_lines_of_a_batch_cut_in_half(harness: Harness, truth: Truth) -> None:
    hop = harness.hops["clickhouse"]
    harness.end("stream")
    assert harness.send(truth.events, truth) == []
    harness.wait_delivered()
    hop.cut_after = 20_000
    harness.revive("stream")
    wait_until(lambda: hop.cuts >= 2, 20, pause_s=0.02)
    hop.heal()
    check(harness, truth)


@proves(13)
def test_killed_while_it_merges(harness: Harness, truth: Truth) -> None:
    assert harness.send(truth.events, truth) == []
    harness.settle()
    tables = [name for (name,) in harness.store.query(MERGED).result_rows]
    assert "events" in tables
    for _ in range(10 if LONG else 2):
        merging = threading.Thread(target=merge_everything, args=(harness, tables))
        merging.start()
        time.sleep(truth.dice.uniform(0, 0.2))
        harness.kill("clickhouse")
        merging.join()
        harness.revive()
        compare(harness, truth)
    check(harness, truth)


def merge_everything(harness: Harness, tables: Sequence[str]) -> None:
    """Merges every table into one part a partition, until there is nobody to do so."""
    for table in tables:
        query = f"OPTIMIZE TABLE {harness.inner.clickhouse_database}.{table} FINAL"
        try:
            key = {"X-ClickHouse-Key": harness.inner.clickhouse_password.get_secret_value()}
            answer = HTTP.post(harness.inner.clickhouse_url, content=query, headers=key)
        except httpx.TransportError:
            return
        assert answer.is_success, answer.text


@proves(22)
def test_too_many_parts_then_out_of_memory(harness: Harness, truth: Truth) -> None:
    share = len(truth.events) // 4
    log = harness.daemon("stream").log
    before = len(log.read_text())

    def told(word: str) -> bool:
        return word in log.read_text()[before:]

    # A limit is met by parts that are there: two batches that nobody merges.
    harness.store.command("SYSTEM STOP MERGES events")
    try:
        for start in (0, share):
            assert harness.send(truth.events[start : start + share], truth) == []
            harness.settle()
        harness.store.command("ALTER TABLE events MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1")
        assert harness.send(truth.events[2 * share : 3 * share], truth) == []
        wait_until(lambda: told("TOO_MANY_PARTS"), 20)
    finally:
        harness.store.command("ALTER TABLE events RESET SETTING parts_to_throw_insert, parts_to_delay_insert")
        harness.store.command("SYSTEM START MERGES events")
    starved = harness.inner.state_dir / STARVED
    starved.touch()
    try:
        harness.kill("stream")
        harness.revive("stream")
        assert harness.send(truth.events[3 * share :], truth) == []
        wait_until(lambda: told("MEMORY_LIMIT_EXCEEDED"), 20)
    finally:
        starved.unlink()
    check(harness, truth)


@proves(22)
def test_a_store_that_does_not_answer_is_read_for_no_further_than_the_bound(harness: Harness, truth: Truth) -> None:
    most, events_each = 3, 20
    seen: set[tuple[float, float]] = set()

    def look() -> bool:
        told = ("hailong_stream_batches_in_hand", "hailong_stream_messages_in_hand")
        batches, messages = (harness.metric(name, of="stream_url") for name in told)
        seen.add((batches, messages))
        return batches == most

    with harness.running_with("stream", flush_max_events=events_each, flush_max_batches=most):
        with harness.frozen("clickhouse"):
            assert harness.send(truth.events, truth) == []
            assert len(truth.events) > 2 * most * events_each
            harness.wait_delivered()
            wait_until(look, 20, pause_s=0.05)
            for _ in range(40):
                look()
                time.sleep(0.05)
        check(harness, truth)
    assert max(seen) <= (most, most * events_each)


@proves(27)
def test_a_second_store_or_ingest_on_the_same_data(harness: Harness, truth: Truth) -> None:
    data = str(harness.inner.state_dir / "data" / "clickhouse")
    port = harness.inner.dashboards_url.rpartition(":")[2]
    store = [sys.executable, "-m", "local.clickhouse", "--path", data, "--port", port]
    ingest = [sys.executable, "-m", "commands.main", "ingest"]
    environment = harness.environment("ingest") | {"HAILONG_INGEST_URL": harness.inner.feedback_url}
    for command, told in ((store, "are already served by process"), (ingest, "is in use by another ingest")):
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
        assert done.returncode != 0
        assert told in done.stdout + done.stderr
    assert harness.send(truth.events, truth) == []
    check(harness, truth)


@proves(28)
def test_what_the_read_api_says_while_the_store_is_away(harness: Harness, truth: Truth) -> None:
    assert harness.send(truth.events, truth) == []
    harness.settle()
    period = {"from": truth.period.start.isoformat(), "to": truth.period.end.isoformat()}
    harness.kill("clickhouse")
    for path, query in (("counts", {"source": truth.source}), ("indicators", {"unit": truth.top, **period})):
        answer = HTTP.get(f"{harness.inner.api_url}/v1/{path}", params=query)
        assert (answer.status_code, "indicators" in answer.json()) == (503, False)
    harness.revive()
    check(harness, truth)


@proves(34)
def test_lost_and_built_anew_from_the_log(harness: Harness, truth: Truth, tmp_path: Path) -> None:
    assert harness.send(truth.events, truth) == []
    harness.settle()
    harness.end("stream")
    harness.kill("clickhouse")
    (harness.inner.state_dir / "data" / "clickhouse").rename(tmp_path / "lost")
    harness.revive("clickhouse")
    server = connect(harness.inner, database="default")
    migrate(server, harness.inner.clickhouse_database)
    server.close()
    admin = AdminClient({"bootstrap.servers": harness.settings.kafka, "log_level": 2})

    def forgotten() -> bool:
        (done,) = admin.delete_consumer_groups([harness.settings.stream_group]).values()
        return done.exception(20) is None

    wait_until(forgotten, 30, pause_s=0.5)
    harness.revive()
    check(harness, truth)
    for other in harness.truths:
        compare(harness, other)
