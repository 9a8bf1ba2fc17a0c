"""Every hop reset, half-open, slow and cut; an insert slower than a consumer may take."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.faults.cases import proves
from tests.faults.checker import check
from tests.faults.harness import Harness
from tests.faults.known import Truth
from tests.faults.stack.proxy import Proxy

pytestmark = pytest.mark.stack

SLOW_S = 0.2
LONGER_THAN_A_POLL_S = 7.5


def reset_again_and_again(hop: Proxy) -> None:
    for _ in range(8):
        hop.reset()
        time.sleep(0.05)


def half_open(hop: Proxy) -> None:
    hop.frozen = True
    time.sleep(1)


def slow(hop: Proxy) -> None:
    hop.delay_s = SLOW_S
    time.sleep(1)


def cut(hop: Proxy) -> None:
    hop.cut_after = 5_000
    time.sleep(1)


@pytest.mark.parametrize("name", ["ingest", "kafka", "clickhouse"])
@proves(24)
def test_a_hop_made_ill_in_every_way(harness: Harness, truth: Truth, name: str) -> None:
    hop = harness.hops[name]
    ways: list[Callable[[Proxy], None]] = [reset_again_and_again, half_open, slow, cut]
    share = -(-len(truth.events) // len(ways))
    for number, makes_ill in enumerate(ways):
        with harness.sending(truth.events[number * share : (number + 1) * share], truth):
            makes_ill(hop)
            hop.heal()
    check(harness, truth)


@proves(21)
def test_an_insert_slower_than_a_consumer_may_take(harness: Harness, truth: Truth) -> None:
    with harness.running_with("stream", flush_max_events=30, flush_max_batches=2):
        with harness.frozen("clickhouse"):
            assert harness.send(truth.events, truth) == []
            time.sleep(LONGER_THAN_A_POLL_S)
        check(harness, truth)
