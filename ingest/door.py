"""One ingest process: who may enter, what is admitted, where it is kept."""

from __future__ import annotations

import asyncio
import hmac
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Admitted, Sender, judge
from ingest.admission.follower import apply_fact, follow_reference
from ingest.admission.registry import DEVICE_WORDS, Registry
from ingest.load_shedding import too_full_for
from ingest.masking.masking import FREE_TEXT, mask_all_text
from ingest.masking.personal_data import mask
from ingest.outbox.batch import Batch, Refused, Stored
from ingest.outbox.file import OutboxError
from ingest.outbox.outbox import Outbox
from ingest.relay import Relay
from runtime.clock import Clock
from runtime.settings import Settings
from runtime.telemetry import INGEST_METRICS, log

# Refused lines are told to their sender; kept ones must never stop the events of others.
REFUSED_SHARE = 0.25
MEGABYTE = 1_048_576
TEXT_FIELDS = tuple(f"data.{name}:" for name in FREE_TEXT)
NOT_JUDGED = "hailong could not judge this line, by a fault of its own; the line is kept: report it"
UNITS_UNKNOWN = "the units are not known here yet: Kafka has not been reached since the start"

T = TypeVar("T")


class Door:
    """Registry, outbox and relay of one process. ``close`` stops their threads; what was accepted is on disk."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.registry = Registry()
        refused_max_bytes = int(REFUSED_SHARE * settings.outbox_max_mb * MEGABYTE)
        self.outbox = Outbox(
            settings.outbox_path,
            settings.id_retention_days,
            refused_max_bytes,
            tablet_backlog_days=settings.tablet_backlog_days,
        )
        self._faults_logged: set[tuple[str, int | None]] = set()
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judging")
        facts = self.outbox.facts()
        for value in facts:
            apply_fact(self.registry, value)
        self._has_facts = bool(facts)
        self._topic_read = threading.Event()
        self._stopping = threading.Event()
        self.relay = Relay(settings, self.outbox)
        follow_reference(settings, self.registry, self._topic_read, self._stopping)
        INGEST_METRICS.watch(self.figures)

    def close(self) -> None:
        """Stops the threads."""
        self._stopping.set()
        self._beside.shutdown(cancel_futures=True)
        self.relay.close()
        self.outbox.close()

    def sender_of(self, token: str) -> Sender | None:
        """Who a bearer token belongs to; None for one that nobody holds."""
        key = self.settings.api_key.get_secret_value()
        if key and hmac.compare_digest(token.encode(), key.encode()):
            return Sender()
        device = self.registry.device_by_token(token)
        return Sender(device, timedelta(days=self.settings.tablet_backlog_days)) if device else None

    @property
    def share(self) -> float:
        """Undelivered and refused bytes as a share of their bound."""
        kept = self.outbox.pending_bytes + self.outbox.refused_bytes
        return kept / (self.settings.outbox_max_mb * MEGABYTE)

    def figures(self) -> tuple[dict[str, float], Mapping[str, int]]:
        """What this process tells about itself, by metric name, and its refused events by reason.

        The account and the delivered number are each read once, so that accepted - repeated + recalled = delivered +
        damaged + pending.
        """
        account, waiting = self.outbox.account, self.outbox.waiting
        delivered_seq, damaged_events = self.outbox.progress
        unacknowledged = self.relay.unacknowledged
        return {
            "hailong_ingest_events_received": account.received,
            "hailong_ingest_events_accepted": account.accepted,
            "hailong_ingest_events_repeated": account.repeated,
            "hailong_ingest_waiting_events": waiting.events,
            "hailong_ingest_waiting_bytes": waiting.nbytes,
            "hailong_outbox_recalled_events": self.outbox.recalled,
            "hailong_outbox_delivered_events": delivered_seq + 1 - self.outbox.first_seq - damaged_events,
            "hailong_outbox_damaged_events": damaged_events,
            "hailong_outbox_pending_events": account.last_seq - delivered_seq,
            "hailong_outbox_pending_bytes": self.outbox.pending_bytes,
            "hailong_outbox_pending_seconds": self.outbox.pending_s(),
            "hailong_outbox_refused_bytes": self.outbox.refused_bytes,
            "hailong_outbox_fill_ratio": self.share,
            "hailong_relay_unacknowledged_events": unacknowledged.events,
            "hailong_relay_unacknowledged_bytes": unacknowledged.nbytes,
        }, account.refused

    @property
    def knows_units(self) -> bool:
        """False in an ingest that starts without memory and has not read the reference topic yet."""
        return self._has_facts or self._topic_read.is_set()

    def new_batch(self, now: datetime, sender: Sender) -> Batch:
        """An empty batch of what came from a sender at this instant."""
        per_hour = self.settings.tablet_ratings_per_hour if sender.device else None
        return Batch(now.isoformat(timespec="milliseconds"), sender.name, per_hour)

    async def beside(self, work: Callable[..., T], *given: Any) -> T:
        """The work done by the one thread for what may take long, while the event loop goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._beside, work, *given)

    def judge_line(
        self, batch: Batch, index: int, raw: bytes, sender: Sender, new_units: set[str], now: datetime
    ) -> None:
        """Puts one line of a request, with its place in it, into the batch: admitted or refused.

        ``new_units`` are the units that the request itself defined, which its later lines may refer to; grows.
        Raises ``OutboxError`` when it cannot be known yet whether a unit exists.
        """

        def knows_unit(code: str) -> bool:
            return self.registry.knows_unit(code) or code in new_units

        def newest_word(code: str) -> tuple[datetime, str] | None:
            known = (self.registry.newest_word(code), batch.device_words.get(code))
            return max((word for word in known if word), default=None)

        try:
            verdict = judge(raw, sender, knows_unit, now, self.settings.max_event_bytes, newest_word)
        except Exception:  # noqa: BLE001 a line that we fail on must not stop the other lines of its sender
            self._log_fault()
            verdict = Refusal(Reason.NOT_JUDGED, NOT_JUDGED)
        if isinstance(verdict, Refusal):
            if verdict.reason is Reason.UNKNOWN_UNIT and not self.knows_units:
                raise OutboxError(UNITS_UNKNOWN)
            self.refuse(batch, index, raw, verdict)
            return
        if verdict.fact and verdict.fact.type == "unit.defined":
            new_units.add(verdict.fact.subject)
        elif verdict.fact and verdict.fact.type in DEVICE_WORDS and not verdict.unless_known:
            batch.device_words[verdict.fact.subject] = (verdict.fact.time, verdict.fact.type)
        if self.registry.is_retracted(verdict.source):
            verdict = replace(verdict, unless_known=_taken_back(verdict))
        batch.admitted.append((index, verdict))

    def refuse(self, batch: Batch, index: int, raw: bytes, refusal: Refusal) -> None:
        """Puts a refused line into the batch. What is kept and answered of it may hold no personal data."""
        try:
            if refusal.detail.startswith(TEXT_FIELDS):
                refusal = replace(refusal, detail=mask(refusal.detail))
            kept = mask_all_text(raw)
        except Exception:  # noqa: BLE001 what cannot be masked is not kept
            self._log_fault()
            kept = b""
        batch.refused.append(Refused(index, refusal, kept))

    def require_room(self, batch: Batch) -> None:
        """Raises ``OutboxError`` when there is no room for such events."""
        if kind := too_full_for(self.share, (event.type for _, event in batch.admitted)):
            raise OutboxError(f"the outbox is nearly full and takes no {kind} for now")

    def _log_fault(self) -> None:
        """Logs the exception being handled, with its traceback, once for each place in the code."""
        error = sys.exception()
        place = traceback.extract_tb(error.__traceback__)[-1] if error else None
        if place and (place.filename, place.lineno) not in self._faults_logged:
            self._faults_logged.add((place.filename, place.lineno))
            try:
                # An exception may quote the line.
                trace = mask(traceback.format_exc())
            except Exception:  # noqa: BLE001 masking itself is what failed
                trace = f"{type(error).__name__} in {place.filename}:{place.lineno}"
            remedy = "report this; the line is in /v1/refusals with the reason not_judged"
            log.error("line_not_judged", exception=trace, remedy=remedy)

    def submit(self, batches: list[Batch]) -> Future[list[Stored]]:
        """Hands all to the outbox; done when synced. Raises ``OutboxError`` when too much waits already."""
        done = self.outbox.submit(batches)
        if any(event.fact for batch in batches for _, event in batch.admitted):
            done.add_done_callback(self._learn)
        return done

    def _learn(self, done: Future[list[Stored]]) -> None:
        """Applies the facts that were stored now. One that was only repeated is older news than what is known."""
        if done.exception():
            return
        for stored in done.result():
            for fact in stored.facts:
                self.registry.apply(fact)
                self._has_facts = True


def _taken_back(event: Admitted) -> Refusal:
    """Why an import that was taken back can send nothing new; what was accepted before may come again, as ever."""
    remedy = "give the mended mapping another name (`mapping:`) and import the file again"
    return Refusal(Reason.FORBIDDEN, f"source: {event.source!r} was taken back; {remedy}", str(UUID(bytes=event.id)))
