"""An import taken back, the stream or the store killed at each step of that."""

from __future__ import annotations

import pytest

from tests.faults.cases import proves
from tests.faults.checker import check
from tests.faults.harness import Harness
from tests.faults.known import Event, Truth
from tests.support import event, wait_until

pytestmark = pytest.mark.stack

# All but the first and the last are reached while the import's own events are gone through, which alone touch dossiers
# and ratings.
PLACES = ("retracted_sources", "dossier_folds", "days_of_dossiers", "hours_of_ratings", "figures")


@proves(36)
def test_an_import_taken_back_with_a_kill_at_each_step(harness: Harness, truth: Truth) -> None:
    """One import after the other, of events about the same dossiers, tickets and units as those that stay."""
    imported = truth.dice.sample(truth.events, len(truth.events) // 2)
    ids = {body["id"] for body in imported}
    truth.events = [body for body in truth.events if body["id"] not in ids]
    share = len(imported) // len(PLACES) + 1
    assert harness.send(truth.events, truth) == []
    for n, place in enumerate(PLACES):
        victim = ("stream", "clickhouse")[n % 2]
        source = f"import/{truth.top}-{n}"
        wrong = [body | {"source": source} for body in imported[n * share : (n + 1) * share]]
        assert harness.send(wrong[::2]) == []
        harness.settle()
        done = harness.script("stream", place, victim)
        assert harness.send([_retraction(truth, source)]) == []
        wait_until(done.exists, 60, pause_s=0.02)
        wait_until(lambda victim=victim: harness.daemon(victim).pid() is None, 10)  # type: ignore[misc]
        harness.revive()
        # What was accepted comes again, and nothing new of it is.
        rejected = harness.send(wrong)
        assert {entry["reason"] for entry in rejected} <= {"forbidden"}
        assert {entry["id"] for entry in rejected} == {body["id"] for body in wrong[1::2]}
    check(harness, truth)


def _retraction(truth: Truth, source: str) -> Event:
    when = truth.period.start.isoformat()
    return event("import.retracted", source, when, unit=truth.top, source="undo", by="CB-1", reason="sai cột")
