"""The event, a CloudEvents 1.0 envelope whose ``data`` is typed by ``type``.

``decode`` turns bytes into an event or a refusal. ``canonical`` writes an event in one byte form; two events with the
same id are the same event when the hashes of these bytes are equal. Ingest and stream both decode with this module.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache, reduce
from math import isfinite
from operator import or_
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from contract.events.counted import COUNTED_EVENTS
from contract.events.decode_errors import refusal_of
from contract.events.dossier import DOSSIER_EVENTS
from contract.events.fields import CODE_PATTERN, AnyInstant, Code, Data
from contract.events.reference import REFERENCE_EVENTS
from contract.events.refusals import Reason, Refusal
from contract.events.service import REPLACEABLE_FOR, SERVICE_EVENTS, Replaced

T = TypeVar("T", bound=str)
D = TypeVar("D", bound=Data)

EVENT_DATA: dict[str, type[Data]] = DOSSIER_EVENTS | SERVICE_EVENTS | REFERENCE_EVENTS | COUNTED_EVENTS
"""Every event type and the model of its data."""

OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(minutes=5)

_NAMESPACE = UUID("6f0b3c0e-1d5c-5f7e-9a57-68a1a0000001")


def _media_type(value: Any) -> Any:
    """The media type without parameters, in lower case (RFC 9110, 8.3.1: media types ignore case)."""
    return value.partition(";")[0].strip().lower() if isinstance(value, str) else value


class Event(BaseModel, Generic[T, D]):
    """A CloudEvents envelope. ``recordedtime`` and ``sender`` are written by ingest alone."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: T
    source: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=CODE_PATTERN)]
    time: AnyInstant
    subject: Code
    datacontenttype: Annotated[Literal["application/json"], BeforeValidator(_media_type)] = "application/json"
    dataschema: Annotated[str, StringConstraints(max_length=200, pattern=CODE_PATTERN)] | None = None
    data: D
    recordedtime: AnyInstant | None = None
    sender: Code | None = None


AnyEvent = Event[Any, Any]


def _union() -> Any:
    members = [Event[Literal[name], model] for name, model in EVENT_DATA.items()]  # type: ignore[valid-type]
    return Annotated[reduce(or_, members), Field(discriminator="type")]


_ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(_union())

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def new_event(
    event_type: str, subject: str, data: Mapping[str, Any], *, source: str, time: str, event_id: str | None = None
) -> dict[str, Any]:
    """An event as a sender writes it, ready for JSON; without an ``event_id`` it gets a random one (UUID version 4).

    ``time`` is RFC 3339. Nothing is checked here: ingest decodes every event that it receives.
    """
    return {
        "specversion": "1.0",
        "id": event_id or str(uuid4()),
        "type": event_type,
        "source": source,
        "time": time,
        "subject": subject,
        "data": data,
    }


def decode(raw: bytes) -> AnyEvent | Refusal:
    """Decodes one event; a refusal that names the first fault when the bytes are not a valid event."""
    try:
        event = _ADAPTER.validate_json(raw)
    except ValidationError as error:
        if raw.startswith(_BYTE_ORDER_MARK):
            return decode(raw[len(_BYTE_ORDER_MARK) :])
        return refusal_of(raw, error)
    path = _path_of_non_finite(event)
    if path:
        detail = f"{path}: must be a number that JSON can hold; NaN, Infinity and numbers beyond 1.8e308 are none"
        return Refusal(Reason.INVALID_VALUE, detail, str(event.id))
    if event.type == "rating.submitted" and event.data.replaces:
        fault = _replacement_fault(event, event.data.replaces)
        return Refusal(Reason.INVALID_VALUE, fault, str(event.id)) if fault else event
    return event


