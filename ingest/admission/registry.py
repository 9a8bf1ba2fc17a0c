"""What ingest must know at once: units, tablets and imports taken back, to judge events, and what tablets follow; from
reference events.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.events.envelope import OLDEST, AnyEvent
from contract.events.reference import DevicePaired
from contract.links.device_token import token_hash
from ingest.admission.configurations import Configurations

DEVICE_WORDS = ("device.paired", "device.revoked")


@dataclass(frozen=True, slots=True)
class Device:
    """A paired tablet and the only place it may speak for; ``since`` is from when on its ratings may date."""

    code: str
    unit: str
    token_sha256: str
    counter: str | None = None
    since: datetime = OLDEST


class Registry:
    """Units by code and devices by token hash. The newest reference event by ``time`` holds, whatever the order.

    Two threads tell it news (the outbox and the follower of the reference topic); anyone may ask.
    """

    def __init__(self) -> None:
        self._units: set[str] = set()
        self._devices: dict[str, Device] = {}
        self._tokens: dict[str, Device] = {}
        self._retracted: set[str] = set()
        self._newest: dict[str, tuple[datetime, str]] = {}
        self._configurations = Configurations()
        self._changing = threading.Lock()

    def knows_unit(self, code: str) -> bool:
        """Whether a unit of this code was ever defined; a closed unit stays known, its past can still arrive."""
        return code in self._units

    def is_retracted(self, source: str) -> bool:
        """Whether the import of this source was taken back, which is for good."""
        return source in self._retracted

    def device_by_token(self, token: str) -> Device | None:
        """The tablet that holds this token, or None."""
        return self._tokens.get(token_hash(token))

    def device(self, code: str) -> Device | None:
        """The tablet of this code, or None when none is paired."""
        return self._devices.get(code)

    def newest_word(self, code: str) -> tuple[datetime, str] | None:
        """Time and type of the newest pairing or revocation of a tablet; None when there was none."""
        return self._newest.get(code)

    def tablets(self) -> list[dict[str, Any]]:
        """The newest word on each tablet that was ever paired or revoked; of a paired one its place and token hash."""
        with self._changing:
            told = []
            for code, (time, kind) in sorted(self._newest.items()):
                row: dict[str, Any] = {"device": code, "type": kind, "time": time.isoformat()}
                if device := self._devices.get(code):
                    row |= {"unit": device.unit, "counter": device.counter, "token_sha256": device.token_sha256}
                    row["since"] = device.since.isoformat()
                told.append(row)
            return told

    def configuration_of(self, device: Device) -> dict[str, Any]:
        """What the tablet follows: version, values, and which scope says each."""
        return self._configurations.of(device.code, device.counter, device.unit)

    def apply(self, event: AnyEvent) -> None:
        """Takes in a reference event; others and outdated ones change nothing."""
        with self._changing:
            self._configurations.apply(event)
            if event.type == "unit.defined":
                self._units.add(event.subject)
            elif event.type == "import.retracted":
                self._retracted.add(event.subject)
            elif event.type in DEVICE_WORDS:
                # Of two words of one instant the revocation holds ("revoked" sorts behind "paired").
                news = (event.time, event.type)
                if news >= self._newest.get(event.subject, news):
                    self._newest[event.subject] = news
                    self._replace_device(event)

    def _replace_device(self, event: AnyEvent) -> None:
        code, data = event.subject, event.data
        former = self._devices.pop(code, None)
        token = None
        if isinstance(data, DevicePaired):
            device = Device(code, data.unit, data.token_sha256, data.counter, data.since or event.time)
            token = device.token_sha256
            # Set before the former is taken out: a tablet that comes in between must not be turned away.
            self._devices[code] = self._tokens[token] = device
        if former and former.token_sha256 != token and self._tokens.get(former.token_sha256) == former:
            del self._tokens[former.token_sha256]
