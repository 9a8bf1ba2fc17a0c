"""``hailong import --dry-run``: the events of an import, checked as ingest checks them, and sent nowhere."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from typing import Any

from rich.table import Table

from contract.events.envelope import AnyEvent, canonical, check_time, content_hash, decode
from contract.events.refusals import Reason, Refusal
from contract.time import VIETNAM
from runtime.settings import Settings
from sources.compiled.compiled_mapping import MappedEvent, Rejected
from sources.importing.report import Report

EVENTS_SHOWN = 5
UNITS_SHOWN = 20
IDS_COMPARED = 1_000_000
"""For so many ids the content is compared with that of the same id before; about 200 bytes of memory each."""


class DryRun:
    """Checks and counts an import's events in their order. ``reference``: the system's reference events, if known."""

    def __init__(
        self,
        settings: Settings,
        report: Report,
        reference: list[dict[str, Any]] | None,
        now: datetime,
    ) -> None:
        self._settings, self._report, self._now = settings, report, now
        self._units = {event["subject"] for event in reference or () if event["type"] == "unit.defined"}
        self._knows_units = reference is not None
        self._units_of_mapping: set[str] = set()
        self._unknown_units: Counter[str] = Counter()
        self._contents: dict[bytes, bytes] = {}
        self._shown: dict[str, bytes] = {}
        self._types: Counter[str] = Counter()
        self._repeated = 0
        self._oldest: datetime | None = None
        self._newest: datetime | None = None
        # By unit: how many events, and the months in which its figures would change.
        self._events_of: Counter[str] = Counter()
        self._months_of: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, result: MappedEvent | Rejected) -> None:
        """Checks one event and counts it, or its refusal."""
        if isinstance(result, Rejected):
            self._report.add_rejected(result)
            return
        self._report.sent += 1
        event = self._check(result)
        if isinstance(event, Refusal):
            self._report.refuse(result, event.reason, event.detail)
            return
        self._report.accepted += 1
        self._count(result, event)

    def _check(self, mapped: MappedEvent) -> AnyEvent | Refusal:
        if len(mapped.line) > self._settings.max_event_bytes:
            detail = f"{len(mapped.line):,} bytes; at most {self._settings.max_event_bytes:,} are taken"
            return Refusal(Reason.TOO_LARGE, detail, mapped.id)
        event = decode(mapped.line)
        if isinstance(event, Refusal):
            return event
        late = check_time(event, self._now)
        if late:
            return late
        is_definition = event.type == "unit.defined"
        unit, field = (event.data.parent, "data.parent") if is_definition else (event.data.unit, "data.unit")
        if self._knows_units and unit and unit not in self._units and unit not in self._units_of_mapping:
            self._unknown_units[unit] += 1
            return Refusal(Reason.UNKNOWN_UNIT, f"{field}: no unit has the code {unit!r}", mapped.id)
        if is_definition:
            self._units_of_mapping.add(event.data.unit)
        former = self._contents.get(event.id.bytes)
        content = content_hash(canonical(event))
        if former is None:
            if len(self._contents) < IDS_COMPARED:
                self._contents[event.id.bytes] = content
        elif former == content:
            self._repeated += 1
        else:
            detail = (
                f"id: {mapped.id} was made of another row with other content: case or key do not tell the two apart"
            )
            return Refusal(Reason.ID_CONFLICT, detail, mapped.id)
        return event

    def _count(self, mapped: MappedEvent, event: AnyEvent) -> None:
        if event.type not in self._shown and len(self._shown) < EVENTS_SHOWN:
            self._shown[event.type] = mapped.line
        self._types[event.type] += 1
        self._events_of[event.data.unit] += 1
        if mapped.place:
            # Place 0 marks definitions from the mapping itself, which touch no figure.
            self._oldest = min(filter(None, (self._oldest, event.time)))
            self._newest = max(filter(None, (self._newest, event.time)))
            self._months_of[event.data.unit].add(f"{event.time.astimezone(VIETNAM):%Y-%m}")

    def finish(self, hidden: int) -> None:
        """Prints what an import would do; ``hidden`` events would be left out by ``endings``."""
        console = self._report.console
        for line in self._shown.values():
            console.print(json.dumps(json.loads(line), ensure_ascii=False, indent=2), markup=False, soft_wrap=True)
        self._report.print_refusals()
        table = self._report.table_of_rows(hidden)
        table.add_row("events that would be sent", f"{self._report.sent:,}")
        table.add_row("… and taken", f"{self._report.accepted:,}")
        if self._repeated:
            table.add_row("… alike in everything, counted once", f"{self._repeated:,}")
        for kind, count in self._types.most_common():
            table.add_row(f"… {kind}", f"{count:,}")
        self._report.add_refusals(table)
        if self._oldest and self._newest:
            span = (at.astimezone(VIETNAM).isoformat(" ", "minutes") for at in (self._oldest, self._newest))
            table.add_row("from, to", " – ".join(span))
        table.add_row("figures touched", self._format_touched())
        console.print(table)
        self._print_units()
        self._report.print_place()
        console.print("nothing was sent: this was a dry run", markup=False)

    def _format_touched(self) -> str:
        months = {month for of_unit in self._months_of.values() for month in of_unit}
        pairs = sum(map(len, self._months_of.values()))
        if not months:
            return "none"
        return f"{pairs:,} months of {len(self._months_of):,} units, {min(months)} to {max(months)}"

    def _print_units(self) -> None:
        table = Table("unit", "events", "months", "known")
        for unit, count in self._unknown_units.most_common(UNITS_SHOWN):
            table.add_row(unit, f"{count:,}", "—", "no: refused")
        for unit, count in self._events_of.most_common(UNITS_SHOWN):
            months = sorted(self._months_of.get(unit, ()))
            span = f"{months[0]} to {months[-1]} ({len(months)})" if months else "—"
            table.add_row(unit, f"{count:,}", span, self._format_known(unit))
        self._report.console.print(table)
        more = sum(max(len(units) - UNITS_SHOWN, 0) for units in (self._events_of, self._unknown_units))
        if more:
            self._report.console.print(f"… and {more} more units", markup=False)
        if not self._knows_units:
            self._report.warn(
                f"whether units are known was not looked up: the read API at {self._settings.api_url} does not answer. "
                "Ingest refuses events of units that it does not know"
            )

    def _format_known(self, unit: str) -> str:
        if unit in self._units_of_mapping:
            return "by this mapping" if unit not in self._units else "yes, and by this mapping"
        return "yes" if unit in self._units else "not looked up"
