"""Tablet configurations: each field comes from the nearest scope that sets it, from the tablet up the unit tree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from contract.events.envelope import AnyEvent
from contract.events.reference import CONFIGURED_FIELDS

UNCONFIGURED = "default"
MAX_DEPTH = 20
"""A tree deeper than this contains a circle."""


class Configurations:
    """The latest configuration of each scope by ``time``, and each unit's parent by its latest day of effect."""

    def __init__(self) -> None:
        self._latest: dict[str, AnyEvent] = {}
        self._parents: dict[str, tuple[date, datetime, str | None]] = {}

    def apply(self, event: AnyEvent) -> None:
        """Stores a unit's definition or a configuration; other events are ignored."""
        if event.type == "unit.defined":
            placement = (event.data.valid_from, event.time, event.data.parent)
            former_placement = self._parents.get(event.subject)
            if former_placement is None or placement[:2] >= former_placement[:2]:
                self._parents[event.subject] = placement
        elif event.type == "device.configured":
            former = self._latest.get(event.subject)
            if former is None or (event.time, event.id) >= (former.time, former.id):
                self._latest[event.subject] = event

    def resolve(self, device: str, counter: str | None, unit: str) -> dict[str, Any]:
        """``version``, ``values`` by field, and ``said_by``: the scope that sets each field.

        The version depends on the ids of the configurations alone: the same ones give the same version.
        """
        scopes = [device, *([counter] if counter else []), *self._units_upwards(unit)]
        configurations = [self._latest[scope] for scope in scopes if scope in self._latest]
        values: dict[str, Any] = {}
        set_by: dict[str, str] = {}
        for configuration in configurations:
            for field in CONFIGURED_FIELDS:
                value = getattr(configuration.data, field)
                if value is not None and field not in values:
                    values[field], set_by[field] = value, configuration.subject
        ids = " ".join(str(configuration.id) for configuration in configurations)
        version = hashlib.sha256(ids.encode()).hexdigest()[:12] if configurations else UNCONFIGURED
        return {"version": version, "values": values, "said_by": set_by}

    def _units_upwards(self, unit: str) -> Iterator[str]:
        here: str | None = unit
        for _ in range(MAX_DEPTH):
            if here is None:
                return
            yield here
            here = self._parents[here][2] if here in self._parents else None
