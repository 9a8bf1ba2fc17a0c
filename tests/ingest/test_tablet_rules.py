"""A tablet's token may send its own taps and heartbeats, of its own time, at the pace of people."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from contract.events.envelope import derived_id, replacement_id
from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Lookups, admit
from ingest.admission.registry import Device, Sender
from ingest.admission.tablet_rules import UNKNOWN_TO_TABLETS
from ingest.outbox.batch import Admitted, Batch, Stored
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from ingest.outbox.paces import PER_MINUTE
from tests.support import tapped

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
BACKLOG = timedelta(days=90)
UNIT, COUNTER = "H26.66.01.001", "H26.66.01.001.Q1"
TABLET = Device("TAB-1", UNIT, "", COUNTER, SINCE)
EVENT_JS = Path(__file__).parents[2] / "feedback_app" / "tablet" / "sending" / "event.js"


def tap(at: datetime = NOW, **data: Any) -> dict[str, Any]:
    return tapped("TAB-1", UNIT, at.isoformat(), **data)


def admit_body(body: dict[str, Any], tablet: Device = TABLET, backlog: timedelta = BACKLOG) -> Admitted | Refusal:
    return admit(json.dumps(body).encode(), Sender(tablet, backlog), Lookups(lambda _code: True), NOW, 65_536)


def refuse_body(body: dict[str, Any], tablet: Device = TABLET) -> tuple[str, str]:
    """Reason and named field."""
    outcome = admit_body(body, tablet)
    assert isinstance(outcome, Refusal), outcome
    return outcome.reason.value, outcome.detail.partition(":")[0]


def test_all_that_the_page_sends_is_taken() -> None:
    data: dict[str, Any] = {
        "counter": COUNTER,
        "instrument": "csat4.v1",
        "device_time": NOW.isoformat(),
        "monotonic_ms": 81234.5,
        "counter_n": 17,
        "reasons": ["waiting_too_long"],
    }
    sent = tap(**data)
    # Nothing that the page's source names is withheld from it.
    block = re.search(r"data: \{\n(.*?)\n    \},", EVENT_JS.read_text(), re.DOTALL)
    assert block
    named = re.findall(r"^ +(?:\.\.\.\(.*\{ )?(\w+)", block[1], re.MULTILINE)
    assert len(named) > 8
    assert not set(named) & set(UNKNOWN_TO_TABLETS)
    assert isinstance(admit_body(sent), Admitted)
    assert isinstance(admit_body(tap()), Admitted)


@pytest.mark.parametrize(
    "data",
    [
        {"channel": "online"},
        {"channel": "paper"},
        {"counter": "H26.66.01.001.Q2"},
        {"device": "TAB-2"},
        {"unit": "H26.66.07.070"},
        {"staff": "CB-1"},
        {"procedure": "1.001193"},
        {"dossier": "H26.66.01.001-261120-0042"},
        {"ticket": "H26.66.01.001-A1"},
        {"answers": {"nd61_4": 1}},
    ],
    ids=lambda data: next(iter(data)),
)
def test_a_tablet_may_not_send_fields_that_its_page_cannot_fill(data: dict[str, Any]) -> None:
    sent = tap()
    sent["data"] |= data
    assert refuse_body(sent) == ("forbidden", f"data.{next(iter(data))}")


def test_a_tablet_replaces_no_rating() -> None:
    former = uuid4()
    sent = tap(dossier="D-1", replaces={"id": str(former), "time": (NOW - timedelta(hours=1)).isoformat()})
    sent["id"] = replacement_id(former)
    assert refuse_body(sent)[0] == "forbidden"


@pytest.mark.parametrize("source", ["tablet", "tablet/TAB-2", "online/H26.66.01.001", "x"])
def test_a_tablet_is_its_own_source_and_subject(source: str) -> None:
    assert refuse_body(tap() | {"source": source}) == ("forbidden", "source")
    assert refuse_body(tap() | {"subject": "H26.66.07.070-261120-0001"}) == ("forbidden", "subject")


def test_a_tablet_without_a_counter_speaks_of_none() -> None:
    exit_tablet = Device("TAB-1", UNIT, "", None, SINCE)
    assert refuse_body(tap(counter=COUNTER), exit_tablet) == ("forbidden", "data.counter")
    assert isinstance(admit_body(tap(), exit_tablet), Admitted)


RANDOM_ID = UUID("0a4fd1fc-7a0f-4a5e-9d0e-5a0a4b1f4c11")


@pytest.mark.parametrize(
    ("id_", "taken"),
    [
        (derived_id("online-rating", UNIT, "H26.66.01.001-261120-0042"), False),
        (replacement_id(RANDOM_ID), False),
        (derived_id("rating-comment", str(RANDOM_ID)), False),
        (str(UUID(int=7)), False),
        ("0193568e-0000-1000-8000-000000000001", False),
        (str(RANDOM_ID), True),
        ("0193568e-0000-7000-8000-000000000001", True),
    ],
)
def test_ids_that_can_be_guessed_are_refused_from_a_tablet(id_: str, taken: bool) -> None:
    sent = tap() | {"id": id_}
    if taken:
        assert isinstance(admit_body(sent), Admitted)
    else:
        assert refuse_body(sent) == ("forbidden", "id")


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        ("2000-01-02T08:00:00+07:00", False),
        ("2026-10-05T08:00:00+07:00", False),
        ((SINCE - timedelta(minutes=6)).isoformat(), False),
        ((SINCE - timedelta(minutes=4)).isoformat(), True),
        ((NOW + timedelta(minutes=4)).isoformat(), True),
    ],
)
def test_a_tablet_rates_no_time_before_its_pairing(time: str, taken: bool) -> None:
    sent = tap() | {"time": time}
    if taken:
        assert isinstance(admit_body(sent), Admitted)
    else:
        assert refuse_body(sent) == ("time_too_old", "time")


def test_a_rating_may_be_as_old_as_the_setting_says() -> None:
    long_paired = Device("TAB-1", UNIT, "", COUNTER, NOW - timedelta(days=900))
    assert isinstance(admit_body(tap(NOW - timedelta(days=89)), long_paired), Admitted)
    outcome = admit_body(tap(NOW - timedelta(days=91)), long_paired)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is Reason.TIME_TOO_OLD
    assert "HAILONG_TABLET_BACKLOG_DAYS" in outcome.detail
    assert isinstance(admit_body(tap(NOW - timedelta(days=91)), long_paired, timedelta(days=120)), Admitted)


def heartbeat(at: datetime) -> dict[str, Any]:
    return tap(at) | {"type": "device.seen", "data": {"unit": UNIT, "battery_percent": 80}}


def test_a_heartbeat_is_of_now() -> None:
    assert isinstance(admit_body(heartbeat(NOW - timedelta(minutes=7))), Admitted)
    assert refuse_body(heartbeat(NOW - timedelta(hours=1))) == ("time_too_old", "time")
    assert refuse_body(heartbeat(NOW) | {"id": derived_id("x")}) == ("forbidden", "id")


def submit_events(
    outbox: Outbox, sent: list[dict[str, Any]], per_hour: int | None = 240, device: str = "TAB-1"
) -> Stored:
    """The outbox's result for one request of a tablet."""
    verdicts = [admit(json.dumps(body).encode(), Sender(), Lookups(lambda _code: True), NOW, 65_536) for body in sent]
    admitted = [(n, verdict) for n, verdict in enumerate(verdicts) if isinstance(verdict, Admitted)]
    assert len(admitted) == len(sent)
    return outbox.enqueue([Batch("", device, per_hour, admitted)]).result(timeout=30)[0]


