"""The whole stack: all killed at once, at random, everything sent again, and at the very end Kafka's data lost."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from contract.events.topics import EVENTS
from runtime.kafka import create_topics
from tests.faults.cases import LONG, proves
from tests.faults.checker import check, compare, verify
from tests.faults.harness import Harness
from tests.faults.known import Truth
from tests.faults.stack.processes import NAMES
from tests.support import wait_until

pytestmark = pytest.mark.stack

ROUNDS = 40 if LONG else 4
REPEATED = 0.3


@proves(30)
def test_every_process_killed_at_one_moment(harness: Harness, truth: Truth) -> None:
    with harness.sending(truth.events, truth):
        time.sleep(0.1)
        for name in NAMES:
            harness.kill(name)
        harness.revive()
    check(harness, truth)


@proves(31)
def test_whatever_is_killed_whenever_while_senders_repeat_themselves(harness: Harness, truth: Truth) -> None:
    dice = truth.dice
    if LONG:
        truth.events += [body for part in range(1, 12) for body in truth.more(part)]
    sent = truth.events + dice.sample(truth.events, round(REPEATED * len(truth.events)))
    dice.shuffle(sent)
    faults: Counter[str] = Counter()
    share = -(-len(sent) // ROUNDS)
    for start in range(0, len(sent), share):
        with harness.sending(sent[start : start + share], truth):
            for _ in range(dice.randrange(1, 3)):
                time.sleep(dice.uniform(0, 0.3))
                faults[some_fault(harness, dice)] += 1
            harness.revive()
    check(harness, truth)
    print(f"\n{faults.total()} random faults {dict(faults)}: 0 of {len(truth.acknowledged)} events lost, 0 doubled")


def some_fault(harness: Harness, dice: random.Random) -> str:
    """Does one of the usual faults; its name."""
    what = dice.choice(["kill", "kill", "freeze", "reset"])
    on = dice.choice(["stream", "stream", "clickhouse", "clickhouse", "ingest", "kafka"])
    if what == "kill" and harness.daemon(on).pid():
        harness.kill(on)
    elif what == "freeze" and harness.daemon(on).pid():
        with harness.frozen(on):
            time.sleep(dice.uniform(0, 1))
    else:
        what, on = "reset", dice.choice(list(harness.hops))
        harness.hops[on].reset()
    return f"{what} {on}"


@proves(32)
def test_everything_of_all_cases_once_more(harness: Harness, truth: Truth, tmp_path: Path) -> None:
    assert harness.send(truth.events, truth) == []
    with harness.running_with("ingest", outbox_path=tmp_path / "again.sqlite"):
        for other in harness.truths:
            sent = [body for body in other.events if body["id"] in other.sent]
            assert harness.send(other.definitions + truth.dice.sample(sent, len(sent)), other) == []
        harness.settle()
    for other in harness.truths:
        compare(harness, other)
    verify(harness, harness.truths)


@proves(6)
def test_kafka_with_its_log_cut_off_behind_the_stream(harness: Harness, truth: Truth) -> None:
    harness.settle()
    harness.end("stream")
    assert harness.send(truth.events, truth) == []
    harness.wait_delivered()
    places = [TopicPartition(EVENTS, number, -1) for number in range(harness.settings.kafka_partitions)]
    admin = AdminClient({"bootstrap.servers": harness.settings.kafka, "log_level": 2})
    for gone in admin.delete_records(places).values():
        gone.result(timeout=20)
    harness.revive("stream")
    lost = "hailong_stream_offsets_lost_total"
    wait_until(lambda: harness.metric(lost, "stream_url") == len(truth.events), 20)
    harness.end("ingest")
    harness.revive("ingest")
    check(harness, truth)


@proves(6)
def test_kafka_with_its_data_lost(harness: Harness, truth: Truth) -> None:
    harness.end("stream")
    assert harness.send(truth.events, truth) == []
    harness.wait_delivered()
    harness.kill("kafka")
    shutil.rmtree(harness.inner.state_dir / "data" / "kafka")
    harness.revive("kafka")
    create_topics(harness.inner)
    harness.end("ingest")
    harness.revive()
    check(harness, truth)
