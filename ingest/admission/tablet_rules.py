"""What a tablet's token may say, one named check for each rule; the first that an event breaks refuses it. Pure.

A token hangs in public, so it reaches as far as the tablet's page does (event.js and heartbeat.js in
feedback_app/tablet/sending) and no further: ratings and heartbeats of its own place, of its own time, under ids that
nobody can know ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from contract.events.envelope import AnyEvent
from contract.events.refusals import Reason, Refusal
from ingest.admission.registry import Device

BY_TABLETS = ("rating.submitted", "device.seen")
UNKNOWN_TO_TABLETS = ("dossier", "ticket", "staff", "procedure", "replaces", "answers")
"""What the page never learns: it does not know who stands before it. A one-stop system rates a dossier, or a phone."""

RANDOM_IDS = (4, 7)
"""Versions of UUID that nobody can foretell. Ids of version 5 are those of ratings by phone, comments and imports."""

PAIRING_TOLERANCE = timedelta(minutes=5)
"""So far may the clocks of the tablet and of whoever paired it differ."""

HEARTBEAT_MAX_AGE = timedelta(minutes=15)
"""A heartbeat is sent once, at once; one that is older tells nothing of how the tablet is."""

Check = Callable[[AnyEvent, Device, datetime, timedelta], Refusal | None]


def refusal_for_tablet(event: AnyEvent, device: Device, now: datetime, backlog: timedelta) -> Refusal | None:
    """Why a tablet's token may not send this event, or None. ``backlog`` is the greatest age of a rating."""
    for check in CHECKS:
        refusal = check(event, device, now, backlog)
        if refusal:
            return refusal
    return None


def _of_tablets(event: AnyEvent, _device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.type in BY_TABLETS:
        return None
    return _forbidden(event, f"type: a tablet may send ratings and how it is itself, not {event.type}")


def _of_itself(event: AnyEvent, device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    is_rating = event.type == "rating.submitted"
    for field, value in (("subject", event.subject), ("data.device", event.data.device if is_rating else device.code)):
        if value != device.code:
            return _forbidden(event, f"{field}: must be {device.code!r}, the tablet that this token was made for")
    source = f"tablet/{device.code}"
    if event.source != source:
        return _forbidden(event, f"source: must be {source!r}")
    return None


def _at_its_place(event: AnyEvent, device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.data.unit != device.unit:
        detail = (
            f"data.unit: {device.code} is paired for {device.unit!r}, not for {event.data.unit!r}; pair it anew there"
        )
        return _forbidden(event, detail)
    counter = event.data.counter if event.type == "rating.submitted" else None
    if counter not in {None, device.counter}:
        paired_for = f"for the counter {device.counter!r}" if device.counter else "without a counter"
        return _forbidden(
            event, f"data.counter: {device.code} is paired {paired_for}, not for {counter!r}; pair it anew"
        )
    return None


def _tapped(event: AnyEvent, _device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.type != "rating.submitted":
        return None
    if event.data.channel != "tablet":
        return _forbidden(event, f"data.channel: must be 'tablet', not {event.data.channel!r}")
    for name in UNKNOWN_TO_TABLETS:
        if getattr(event.data, name) is not None:
            return _forbidden(
                event, f"data.{name}: a tablet does not know it; leave it out, or send with a system's key"
            )
    return None


def _under_a_random_id(event: AnyEvent, _device: Device, _now: datetime, _backlog: timedelta) -> Refusal | None:
    if event.id.version in RANDOM_IDS:
        return None
    return _forbidden(
        event, f"id: a tablet's ids are UUIDs of version 4 or 7; this one is of version {event.id.version}"
    )


def _of_its_time(event: AnyEvent, device: Device, now: datetime, backlog: timedelta) -> Refusal | None:
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


def _forbidden(event: AnyEvent, detail: str) -> Refusal:
    return Refusal(Reason.FORBIDDEN, detail, str(event.id))


CHECKS: tuple[Check, ...] = (_of_tablets, _of_itself, _at_its_place, _tapped, _under_a_random_id, _of_its_time)
