"""Admits or refuses each line of a request by one list of named steps, ``ADMISSION``."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from contract.events.envelope import AnyEvent, canonical, content_hash, decode, recorded
from contract.events.envelope import check_time as check_event_time
from contract.events.reference import REFERENCE_EVENTS, DeviceConfigured, ImportRetracted, UnitDefined, WorkingDay
from contract.events.refusals import Reason, Refusal
from contract.events.retractions import RETRACTABLE, can_be_retracted
from contract.events.topics import route
from ingest.admission.refusing import FaultLog, mask_refused
from ingest.admission.registry import PAIRING_EVENTS, Registry, Sender
from ingest.admission.tablet_rules import check_tablet_rules
from ingest.masking import masking
from ingest.outbox.batch import Admitted, Batch, OutboxError, StepRefusal
from runtime.clock import Clock
from runtime.settings import Settings

BY_CITIZENS = ("rating.", "petition.")
UNITS_UNKNOWN = "the units are not known here yet: Kafka has not been reached since the start"
NOT_JUDGED = "hailong could not judge this line, by a fault of its own; the line is kept: report it"
# The event loop works on lines for this long, then other requests have their turn.
SLICE_S = 0.01
# A longer line may take longer than that, so a thread beside the event loop handles it.
LONG_LINE_BYTES = 8_000


class Lookups(NamedTuple):
    """Questions of the steps, answered by the registry and by the earlier lines of the same request."""

    knows_unit: Callable[[str], bool]
    latest_pairing: Callable[[str], tuple[datetime, str] | None] = lambda _device: None
    """Time and type of the latest pairing or revocation of a tablet."""
    is_retracted: Callable[[str], bool] = lambda _source: False


@dataclass(slots=True)
class Candidate:
    """A line on its way through the steps: each may refuse it, and each adds what later steps need."""

    raw: bytes
    sender: Sender
    lookups: Lookups
    now: datetime
    max_event_bytes: int
    event: AnyEvent = field(init=False)
    body: bytes = b""
    unless_known: StepRefusal | None = None


def limit_size(candidate: Candidate) -> Refusal | None:
    """Refuses a line with more than ``max_event_bytes``."""
    limit = candidate.max_event_bytes
    if len(candidate.raw) <= limit:
        return None
    return Refusal(Reason.TOO_LARGE, f"the event has more than {limit} bytes; its beginning was kept")


def mask_free_text(candidate: Candidate) -> None:
    """Masks personal data in the free text that the contract names."""
    candidate.raw = masking.mask_free_text(candidate.raw)


def decode_event(candidate: Candidate) -> Refusal | None:
    """Decodes the line into a typed event, or refuses it with the first field that is wrong."""
    event = decode(candidate.raw)
    if isinstance(event, Refusal):
        return event
    candidate.event = event
    return None


def mask_own_fields(candidate: Candidate) -> Refusal | None:
    """Masks personal data in fields that senders added to ratings and petitions: citizens may have written in them."""
    event = candidate.event
    if not event.type.startswith(BY_CITIZENS):
        return None
    if not (event.data.__pydantic_extra__ or event.__pydantic_extra__ or getattr(event.data, "answers", None)):
        return None
    masked = masking.mask_all_text(candidate.raw)
    if masked == candidate.raw:
        return None
    candidate.raw = masked
    return decode_event(candidate)


def check_time(candidate: Candidate) -> Refusal | None:
    """Refuses an event of the future or from before the year 2000."""
    return check_event_time(candidate.event, candidate.now)


def check_sender(candidate: Candidate) -> Refusal | None:
    """Refuses an event that a tablet's token may not send; systems may send all events."""
    sender = candidate.sender
    if sender.device is None:
        return None
    return check_tablet_rules(candidate.event, sender.device, candidate.now, sender.backlog)


def check_subject(candidate: Candidate) -> Refusal | None:
    """Refuses a reference fact whose subject differs from its data: the log keeps it by subject, the tables by data.

    Also refuses the retraction of anything but an import: live events have no file that could be corrected.
    """
    event = candidate.event
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


def check_unit(candidate: Candidate) -> Refusal | None:
    """Refuses an event of a unit that was never defined, and a new unit below such a one."""
    event = candidate.event
    if isinstance(event.data, UnitDefined):
        unit, field = event.data.parent, "data.parent"
    else:
        unit, field = event.data.unit, "data.unit"
    if unit is None or candidate.lookups.knows_unit(unit):
        return None
    return Refusal(Reason.UNKNOWN_UNIT, f"{field}: no unit has the code {unit!r}", str(event.id))


def limit_written_size(candidate: Candidate) -> Refusal | None:
    """Refuses an event that is too large in canonical form: numbers like 1e15 grow, and Kafka has a limit too."""
    candidate.body = canonical(candidate.event)
    if len(candidate.body) <= candidate.max_event_bytes:
        return None
    detail = f"the event, written out, has {len(candidate.body)} bytes; the limit is {candidate.max_event_bytes}"
    return Refusal(Reason.TOO_LARGE, detail, str(candidate.event.id))


def check_pairing_order(candidate: Candidate) -> None:
    """Refuses, unless it is known, a pairing or revocation older than the latest one of its tablet.

    It would change nothing, and the compacted log would keep it in place of the newer one.
    """
    event = candidate.event
    if event.type not in PAIRING_EVENTS:
        return
    latest = candidate.lookups.latest_pairing(event.subject)
    if latest is None or (event.time, event.type) >= latest:
        return
    time_of_latest, type_of_latest = latest
    detail = (
        f"time: {event.time.isoformat()} is before the newest word on {event.subject}, {type_of_latest} of"
        f" {time_of_latest.isoformat()}: this would change nothing; send it with a later time"
    )
    candidate.unless_known = StepRefusal(Reason.INVALID_VALUE, detail, str(event.id), check_pairing_order.__name__)


