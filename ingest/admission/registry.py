"""Units, tablets, retracted imports and tablet configurations, kept in memory from reference events for admission."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contract.events.envelope import OLDEST, AnyEvent
from contract.events.reference import DevicePaired
from contract.links.device_token import token_hash
from ingest.admission.configurations import Configurations

PAIRING_EVENTS = ("device.paired", "device.revoked")

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Device:
    """A paired tablet and its place; its ratings may be of this place only, and no older than ``since``."""

    code: str
    unit: str
    token_sha256: str
    counter: str | None = None
    since: datetime = OLDEST


@dataclass(frozen=True, slots=True)
class Sender:
    """The holder of the credentials: a one-stop system, or one tablet, whose ratings may be as old as ``backlog``."""

    device: Device | None = None
    backlog: timedelta = timedelta(days=90)

    @property
    def name(self) -> str:
        """The name that is recorded with each event: the tablet's code, or "system"."""
        return self.device.code if self.device else SYSTEM


class Registry:
    """Units by code and tablets by token hash. The latest reference event by ``time`` applies, in whatever order they
    come.

    Two threads write to it: the outbox and the follower of the reference topic. Any thread may read.
    """

    def __init__(self) -> None:
        self._units: set[str] = set()
        self._devices: dict[str, Device] = {}
        self._tokens: dict[str, Device] = {}
        self._retracted: set[str] = set()
        self._latest_pairings: dict[str, tuple[datetime, str]] = {}
        self._configurations = Configurations()
        self._write_lock = threading.Lock()
        self._loaded = threading.Event()

    @property
    def is_loaded(self) -> bool:
        """False until the reference facts have been read once, from the outbox or from Kafka."""
        return self._loaded.is_set()

    def mark_loaded(self) -> None:
        """Notes that the reference facts have been read."""
        self._loaded.set()

    def knows_unit(self, code: str) -> bool:
        """Whether a unit of this code was ever defined. Closed units count: events of their past can still arrive."""
        return code in self._units

    def is_retracted(self, source: str) -> bool:
        """Whether the import of this source was retracted, which cannot be undone."""
        return source in self._retracted

    def device_by_token(self, token: str) -> Device | None:
        """The tablet with this token; None when there is none."""
        return self._tokens.get(token_hash(token))

    def device(self, code: str) -> Device | None:
        """The paired tablet of this code; None when there is none."""
        return self._devices.get(code)

    def latest_pairing(self, code: str) -> tuple[datetime, str] | None:
        """Time and type of a tablet's latest pairing or revocation; None when there was none."""
        return self._latest_pairings.get(code)

    def list_tablets(self) -> list[dict[str, Any]]:
        """The latest pairing or revocation of each tablet; for a paired one also its place and token hash."""
        with self._write_lock:
            rows = []
            for code, (time, event_type) in sorted(self._latest_pairings.items()):
                row: dict[str, Any] = {"device": code, "type": event_type, "time": time.isoformat()}
                if device := self._devices.get(code):
                    row |= {"unit": device.unit, "counter": device.counter, "token_sha256": device.token_sha256}
                    row["since"] = device.since.isoformat()
                rows.append(row)
            return rows

    def configuration_of(self, device: Device) -> dict[str, Any]:
        """The tablet's configuration: version, values, and the scope that sets each value."""
        return self._configurations.resolve(device.code, device.counter, device.unit)

    def apply(self, event: AnyEvent) -> None:
        """Updates the registry from a reference event; other events and outdated ones change nothing."""
        with self._write_lock:
            self._configurations.apply(event)
            if event.type == "unit.defined":
                self._units.add(event.subject)
            elif event.type == "import.retracted":
                self._retracted.add(event.subject)
            elif event.type in PAIRING_EVENTS:
                # Within one instant the revocation applies ("revoked" sorts behind "paired").
                pairing = (event.time, event.type)
                if pairing >= self._latest_pairings.get(event.subject, pairing):
                    self._latest_pairings[event.subject] = pairing
                    self._replace_device(event)

    def apply_stored(self, facts: list[AnyEvent]) -> None:
        """Applies facts that this ingest has just stored; from then on it can decide on events of their units."""
        for fact in facts:
            self.apply(fact)
            self.mark_loaded()

    def _replace_device(self, event: AnyEvent) -> None:
        code, data = event.subject, event.data
        former = self._devices.pop(code, None)
        token = None
        if isinstance(data, DevicePaired):
            device = Device(code, data.unit, data.token_sha256, data.counter, data.since or event.time)
            token = device.token_sha256
            # Set before the former is removed: a tablet that sends in between must not be turned away.
            self._devices[code] = self._tokens[token] = device
        if former and former.token_sha256 != token and self._tokens.get(former.token_sha256) == former:
            del self._tokens[former.token_sha256]
