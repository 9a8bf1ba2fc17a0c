"""One ingest process: who may enter, what is admitted, where it is kept."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contract.events import decode
from contract.refusals import Reason, Refusal
from ingest.admission import Admitted, Sender, judge
from ingest.batch import Batch, Refused, Stored
from ingest.fill import too_full_for
from ingest.follower import follow_reference
from ingest.masking import FREE_TEXT, mask_all_text
from ingest.outbox import Outbox
from ingest.outbox_file import OutboxError
from ingest.personal_data import mask
from ingest.registry import Registry
from ingest.relay import Relay
from runtime.clock import Clock
from runtime.settings import Settings
from runtime.telemetry import INGEST_METRICS

# Refused lines are told to their sender; kept ones must never stop the events of others.
REFUSED_SHARE = 0.25
MEGABYTE = 1_048_576
TEXT_FIELDS = tuple(f"data.{name}:" for name in FREE_TEXT)
UNITS_UNKNOWN = "the units are not known here yet: Kafka has not been reached since the start"


class Door:
    """Registry, outbox and relay of one process. ``close`` stops their threads; what was accepted is on disk."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.registry = Registry()
        refused_max_bytes = int(REFUSED_SHARE * settings.outbox_max_mb * MEGABYTE)
        self.outbox = Outbox(settings.outbox_path, settings.id_retention_days, refused_max_bytes)
        facts = self.outbox.facts()
        for value in facts:
            event = decode(value)
            if not isinstance(event, Refusal):
                self.registry.apply(event)
        self._has_facts = bool(facts)
        self._topic_read = threading.Event()
        self._stopping = threading.Event()
        self.relay = Relay(settings, self.outbox)
        follow_reference(settings, self.registry, self._topic_read, self._stopping)
        INGEST_METRICS.watch(self.figures)

    def close(self) -> None:
        """Stops the threads."""
        self._stopping.set()
        self.relay.close()
        self.outbox.close()

    def sender_of(self, token: str) -> Sender | None:
        """Who a bearer token belongs to; None for one that nobody holds."""
        key = self.settings.api_key.get_secret_value()
        if key and hmac.compare_digest(token.encode(), key.encode()):
            return Sender()
        device = self.registry.device_by_token(token)
        return Sender(device) if device else None

    @property
    def share(self) -> float:
        """Undelivered and refused bytes as a share of their bound."""
        kept = self.outbox.pending_bytes + self.outbox.refused_bytes
        return kept / (self.settings.outbox_max_mb * MEGABYTE)

    def figures(self) -> tuple[dict[str, float], Mapping[str, int]]:
        """What this process tells about itself, by metric name, and its refused events by reason.

        The account and the delivered number are each read once: accepted - repeated + recalled = delivered + pending.
        """
        account, delivered_seq, waiting = self.outbox.account, self.outbox.delivered_seq, self.outbox.waiting
        unacknowledged = self.relay.unacknowledged
        return {
            "hailong_ingest_events_received": account.received,
            "hailong_ingest_events_accepted": account.accepted,
            "hailong_ingest_events_repeated": account.repeated,
            "hailong_ingest_waiting_events": waiting.events,
            "hailong_ingest_waiting_bytes": waiting.nbytes,
            "hailong_outbox_recalled_events": self.outbox.recalled,
            "hailong_outbox_delivered_events": delivered_seq + 1 - self.outbox.first_seq,
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

    def judged(self, lines: list[tuple[int, bytes]], sender: Sender, new_units: set[str]) -> Batch:
        """The verdict on some lines of a request, each with its place in it.

        ``new_units`` are the units that the request itself defined, which its later lines may refer to; grows.
        Raises ``OutboxError`` when it cannot be told yet whether a unit exists, or there is no room for such events.
        """
        now = self.clock()
        batch = self._batch(now, sender)

        def knows_unit(code: str) -> bool:
            return self.registry.knows_unit(code) or code in new_units

        for index, raw in lines:
            verdict = judge(raw, sender, knows_unit, now, self.settings.max_event_bytes)
            if isinstance(verdict, Refusal):
                if verdict.reason is Reason.UNKNOWN_UNIT and not self.knows_units:
                    raise OutboxError(UNITS_UNKNOWN)
                batch.refused.append(_refused(index, verdict, raw))
                continue
            if verdict.fact and verdict.fact.type == "unit.defined":
                new_units.add(verdict.fact.subject)
            batch.admitted.append((index, verdict))
            if self.registry.is_retracted(verdict.source):
                batch.only_if_known[index] = _taken_back(verdict)
        if kind := too_full_for(self.share, (event.type for _, event in batch.admitted)):
            raise OutboxError(f"the outbox is nearly full and takes no {kind} for now")
        return batch

    def refused_body(self, raw: bytes, refusal: Refusal, sender: Sender) -> Batch:
        """A body that could not be taken apart, to be kept."""
        batch = self._batch(self.clock(), sender)
        batch.refused.append(_refused(0, refusal, raw))
        return batch

    @staticmethod
    def _batch(now: datetime, sender: Sender) -> Batch:
        return Batch(received_at=now.isoformat(timespec="milliseconds"), sender=sender.name)

    def submit(self, batches: list[Batch]) -> Future[list[Stored]]:
        """Hands all to the outbox; done when synced. Raises ``OutboxError`` when too much waits already."""
        done = self.outbox.submit(batches)
        if any(event.fact for batch in batches for _, event in batch.admitted):
            done.add_done_callback(lambda _: self._learn(batches, done))
        return done

    def _learn(self, batches: list[Batch], done: Future[list[Stored]]) -> None:
        if done.exception():
            return
        for batch, stored in zip(batches, done.result(), strict=True):
            conflicting = {line.index for line in stored.conflicts}
            for index, event in batch.admitted:
                if event.fact and index not in conflicting:
                    self.registry.apply(event.fact)
                    self._has_facts = True


def _taken_back(event: Admitted) -> Refusal:
    """Why an import that was taken back can send nothing new; what was accepted before may come again, as ever."""
    remedy = "give the mended mapping another name (`mapping:`) and import the file again"
    return Refusal(Reason.FORBIDDEN, f"source: {event.source!r} was taken back; {remedy}", str(UUID(bytes=event.id)))


def _refused(index: int, refusal: Refusal, raw: bytes) -> Refused:
    """What is kept of a refused line, and told of it: neither may hold personal data."""
    if refusal.detail.startswith(TEXT_FIELDS):
        refusal = replace(refusal, detail=mask(refusal.detail))
    return Refused(index, refusal, mask_all_text(raw))