def test_of_thousands_at_once_only_what_people_can_tap_is_taken(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    try:
        at_once = submit_events(outbox, [tap(NOW) for _ in range(5_000)])
        assert (at_once.accepted, len(at_once.conflicts)) == (PER_MINUTE, 5_000 - PER_MINUTE)
        assert {(line.refusal.reason, len(line.refusal.id or "")) for line in at_once.conflicts} == {("too_many", 36)}
        assert submit_events(outbox, [tap(NOW)], device="TAB-2").accepted == 1
        assert submit_events(outbox, [tap(NOW) for _ in range(1_000)], per_hour=None).accepted == 1_000
        spread = [tap(NOW - timedelta(hours=2) + timedelta(seconds=n)) for n in range(3_600)]
        assert submit_events(outbox, spread).accepted <= 2 * 240
    finally:
        outbox.close()


def test_a_month_without_a_network_is_taken_at_once_and_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    # 22 days of eight hours, a citizen each 30 seconds.
    mornings = [NOW - timedelta(days=day) for day in range(22)]
    kept = [tap(morning + timedelta(seconds=30 * n)) for morning in mornings for n in range(-960, 0)]
    try:
        assert submit_events(outbox, kept).accepted == len(kept)
        again = submit_events(outbox, kept)
        assert (again.accepted, again.repeated, again.conflicts) == (len(kept), len(kept), [])
    finally:
        outbox.close()


def test_a_restart_forgets_no_pace_and_a_tap_sent_again_is_not_counted_again(tmp_path: Path) -> None:
    first, more = [tap(NOW) for _ in range(20)], [tap(NOW) for _ in range(20)]
    for _ in range(2):
        outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
        assert submit_events(outbox, first).accepted == 20
        outbox.close()
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    assert submit_events(outbox, more).accepted == PER_MINUTE - 20
    outbox.close()
