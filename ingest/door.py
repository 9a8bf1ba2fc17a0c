"""One ingest process: who may enter, what is admitted, where it is kept."""

from __future__ import annotations

import hmac
import threading
from concurrent.futures import Future

from contract.events import decode
from contract.refusals import Reason, Refusal
from ingest.admission import Sender, judge
from ingest.batch import Batch, Refused, Stored
from ingest.follower import follow_reference
from ingest.outbox import Outbox
from ingest.outbox_file import OutboxError
from ingest.registry import Registry
from ingest.relay import Relay
from runtime.clock import Clock
from runtime.settings import Settings
from runtime.telemetry import ACCEPTED, OUTBOX_BYTES, OUTBOX_PENDING, RECEIVED, REFUSED, REPEATED

NEARLY_FULL = 0.9
# Refused lines are told to their sender; kept ones must never stop the events of others.
REFUSED_SHARE = 0.25
MEGABYTE = 1_048_576
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
        OUTBOX_PENDING.set_function(lambda: self.outbox.last_seq - self.outbox.delivered_seq)
        OUTBOX_BYTES.set_function(lambda: self.outbox.pending_bytes)

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
    def nearly_full(self) -> bool:
        """Whether undelivered and refused bytes come close to their bound."""
        kept = self.outbox.pending_bytes + self.outbox.refused_bytes
        return kept > NEARLY_FULL * self.settings.outbox_max_mb * MEGABYTE

    @property
    def knows_units(self) -> bool:
        """False in an ingest that starts without memory and has not read the reference topic yet."""
        return self._has_facts or self._topic_read.is_set()

    def admit(
        self, lines: list[tuple[int, bytes]], sender: Sender, new_units: set[str]
    ) -> tuple[list[Refused], Future[Stored]]:
        """Judges some lines of a request and hands all to the outbox: the refused at once, the rest when synced.

        ``new_units`` are the units that the request itself defined, which its later lines may refer to; grows.
        Raises ``OutboxError`` when it cannot be told yet whether a unit exists.
        """
        now = self.clock()
        batch = Batch(received_at=now.isoformat(timespec="milliseconds"), sender=sender.name)

        def knows_unit(code: str) -> bool:
            return self.registry.knows_unit(code) or code in new_units

        for index, raw in lines:
            verdict = judge(raw, sender, knows_unit, now, self.settings.max_event_bytes)
            if isinstance(verdict, Refusal):
                if verdict.reason is Reason.UNKNOWN_UNIT and not self.knows_units:
                    raise OutboxError(UNITS_UNKNOWN)
                batch.refused.append(Refused(index, verdict, raw))
                continue
            if verdict.fact and verdict.fact.type == "unit.defined":
                new_units.add(verdict.fact.subject)
            batch.admitted.append((index, verdict))
        return batch.refused, self._submit(batch)

    def refuse_body(self, raw: bytes, refusal: Refusal, sender: Sender) -> Future[Stored]:
        """Keeps a body that could not be taken apart."""
        batch = Batch(received_at=self.clock().isoformat(timespec="milliseconds"), sender=sender.name)
        batch.refused.append(Refused(0, refusal, raw))
        return self._submit(batch)

    def _submit(self, batch: Batch) -> Future[Stored]:
        stored = self.outbox.submit(batch)
        stored.add_done_callback(lambda done: self._stored(batch, done))
        return stored

    def _stored(self, batch: Batch, done: Future[Stored]) -> None:
        if done.exception():
            return
        stored = done.result()
        conflicting = {line.index for line in stored.conflicts}
        for index, event in batch.admitted:
            if event.fact and index not in conflicting:
                self.registry.apply(event.fact)
                self._has_facts = True
        RECEIVED.inc(len(batch.admitted) + len(batch.refused))
        ACCEPTED.inc(stored.accepted)
        REPEATED.inc(stored.repeated)
        for line in [*batch.refused, *stored.conflicts]:
            REFUSED.labels(line.refusal.reason.value).inc()
