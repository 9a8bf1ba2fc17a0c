"""The same events again, in other orders, by other processes, late, corrected, and with other content."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.cases import proves
from tests.faults.checker import check
from tests.faults.harness import Harness
from tests.faults.known import Event, Truth
from tests.recount import at
from tests.support import event, rating

pytestmark = pytest.mark.stack

LATER_S = 6 * 3600.0


@proves(14)
def test_a_day_sent_again_hours_later_by_another_ingest(harness: Harness, truth: Truth, tmp_path: Path) -> None:
    assert harness.send(truth.events, truth) == []
    for time in range(3):
        harness.shift_clock((time + 1) * LATER_S)
        with harness.running_with("ingest", outbox_path=tmp_path / f"{time}.sqlite"):
            assert harness.send(truth.dice.sample(truth.events, len(truth.events)), truth) == []
            harness.wait_delivered()
    harness.shift_clock(0)
    check(harness, truth)


@proves(15)
def test_an_id_with_other_content_to_the_same_ingest(harness: Harness, truth: Truth) -> None:
    assert harness.send(truth.events, truth) == []
    others = [with_other_score(body) for body in truth.events if body["type"] == "rating.submitted"]
    rejected = harness.send(others, truth)
    assert [entry["reason"] for entry in rejected] == ["id_conflict"] * len(others)
    truth.acknowledged |= {body["id"] for body in truth.events}
    check(harness, truth)


@proves(15)
def test_an_id_with_other_content_to_another_ingest(harness: Harness, truth: Truth, tmp_path: Path) -> None:
    assert harness.send(truth.events, truth) == []
    others = [with_other_score(body) for body in truth.events if body["type"] == "rating.submitted"]
    harness.shift_clock(LATER_S)
    with harness.running_with("ingest", outbox_path=tmp_path / "other.sqlite"):
        assert harness.send(others, truth) == []
        harness.wait_delivered()
    harness.shift_clock(0)
    check(harness, truth)


@pytest.mark.parametrize("order", ["reversed", "shuffled"])
@proves(18)
def test_dossiers_and_tickets_out_of_order(harness: Harness, truth: Truth, order: str) -> None:
    events = truth.events[::-1] if order == "reversed" else truth.dice.sample(truth.events, len(truth.events))
    while events:
        size = truth.dice.randrange(1, 60)
        assert harness.send(events[:size], truth) == []
        events = events[size:]
    check(harness, truth)


@proves(19)
def test_late_by_a_month_and_a_corrected_appointment(harness: Harness, truth: Truth) -> None:
    assert harness.send(truth.events, truth) == []
    check(harness, truth)
    late = rating(truth.units["H26.1"], (truth.period.start - timedelta(days=31)).isoformat(), source=truth.source)
    truth.events.append(late)
    assert harness.send([late], truth) == []
    check(harness, truth)
    corrected = [with_appointment_moved(body) for body in truth.events if body["type"] == "dossier.accepted"]
    truth.events += corrected
    assert harness.send(corrected, truth) == []
    check(harness, truth)


def with_other_score(body: Event) -> Event:
    """The same id, time and place, and another scale, on which the answer is another."""
    score = 1 if body["data"]["score"] > 1 else 4
    return body | {"data": body["data"] | {"scale": "csat4", "score": score}}


def with_appointment_moved(body: Event) -> Event:
    """The step that moves the appointment to two hours after acceptance, whatever was said before."""
    when = at(body) + timedelta(minutes=1)
    return event(
        "dossier.resumed",
        body["subject"],
        when.isoformat(),
        unit=body["data"]["unit"],
        source=body["source"],
        due_at=(when + timedelta(hours=2)).isoformat(),
    )
