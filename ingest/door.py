"""One ingest process: who may enter, what is admitted, where it is kept."""

from __future__ import annotations

import hmac
import threading
from concurrent.futures import Future

from contract.events import decode
from contract.refusals import Refusal
from ingest.admission import Sender, judge
from ingest.follower import follow_reference
from ingest.outbox import Batch, Outbox, Refused, Stored
from ingest.registry import Registry
from ingest.relay import Relay
from runtime.clock import Clock
from runtime.settings import Settings
from runtime.telemetry import ACCEPTED, RECEIVED, REFUSED, REPEATED

NEARLY_FULL = 0.9
MEGABYTE = 1_048_576


class Door:
    """Registry, outbox and relay of one process. ``close`` stops their threads; what was accepted is on disk."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.registry = Registry()
        self.outbox = Outbox(settings.outbox_path, settings.id_retention_days)
        for value in self.outbox.reference():
            event = decode(value)
            if not isinstance(event, Refusal):
                self.registry.apply(event)
        self.relay = Relay(settings, self.outbox)
        self._stopping = threading.Event()
        follow_reference(settings, self.registry, self._stopping)

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

    def admit(self, lines: list[tuple[int, bytes]], sender: Sender) -> tuple[list[Refused], Future[Stored]]:
        """Judges some lines of a request and hands all to the outbox: the refused at once, the rest when synced."""
        now = self.clock()
        batch = Batch(received_at=now.isoformat(timespec="milliseconds"), sender=sender.name)
        for index, raw in lines:
            verdict = judge(raw, sender, self.registry, now, self.settings.max_event_bytes)
            if isinstance(verdict, Refusal):
                batch.refused.append(Refused(index, batch.received_at, batch.sender, verdict, raw))
                continue
            event, admitted = verdict
            if admitted.reference:
                # The next line may refer to this one. Should the commit fail, the sender sends both again.
                self.registry.apply(event)
            batch.admitted.append((index, admitted))
        stored = self.outbox.submit(batch)
        stored.add_done_callback(lambda done: _count(batch, done))
        return batch.refused, stored

    def refuse_body(self, raw: bytes, refusal: Refusal, sender: Sender) -> Future[Stored]:
        """Keeps a body that could not be taken apart."""
        received_at = self.clock().isoformat(timespec="milliseconds")
        batch = Batch(refused=[Refused(0, received_at, sender.name, refusal, raw)])
        stored = self.outbox.submit(batch)
        stored.add_done_callback(lambda done: _count(batch, done))
        return stored


def _count(batch: Batch, done: Future[Stored]) -> None:
    if done.exception():
        return
    stored = done.result()
    RECEIVED.inc(len(batch.admitted) + len(batch.refused))
    ACCEPTED.inc(stored.accepted)
    REPEATED.inc(stored.repeated)
    for line in [*batch.refused, *stored.conflicts]:
        REFUSED.labels(line.refusal.reason.value).inc()
