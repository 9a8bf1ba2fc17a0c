"""Rules for events sent with a tablet's token. The first rule that an event breaks refuses it. Pure.

The tablet hangs in public, so its token allows only what the tablet's page sends (event.js and heartbeat.js in
feedback_app/tablet/sending): ratings and heartbeats of its own place and time, with ids that cannot be guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from contract.events.envelope import AnyEvent
from contract.events.refusals import Reason, Refusal
from ingest.admission.registry import Device

BY_TABLETS = ("rating.submitted", "device.seen")
UNKNOWN_TO_TABLETS = ("dossier", "ticket", "staff", "procedure", "replaces", "answers")
"""Fields that the page cannot fill: it has no data about the citizen in front of it. Ratings of a dossier come from a
one-stop system or from a phone."""

RANDOM_IDS = (4, 7)
"""Versions of UUID that cannot be guessed. Ratings by phone, comments and imports have ids of version 5."""

PAIRING_TOLERANCE = timedelta(minutes=5)
"""Allowed difference between the clocks of the tablet and of the machine that paired it."""

HEARTBEAT_MAX_AGE = timedelta(minutes=15)
"""A heartbeat is sent once, immediately; an older one does not describe the tablet's present state."""

Check = Callable[[AnyEvent, Device, datetime, timedelta], Refusal | None]


def check_tablet_rules(event: AnyEvent, device: Device, now: datetime, backlog: timedelta) -> Refusal | None:
    """The refusal by the first rule that the event breaks, or None. ``backlog`` is the greatest age of a rating."""
    for check in TABLET_RULES:
        refusal = check(event, device, now, backlog)
        if refusal:
            return refusal
    return None


def _check_type(event: AnyEvent, _device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.type in BY_TABLETS:
        return None
    return _forbid(event, f"type: a tablet may send ratings and how it is itself, not {event.type}")


def _check_identity(event: AnyEvent, device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    is_rating = event.type == "rating.submitted"
    for field, value in (("subject", event.subject), ("data.device", event.data.device if is_rating else device.code)):
        if value != device.code:
            return _forbid(event, f"{field}: must be {device.code!r}, the tablet that this token was made for")
    source = f"tablet/{device.code}"
    if event.source != source:
        return _forbid(event, f"source: must be {source!r}")
    return None


def _check_place(event: AnyEvent, device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.data.unit != device.unit:
        detail = (
            f"data.unit: {device.code} is paired for {device.unit!r}, not for {event.data.unit!r}; pair it anew there"
        )
        return _forbid(event, detail)
    counter = event.data.counter if event.type == "rating.submitted" else None
    if counter not in {None, device.counter}:
        paired_for = f"for the counter {device.counter!r}" if device.counter else "without a counter"
        return _forbid(event, f"data.counter: {device.code} is paired {paired_for}, not for {counter!r}; pair it anew")
    return None


def _check_tap(event: AnyEvent, _device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.type != "rating.submitted":
        return None
    if event.data.channel != "tablet":
        return _forbid(event, f"data.channel: must be 'tablet', not {event.data.channel!r}")
    for name in UNKNOWN_TO_TABLETS:
        if getattr(event.data, name) is not None:
            return _forbid(event, f"data.{name}: a tablet does not know it; leave it out, or send with a system's key")
    return None


def _check_random_id(event: AnyEvent, _device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.id.version in RANDOM_IDS:
        return None
    return _forbid(event, f"id: a tablet's ids are UUIDs of version 4 or 7; this one is of version {event.id.version}")


def _check_age(event: AnyEvent, device: Device, now: datetime, backlog: timedelta) -> Refusal | None:
    if event.type == "device.seen":
        oldest, because = now - HEARTBEAT_MAX_AGE, "a heartbeat tells how the tablet is now; set its clock right"
    elif device.since - PAIRING_TOLERANCE > now - backlog:
        oldest, because = device.since - PAIRING_TOLERANCE, f"{device.code} was not paired yet for this place"
    else:
        oldest, because = now - backlog, f"a tablet may keep ratings {backlog.days} days (HAILONG_TABLET_BACKLOG_DAYS)"
    if event.time >= oldest:
        return None
    detail = f"time: {event.time.isoformat()} is before {oldest.isoformat(timespec='seconds')}: {because}"
    return Refusal(Reason.TIME_TOO_OLD, detail, str(event.id))


def _forbid(event: AnyEvent, detail: str) -> Refusal:
    return Refusal(Reason.FORBIDDEN, detail, str(event.id))


TABLET_RULES: tuple[Check, ...] = (_check_type, _check_identity, _check_place, _check_tap, _check_random_id, _check_age)