def _replacement_fault(event: AnyEvent, former: Replaced) -> str | None:
    """Why a rating may not replace the ``former`` one, or None."""
    # All replacements of one rating share one id, so at most one of them is admitted.
    if str(event.id) != replacement_id(former.id):
        return f"id: a rating that replaces {former.id} must have the id {replacement_id(former.id)}"
    if not former.time < event.time <= former.time + REPLACEABLE_FOR:
        return f"data.replaces.time: {former.time.isoformat()} is not within a day before the event's own time"
    return None


def _path_of_non_finite(event: AnyEvent) -> str | None:
    """The path of the first NaN or infinity, which JSON cannot hold; None when every number is finite."""
    for name, value in event.data.__dict__.items():
        if value.__class__ is float and not isfinite(value):
            return f"data.{name}"
    extra = event.data.__pydantic_extra__
    return (
        (extra and _non_finite_in(extra, "data"))
        or (event.__pydantic_extra__ and _non_finite_in(event.__pydantic_extra__, ""))
        or None
    )


def _non_finite_in(value: Any, path: str) -> str | None:
    if isinstance(value, float):
        return None if isfinite(value) else path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    paths = (_non_finite_in(part, f"{path}.{name}".lstrip(".")) for name, part in parts)
    return next(filter(None, paths), None)


def check_time(event: AnyEvent, now: datetime) -> Refusal | None:
    """A refusal when the event lies more than five minutes ahead of ``now`` or before the year 2000."""
    if event.time > now + FUTURE_TOLERANCE:
        detail = (
            f"time: {event.time.isoformat()} is later than the receiving clock, {now.isoformat(timespec='seconds')}"
        )
        return Refusal(Reason.TIME_IN_FUTURE, detail, str(event.id))
    if event.time < OLDEST:
        return Refusal(Reason.TIME_TOO_OLD, f"time: {event.time.isoformat()} is before 2000", str(event.id))
    return None


def canonical(event: AnyEvent) -> bytes:
    """The event as one line of JSON without the fields that ingest adds. Equal bytes mean the same event."""
    text = event.model_dump_json(exclude={"recordedtime", "sender"}, exclude_none=True)
    if _has_free_names(event):
        text = json.dumps(from_json(text), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return text.encode()


def _has_free_names(event: AnyEvent) -> bool:
    """Whether the event has field names of the sender's own, whose order in the JSON is not fixed by our models."""
    if event.__pydantic_extra__ or event.data.__pydantic_extra__:
        return True
    for value in event.data.__dict__.values():  # noqa: SIM110 any() costs four times as much
        if value.__class__ is dict:
            return True
    return False


def content_hash(canonical_bytes: bytes) -> bytes:
    """The 16-byte BLAKE2b hash of an event's canonical bytes."""
    return hashlib.blake2b(canonical_bytes, digest_size=16).digest()


def recorded(canonical_bytes: bytes, recorded_at: datetime, sender: str) -> bytes:
    """The message for Kafka: the canonical event with the instant of its admission and its sender."""
    return canonical_bytes[:-1] + _stamp(recorded_at, sender)


@lru_cache(maxsize=64)
def _stamp(recorded_at: datetime, sender: str) -> bytes:
    """The closing part of a message; the same for every event of one request."""
    instant = recorded_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f',"recordedtime":"{instant}","sender":'.encode() + to_json(sender) + b"}"


def replacement_id(former: UUID) -> str:
    """The id of the one rating that may replace another: UUID version 5 of ``replacement``, U+001F and its id."""
    return derived_id("replacement", str(former))


def derived_from(*parts: str) -> bytes:
    """The bytes whose SHA-1 gives the derived id of ``parts``."""
    return _NAMESPACE.bytes + "\x1f".join(parts).encode()


def derived_id(*parts: str) -> str:
    """The UUID (version 5) of ``parts``: always the same one, for records that have no event id of their own."""
    named = derived_from(*parts)
    digest = bytearray(hashlib.sha1(named, usedforsecurity=False).digest()[:16])
    # Version and variant as RFC 9562 sets them; an import makes ids by the million, uuid.UUID would cost it four times.
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
