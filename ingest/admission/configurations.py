"""Which configuration a tablet follows: of each field what the nearest scope says, from the tablet up the unit tree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from contract.events.envelope import AnyEvent
from contract.events.reference import CONFIGURED_FIELDS

UNCONFIGURED = "default"
DEEPEST = 20
"""A tree deeper than that is a circle."""


class Configurations:
    """The newest word by ``time`` on each scope, and each unit's parent by its newest day of effect."""

    def __init__(self) -> None:
        self._words: dict[str, AnyEvent] = {}
        self._parents: dict[str, tuple[date, datetime, str | None]] = {}

    def apply(self, event: AnyEvent) -> None:
        """Takes in a unit's definition or a configuration."""
        if event.type == "unit.defined":
            news = (event.data.valid_from, event.time, event.data.parent)
            known = self._parents.get(event.subject)
            if known is None or news[:2] >= known[:2]:
                self._parents[event.subject] = news
        elif event.type == "device.configured":
            known_word = self._words.get(event.subject)
            if known_word is None or (event.time, event.id) >= (known_word.time, known_word.id):
                self._words[event.subject] = event

    def of(self, device: str, counter: str | None, unit: str) -> dict[str, Any]:
        """``version``, ``values`` by field, and ``said_by``, the scope of each; same words, same version."""
        scopes = [device, *([counter] if counter else []), *self._upwards(unit)]
        words = [self._words[scope] for scope in scopes if scope in self._words]
        values: dict[str, Any] = {}
        said_by: dict[str, str] = {}
        for word in words:
            for field in CONFIGURED_FIELDS:
                value = getattr(word.data, field)
                if value is not None and field not in values:
                    values[field], said_by[field] = value, word.subject
        told = " ".join(str(word.id) for word in words)
        version = hashlib.sha256(told.encode()).hexdigest()[:12] if words else UNCONFIGURED
        return {"version": version, "values": values, "said_by": said_by}

    def _upwards(self, unit: str) -> Iterator[str]:
        here: str | None = unit
        for _ in range(DEEPEST):
            if here is None:
                return
            yield here
            here = self._parents[here][2] if here in self._parents else None