def check_retraction(candidate: Candidate) -> None:
    """Refuses, unless it is known, an event of an import that was retracted."""
    event = candidate.event
    if candidate.lookups.is_retracted(event.source):
        remedy = "give the mended mapping another name (`mapping:`) and import the file again"
        detail = f"source: {event.source!r} was taken back; {remedy}"
        candidate.unless_known = StepRefusal(Reason.FORBIDDEN, detail, str(event.id), check_retraction.__name__)


ADMISSION: tuple[Callable[[Candidate], Refusal | None], ...] = (
    limit_size,
    mask_free_text,
    decode_event,
    mask_own_fields,
    check_time,
    check_sender,
    check_subject,
    check_unit,
    limit_written_size,
    check_pairing_order,
    check_retraction,
)
"""All steps in order. The outbox adds two that need its tables: ``check_id`` and ``check_pace``."""


def admit(raw: bytes, sender: Sender, lookups: Lookups, now: datetime, max_event_bytes: int) -> Admitted | StepRefusal:
    """The event as it will be logged, or the refusal of the first step that refuses it."""
    candidate = Candidate(raw, sender, lookups, now, max_event_bytes)
    for step in ADMISSION:
        refusal = step(candidate)
        if refusal is not None:
            return StepRefusal(refusal.reason, refusal.detail, refusal.id, step.__name__)
    event = candidate.event
    topic, key = route(event)
    return Admitted(
        id=event.id.bytes,
        hash=content_hash(candidate.body),
        topic=topic,
        key=key,
        value=recorded(candidate.body, now, sender.name),
        raw=candidate.raw,
        type=event.type,
        fact=event if event.type in REFERENCE_EVENTS else None,
        source=event.source,
        minute=int(event.time.timestamp()) // 60,
        unless_known=candidate.unless_known,
    )


class Admission:
    """Turns lines of requests into batches for the outbox. ``close`` stops its thread."""

    def __init__(self, settings: Settings, registry: Registry, clock: Clock) -> None:
        self._settings = settings
        self._registry = registry
        self._clock = clock
        self._faults = FaultLog()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="admission")

    def close(self) -> None:
        """Stops the thread; lines that wait for it are dropped with their requests."""
        self._thread.shutdown(cancel_futures=True)

    async def admit_lines(self, lines: Sequence[bytes], first_index: int, sender: Sender, new_units: set[str]) -> Batch:
        """A batch of lines, each admitted or refused; ``first_index`` is the place of the first in the request.

        ``new_units`` are the units that the request itself has defined so far; this adds those of its lines. Raises
        ``OutboxError`` while the registry is not loaded and a unit is unknown.
        """
        batch, now = self._new_batch(sender, new_units)
        registry = self._registry

        def knows_unit(code: str) -> bool:
            return registry.knows_unit(code) or code in new_units

        def latest_pairing(device: str) -> tuple[datetime, str] | None:
            pairings = (registry.latest_pairing(device), batch.latest_pairings.get(device))
            return max((pairing for pairing in pairings if pairing), default=None)

        lookups = Lookups(knows_unit, latest_pairing, registry.is_retracted)
        resumed_s = time.perf_counter()
        for index, line in enumerate(lines, first_index):
            if len(line) > LONG_LINE_BYTES:
                await self._run_in_thread(self._admit_line, batch, index, line, sender, lookups, now)
            else:
                self._admit_line(batch, index, line, sender, lookups, now)
            if time.perf_counter() - resumed_s > SLICE_S:
                await asyncio.sleep(0)
                resumed_s = time.perf_counter()
        return batch

    async def refuse_body(self, raw: bytes, index: int, sender: Sender, refusal: Refusal) -> Batch:
        """A batch with the beginning of a body that cannot be split into events."""
        batch, _ = self._new_batch(sender, set())
        batch.refused.append(await self._run_in_thread(mask_refused, index, raw, refusal, self._faults))
        return batch

    def _new_batch(self, sender: Sender, new_units: set[str]) -> tuple[Batch, datetime]:
        now = self._clock()
        per_hour = self._settings.tablet_ratings_per_hour if sender.device else None
        return Batch(now.isoformat(timespec="milliseconds"), sender.name, per_hour, new_units=new_units), now

    async def _run_in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)

    def _admit_line(
        self, batch: Batch, index: int, raw: bytes, sender: Sender, lookups: Lookups, now: datetime
    ) -> None:
        try:
            outcome = admit(raw, sender, lookups, now, self._settings.max_event_bytes)
        except Exception:  # noqa: BLE001 a line that hailong fails on must not stop the other lines of its sender
            self._faults.log_exception()
            outcome = StepRefusal(Reason.NOT_JUDGED, NOT_JUDGED)
        if isinstance(outcome, Refusal):
            if outcome.reason is Reason.UNKNOWN_UNIT and not self._registry.is_loaded:
                raise OutboxError(UNITS_UNKNOWN)
            batch.refused.append(mask_refused(index, raw, outcome, self._faults))
            return
        fact = outcome.fact
        if fact and fact.type == "unit.defined":
            batch.new_units.add(fact.subject)
        elif fact and fact.type in PAIRING_EVENTS and not outcome.unless_known:
            batch.latest_pairings[fact.subject] = (fact.time, fact.type)
        batch.admitted.append((index, outcome))
