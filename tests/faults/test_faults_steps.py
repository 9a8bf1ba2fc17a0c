"""Each process killed at each numbered step of a flush, and at each statement of a recomputation."""

from __future__ import annotations

import pytest

from tests.faults.cases import proves
from tests.faults.checker import check
from tests.faults.child import STEPS
from tests.faults.harness import Harness
from tests.faults.known import Truth
from tests.support import unit, wait_until
from warehouse.store import RECOMPUTE

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("place", STEPS)
@pytest.mark.parametrize("victim", ["stream", "clickhouse", "kafka", "ingest"])
@proves(9)
def test_a_process_killed_at_a_step_of_the_flush(harness: Harness, truth: Truth, place: str, victim: str) -> None:
    done = harness.script("stream", place, victim)
    with harness.sending(truth.events, truth):
        wait_until(done.exists, 30, pause_s=0.02)
        wait_until(lambda: harness.daemon(victim).pid() is None, 10)
        harness.revive()
    check(harness, truth)


@pytest.mark.parametrize("victim", ["stream", "clickhouse"])
@proves(12)
def test_a_process_killed_after_each_statement_of_a_recomputation(harness: Harness, truth: Truth, victim: str) -> None:
    """One place after the other, each with some events more; a unit and a procedure ask for every statement."""
    events = truth.dice.sample(truth.events, len(truth.events))
    share = len(events) // len(RECOMPUTE) + 1
    for number, (place, _) in enumerate(RECOMPUTE):
        done = harness.script("stream", place, victim)
        news = unit(truth.units["H26.1"], truth.top, edition=number) | {"source": "faults/units"}
        with harness.sending([news, *events[number * share : (number + 1) * share]], truth):
            wait_until(done.exists, 30, pause_s=0.02)
            wait_until(lambda: harness.daemon(victim).pid() is None, 10)
            harness.revive()
    check(harness, truth)
