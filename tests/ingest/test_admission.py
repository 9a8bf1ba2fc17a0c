"""Every example of the contract through admission and the outbox; what tablets may send; which tablets are known."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given

from contract.events.envelope import EVENT_DATA, AnyEvent, decode
from contract.events.refusals import Reason, Refusal
from contract.reference.files import parse
from ingest.admission.admission import Lookups, admit
from ingest.admission.registry import Device, Registry, Sender
from ingest.outbox.batch import Admitted, Batch
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.outbox import Outbox
from tests.strategies import events
from tests.support import event, tapped, unit

NOW = datetime(2026, 11, 23, 4, 30, tzinfo=UTC)
LIMIT = 65_536
SYSTEM = Sender()
EXAMPLES = [json.loads(line) for line in files("contract.events").joinpath("examples.jsonl").read_text().splitlines()]
TABLET = Device("TAB-1", "H26.01", "")
TAP = tapped("TAB-1", "H26.01", "2026-11-23T08:30:00+07:00")


def read(body: dict[str, Any]) -> AnyEvent:
    outcome = decode(json.dumps(body).encode())
    assert not isinstance(outcome, Refusal), outcome
    return outcome


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hanoi() -> Registry:
    registry = Registry()
    folder = files("contract").joinpath("reference", "hanoi")
    parsed = parse({file.name: file.read_text() for file in folder.iterdir()}, "reference", hash_of)
    for body in parsed.events:
        registry.apply(read(body))
    return registry


def raw_of(example: dict[str, Any]) -> bytes:
    if "raw_base64" in example:
        return base64.b64decode(example["raw_base64"])
    return example["raw"].encode() if "raw" in example else json.dumps(example["event"], ensure_ascii=False).encode()


def sender_of(example: dict[str, Any], registry: Registry) -> Sender:
    if "sender" not in example:
        return SYSTEM
    device = registry.device_by_token(example["sender"])
    assert device
    return Sender(device)


def send_example(example: dict[str, Any], registry: Registry, outbox: Outbox) -> Refusal | None:
    """Sends an example through admission and the outbox; its refusal, or None when it is accepted."""
    limit = example.get("max_event_bytes", LIMIT)
    verdict = admit(raw_of(example), sender_of(example, registry), Lookups(registry.knows_unit), NOW, limit)
    if isinstance(verdict, Refusal):
        return verdict
    batch = Batch("", example.get("sender", ""), example.get("ratings_per_hour"), admitted=[(0, verdict)])
    stored = outbox.enqueue([batch]).result(timeout=10)[0]
    if stored.conflicts:
        return stored.conflicts[0].refusal
    registry.apply(read(json.loads(verdict.value)))
    return None


def test_every_example_has_the_outcome_it_names(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.sqlite", OutboxLimits(30, 1_000_000))
    registry = hanoi()
    try:
        wrong = [
            (number, refusal, example)
            for number, example in enumerate(EXAMPLES, start=1)
            for refusal in [send_example(example, registry, outbox)]
            if (refusal.reason.value if refusal else "accepted") != example["outcome"]
        ]
    finally:
        outbox.close()
    assert wrong == []


def test_every_event_type_and_every_reason_has_an_example_and_each_says_what_for() -> None:
    accepted = Counter(example["event"]["type"] for example in EXAMPLES if example["outcome"] == "accepted")
    assert set(accepted) == set(EVENT_DATA)
    # A line that ingest fails on is a fault that nobody knows yet.
    assert {example["outcome"] for example in EXAMPLES} == {"accepted", *Reason} - {Reason.NOT_JUDGED}
    assert all(example["note"] for example in EXAMPLES)
    assert all(("event" in e) + ("raw" in e) + ("raw_base64" in e) == 1 for e in EXAMPLES)


def admit_body(body: dict[str, Any], sender: Sender = SYSTEM, now: datetime = NOW) -> Admitted | Refusal:
    return admit(json.dumps(body).encode(), sender, Lookups({"H26", "H26.01"}.__contains__), now, LIMIT)


def reason(outcome: Admitted | Refusal) -> str:
    return outcome.reason.value if isinstance(outcome, Refusal) else "accepted"


@given(events())
def test_every_kind_of_event_of_a_known_unit_is_admitted_as_it_is_logged(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    outcome = admit(raw, SYSTEM, Lookups(lambda _code: True), datetime(2101, 1, 1, tzinfo=UTC), LIMIT)
    assert isinstance(outcome, Admitted)
    logged = read(json.loads(outcome.value))
    assert (logged.id.bytes, logged.sender, outcome.raw) == (outcome.id, "system", raw)
    assert (outcome.fact is not None) == (outcome.topic == "hailong.reference")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "accepted"),
        ({"device": "TAB-2"}, "forbidden"),
        ({"device": None}, "forbidden"),
        ({"unit": "H26"}, "forbidden"),
        ({"unit": "H26.99"}, "forbidden"),
    ],
)
def test_a_tablet_speaks_for_itself_at_its_unit_only(change: dict[str, Any], expected: str) -> None:
    tap = {**TAP, "data": {key: value for key, value in {**TAP["data"], **change}.items() if value is not None}}
    assert reason(admit_body(tap, Sender(TABLET))) == expected


@pytest.mark.parametrize("kind", [kind for kind in EVENT_DATA if kind not in {"rating.submitted", "device.seen"}])
def test_a_tablet_sends_nothing_but_ratings_and_how_it_is(kind: str) -> None:
    example = next(example for example in EXAMPLES if example.get("event", {}).get("type") == kind)
    outcome = admit_body(example["event"], Sender(TABLET))
    assert isinstance(outcome, Refusal)
    assert outcome.detail == f"type: a tablet may send ratings and how it is itself, not {kind}"


@pytest.mark.parametrize(
    ("code", "at", "expected"),
    [("TAB-1", "H26.01", "accepted"), ("TAB-2", "H26.01", "forbidden"), ("TAB-1", "H26", "forbidden")],
)
def test_a_tablet_sends_heartbeats_of_itself_only(code: str, at: str, expected: str) -> None:
    assert reason(admit_body(beat(code, at), Sender(TABLET))) == expected


def beat(code: str = "TAB-1", at: str = "H26.01", time: str = "2026-11-23T11:29:00+07:00") -> dict[str, Any]:
    """A heartbeat as the page sends it."""
    sent = event("device.seen", code, time, unit=at, source=f"tablet/{code}", battery_percent=80)
    return sent | {"id": str(uuid4())}


def test_heartbeats_have_a_topic_of_their_own() -> None:
    outcome = admit_body(beat(), Sender(TABLET))
    assert isinstance(outcome, Admitted)
    assert (outcome.topic, outcome.key, outcome.fact) == ("hailong.heartbeats", "TAB-1", None)


def test_a_unit_must_be_defined_before_its_events_and_below_a_known_unit() -> None:
    assert reason(admit_body(unit("H26.02", parent="H26"))) == "accepted"
    assert reason(admit_body(unit("H99"))) == "accepted"
    outcome = admit_body(unit("H26.02", parent="H27"))
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.detail) == (Reason.UNKNOWN_UNIT, "data.parent: no unit has the code 'H27'")


def test_the_subject_of_a_reference_fact_fits_its_data() -> None:
    outcome = admit_body({**unit("H26.02", parent="H26"), "subject": "H26.03"})
    assert isinstance(outcome, Refusal)
    assert (outcome.reason, outcome.detail) == (Reason.INVALID_VALUE, "subject: must be 'H26.02', to fit data.unit")


def test_numbers_that_grow_when_written_out_do_not_pass_the_limit() -> None:
    body = event("queue.called", "T", "2026-11-23T08:30:00+07:00", unit="H26", many="@")
    raw = json.dumps(body).encode().replace(b'"@"', b"[" + b",".join([b"1e15"] * 12_000) + b"]")
    outcome = admit(raw, SYSTEM, Lookups(lambda _code: True), NOW, LIMIT)
    assert len(raw) < LIMIT
    assert reason(outcome) == "too_large"


def test_time_is_looked_at_with_the_clock_given() -> None:
    assert reason(admit_body(TAP, now=NOW - timedelta(days=1))) == "time_in_future"
    assert reason(admit_body(TAP)) == "accepted"


def device(kind: str, time: str, holds: str = "secret", code: str = "TAB-1") -> AnyEvent:
    more = {"token_sha256": hash_of(holds)} if kind == "device.paired" else {}
    return read(event(kind, code, f"2026-01-{time}T00:00:00+07:00", unit="H26.01", **more))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1), (0, 1, 2, 0), (0, 1, 2, 1)])
def test_the_latest_pairing_of_a_tablet_applies_in_whatever_order_they_come(order: tuple[int, ...]) -> None:
    pairings = [device("device.paired", "01"), device("device.paired", "02", "other"), device("device.revoked", "03")]
    registry = Registry()
    for number in order:
        registry.apply(pairings[number])
    assert registry.device_by_token("secret") is None
    assert registry.device_by_token("other") is None


@pytest.mark.parametrize("turn", [list, lambda pairings: pairings[::-1]])
def test_within_one_instant_the_revocation_applies(turn: Callable[[list[AnyEvent]], list[AnyEvent]]) -> None:
    registry = Registry()
    for pairing in turn([device("device.paired", "02"), device("device.revoked", "02")]):
        registry.apply(pairing)
    assert registry.device_by_token("secret") is None


def test_a_new_token_replaces_the_old_one_and_a_revoked_tablet_can_be_paired_again() -> None:
    registry = Registry()
    registry.apply(device("device.paired", "01"))
    registry.apply(device("device.paired", "02", "new"))
    assert (registry.device_by_token("secret"), bool(registry.device_by_token("new"))) == (None, True)
    registry.apply(device("device.revoked", "03"))
    registry.apply(device("device.paired", "04", "newer"))
    since = datetime(2026, 1, 3, 17, tzinfo=UTC)
    assert registry.device_by_token("newer") == Device("TAB-1", "H26.01", hash_of("newer"), since=since)
