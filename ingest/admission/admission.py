"""The verdict on one event: bytes, who sent them and when, in; an admitted event or a refusal out. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contract.events.envelope import AnyEvent, canonical, check_time, content_hash, decode, recorded
from contract.events.reference import REFERENCE_EVENTS, DeviceConfigured, ImportRetracted, UnitDefined, WorkingDay
from contract.events.refusals import Reason, Refusal
from contract.events.retractions import RETRACTABLE, can_be_retracted
from contract.events.topics import route
from ingest.admission.registry import DEVICE_WORDS, Device
from ingest.admission.tablet_rules import refusal_for_tablet
from ingest.masking.masking import mask_all_text, mask_free_text

SYSTEM = "system"
BY_CITIZENS = ("rating.", "petition.")
KnowsUnit = Callable[[str], bool]
NewestWord = Callable[[str], tuple[datetime, str] | None]
"""Time and type of the newest pairing or revocation of a tablet."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who holds the credentials: a one-stop system, or one tablet, whose ratings may be as old as ``backlog``."""

    device: Device | None = None
    backlog: timedelta = timedelta(days=90)

    @property
    def name(self) -> str:
        """How the sender is recorded with each of its events."""
        return self.device.code if self.device else SYSTEM


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event ready for the log, and the bytes it came as. ``id`` and ``hash`` are 16 bytes each, ``minute`` is
    that of its time since 1970.

    ``fact`` is the event itself when it is a reference fact, which ingest must know from then on. ``unless_known`` is a
    refusal that holds unless this very event was taken before: what was taken once may always be sent again.
    """

    id: bytes
    hash: bytes
    topic: str
    key: str
    value: bytes
    raw: bytes
    type: str
    fact: AnyEvent | None
    source: str = ""
    minute: int = 0
    unless_known: Refusal | None = None


def _never_heard_of(_device: str) -> None:
    """No tablet was ever paired."""


def judge(
    raw: bytes,
    sender: Sender,
    knows_unit: KnowsUnit,
    now: datetime,
    max_event_bytes: int,
    newest_word: NewestWord = _never_heard_of,
) -> Admitted | Refusal:
    """The first reason against an event, in the order of ``CHECKS``, or the event as it will be logged."""
    if len(raw) > max_event_bytes:
        return Refusal(Reason.TOO_LARGE, f"the event has more than {max_event_bytes} bytes; its beginning was kept")
    raw = mask_free_text(raw)
    event = decode(raw)
    if isinstance(event, Refusal):
        return event
    if event.type.startswith(BY_CITIZENS) and _has_own_names(event):
        masked = mask_all_text(raw)
        if masked != raw:
            raw, event = masked, decode(masked)
            if isinstance(event, Refusal):
                return event
    for check in CHECKS:
        refusal = check(event, sender, knows_unit, now)
        if refusal:
            return refusal
    body = canonical(event)
    if len(body) > max_event_bytes:
        # Numbers like 1e15 grow when written out, and Kafka's limit follows from ours.
        detail = f"the event, written out, has {len(body)} bytes; the limit is {max_event_bytes}"
        return Refusal(Reason.TOO_LARGE, detail, str(event.id))
    topic, key = route(event)
    return Admitted(
        id=event.id.bytes,
        hash=content_hash(body),
        topic=topic,
        key=key,
        value=recorded(body, now, sender.name),
        raw=raw,
        type=event.type,
        fact=event if event.type in REFERENCE_EVENTS else None,
        source=event.source,
        minute=int(event.time.timestamp()) // 60,
        unless_known=_outdated(event, newest_word) if event.type in DEVICE_WORDS else None,
    )


def _outdated(event: AnyEvent, newest_word: NewestWord) -> Refusal | None:
    """A refusal of a pairing or revocation that is behind the newest word on its tablet: it would change nothing.

    In the compacted log it would even stand in the place of the newer one.
    """
    newest = newest_word(event.subject)
    if newest is None or (event.time, event.type) >= newest:
        return None
    time, kind = newest
    detail = (
        f"time: {event.time.isoformat()} is before the newest word on {event.subject}, {kind} of {time.isoformat()}: "
        "this would change nothing; send it with a later time"
    )
    return Refusal(Reason.INVALID_VALUE, detail, str(event.id))


def _has_own_names(event: AnyEvent) -> bool:
    """Whether some fields, or names in one, are the sender's own: people may have written in them."""
    extra = event.data.__pydantic_extra__ or event.__pydantic_extra__
    return bool(extra or getattr(event.data, "answers", None))


def _in_time(event: AnyEvent, _sender: Sender, _knows_unit: KnowsUnit, now: datetime) -> Refusal | None:
    return check_time(event, now)


def _allowed(event: AnyEvent, sender: Sender, _knows_unit: KnowsUnit, now: datetime) -> Refusal | None:
    return refusal_for_tablet(event, sender.device, now, sender.backlog) if sender.device else None


def _subject_fits(event: AnyEvent, _sender: Sender, _knows_unit: KnowsUnit, _now: datetime) -> Refusal | None:
    """The log keeps reference facts by subject, the tables by what is in data: they must say the same.

    And only an import can be taken back: what was sent live has no file that could be mended.
    """
    if isinstance(event.data, UnitDefined):
        subject, fields = event.data.unit, "data.unit"
    elif isinstance(event.data, DeviceConfigured):
        subject, fields = event.data.device or event.data.unit, "data.device or data.unit"
    elif isinstance(event.data, WorkingDay):
        subject, fields = f"{event.data.calendar}/{event.data.date}", "data.calendar and data.date"
    elif isinstance(event.data, ImportRetracted) and not can_be_retracted(event.subject):
        detail = f"subject: only an import can be taken back, whose source begins with {RETRACTABLE!r}"
        return Refusal(Reason.INVALID_VALUE, f"{detail}, not {event.subject!r}", str(event.id))
    else:
        return None
    if event.subject == subject:
        return None
    return Refusal(Reason.INVALID_VALUE, f"subject: must be {subject!r}, to fit {fields}", str(event.id))


def _unit_known(event: AnyEvent, _sender: Sender, knows_unit: KnowsUnit, _now: datetime) -> Refusal | None:
    if isinstance(event.data, UnitDefined):
        unit, field = event.data.parent, "data.parent"
    else:
        unit, field = event.data.unit, "data.unit"
    if unit is None or knows_unit(unit):
        return None
    return Refusal(Reason.UNKNOWN_UNIT, f"{field}: no unit has the code {unit!r}", str(event.id))


CHECKS: tuple[Callable[[AnyEvent, Sender, KnowsUnit, datetime], Refusal | None], ...] = (
    _in_time,
    _allowed,
    _subject_fits,
    _unit_known,
)
