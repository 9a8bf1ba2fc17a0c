"""The verdict on one event: bytes, who sent them and when, in; an admitted event or a refusal out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contract.events import AnyEvent, canonical, check_time, content_hash, decode, recorded
from contract.reference_events import REFERENCE_EVENTS, UnitDefined
from contract.refusals import Reason, Refusal
from contract.topics import route
from ingest.registry import Device, Registry

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who holds the credentials: a one-stop system, or one tablet."""

    device: Device | None = None

    @property
    def name(self) -> str:
        """How the sender is recorded with each of its events."""
        return self.device.code if self.device else SYSTEM


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event ready for the log. ``id`` and ``hash`` are 16 bytes each; ``reference`` says it is a reference fact."""

    id: bytes
    hash: bytes
    topic: str
    key: str
    value: bytes
    reference: bool


def judge(
    raw: bytes, sender: Sender, registry: Registry, now: datetime, max_event_bytes: int
) -> tuple[AnyEvent, Admitted] | Refusal:
    """The first reason against an event, in the order of ``CHECKS``, or the event as it will be logged."""
    if len(raw) > max_event_bytes:
        return Refusal(Reason.TOO_LARGE, f"the event has {len(raw)} bytes; the limit is {max_event_bytes}")
    event = decode(raw)
    if isinstance(event, Refusal):
        return event
    for check in CHECKS:
        refusal = check(event, sender, registry, now)
        if refusal:
            return refusal
    body = canonical(event)
    topic, key = route(event)
    admitted = Admitted(
        id=event.id.bytes,
        hash=content_hash(body),
        topic=topic,
        key=key,
        value=recorded(body, now, sender.name),
        reference=event.type in REFERENCE_EVENTS,
    )
    return event, admitted


def _in_time(event: AnyEvent, _sender: Sender, _registry: Registry, now: datetime) -> Refusal | None:
    return check_time(event, now)


def _allowed(event: AnyEvent, sender: Sender, _registry: Registry, _now: datetime) -> Refusal | None:
    device = sender.device
    if device is None:
        return None
    if event.type != "rating.submitted":
        return Refusal(Reason.FORBIDDEN, f"type: a tablet may send ratings, not {event.type}", str(event.id))
    if event.data.device != device.code or event.data.unit != device.unit:
        detail = f"data.device, data.unit: this token speaks for {device.code} at {device.unit} only"
        return Refusal(Reason.FORBIDDEN, detail, str(event.id))
    return None


def _unit_known(event: AnyEvent, _sender: Sender, registry: Registry, _now: datetime) -> Refusal | None:
    if isinstance(event.data, UnitDefined):
        unit, field = event.data.parent, "data.parent"
    else:
        unit, field = event.data.unit, "data.unit"
    if unit is None or registry.knows_unit(unit):
        return None
    return Refusal(Reason.UNKNOWN_UNIT, f"{field}: no unit has the code {unit!r}", str(event.id))


CHECKS: tuple[Callable[[AnyEvent, Sender, Registry, datetime], Refusal | None], ...] = (
    _in_time,
    _allowed,
    _unit_known,
)
