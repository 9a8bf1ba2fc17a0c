"""The units and procedures in a file, collected by reading it once, as events that go ahead of all others."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contract.events.envelope import derived_id, new_event
from contract.events.reference import Term
from contract.reference.procedure_codes import plain_code
from contract.time import VIETNAM
from sources.compiled.cell_readers import Coded, RowError
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, encode
from sources.files.file_columns import with_file_columns
from sources.files.readers import file_format, rows
from sources.files.rows import FileError
from sources.mapping.calendars import Calendar
from sources.mapping.coded import CodedColumn, ProcedureColumn, UnitColumn, Units
from sources.mapping.mapping_file import MappingFile

MOST_CODES = 20_000


@dataclass
class Survey:
    """The number of a file's rows, the codes of its columns in order of first use, and the reader's remarks."""

    rows: int = 0
    codes: dict[str, dict[str, Coded]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def survey(file: Path, mapping: MappingFile, compiled: CompiledMapping) -> Survey:
    """Reads the file once. Raises ``FileError`` for columns that never occur and for units without end."""
    surveyed = Survey(codes={name: {} for name in mapping.coded})
    unseen = set(mapping.columns - set(mapping.optional_columns))
    for row in with_file_columns(file, rows(file, mapping, surveyed.remarks.append), mapping.all_columns):
        surveyed.rows += 1
        if row.fault:
            continue
        if unseen:
            unseen.difference_update(row.values)
        for name, codes in surveyed.codes.items():
            try:
                coded = compiled.cell_reader.coded(name, row.values)
            except RowError:
                continue
            if coded and coded.code not in codes:
                codes[coded.code] = coded
                if len(codes) > MOST_CODES:
                    column = mapping.coded[name].column
                    raise FileError(f"{file}: column {column!r} has over {MOST_CODES} values: is {name} the right one?")
    if unseen and surveyed.rows and file_format(file, mapping.file) == "xes":
        raise FileError(
            f"{file}: the mapping needs {', '.join(map(repr, sorted(unseen)))}, which no trace or event has "
            "(a trace's own attributes have case: in front); if that may be, list it under optional_columns"
        )
    return surveyed


def reference_events(mapping: MappingFile, surveyed: Survey) -> Iterator[MappedEvent]:
    """Units, parents first, their calendar, then procedures; ids come from the content, so equal ones are one event.

    Different definitions of one code by one mapping, such as before and after it was changed, bear the same time:
    neither is newer, and which of them holds is decided by the store's order alone.
    """
    if mapping.units:
        yield from _units(mapping, mapping.units, surveyed)
    if mapping.procedures:
        day = mapping.procedures.published
        for procedure in mapping.procedures.defined:
            data = procedure.model_dump(mode="json", exclude={"code"}, exclude_none=True)
            yield _reference(mapping, "procedure.published", plain_code(procedure.code), day, data)
        for name, kind in mapping.procedures.from_columns.items():
            for coded in surveyed.codes[name].values():
                yield _procedure(mapping, kind, coded, day)


def _units(mapping: MappingFile, units: Units, surveyed: Survey) -> Iterator[MappedEvent]:
    day, codes = units.valid_from, dict[str, None]()
    for unit in units.defined:
        data = {"unit": unit.code, **unit.model_dump(mode="json", exclude={"code"}, exclude_none=True)}
        data |= {"valid_from": day.isoformat(), **_calendar(units, unit.parent, codes)}
        codes[unit.code] = None
        yield _reference(mapping, "unit.defined", unit.code, day, data)
    for name, source in units.from_columns.items():
        for coded in surveyed.codes[name].values():
            data = _unit(source, coded, day) | _calendar(units, coded.parent, codes)
            codes[coded.code] = None
            yield _reference(mapping, "unit.defined", coded.code, day, data)
    if isinstance(units.calendar, Calendar) and codes:
        zone = units.calendar.zone or mapping.time.zone
        if zone != VIETNAM.key:
            data = {"unit": next(iter(codes)), "zone": zone}
            yield _reference(mapping, "calendar.defined", units.calendar.code, day, data)
        for data in units.calendar.data(next(iter(codes))):
            yield _reference(mapping, "calendar.day_defined", f"{data['calendar']}/{data['date']}", day, data)


def _calendar(units: Units, parent: str | None, ours: Collection[str]) -> dict[str, str]:
    """The calendar, for a unit that is below none of the mapping's own units; units below it inherit the calendar."""
    code = units.calendar_code
    return {"calendar": code} if code and parent not in ours else {}


def _unit(source: UnitColumn, coded: Coded, day: date) -> dict[str, Any]:
    return {
        "unit": coded.code,
        **_names(source, coded),
        "level": source.level,
        "parent": coded.parent,
        "valid_from": day.isoformat(),
    }


def _procedure(mapping: MappingFile, source: ProcedureColumn, coded: Coded, day: date) -> MappedEvent:
    terms = {name: getattr(source, name) for name in Term.model_fields if getattr(source, name) is not None}
    return _reference(mapping, "procedure.published", plain_code(coded.code), day, {**terms, **_names(source, coded)})


def _names(source: CodedColumn, coded: Coded) -> dict[str, str]:
    return {
        "name_vi": source.names_vi.get(coded.name, coded.name),
        "name_en": source.names_en.get(coded.name, coded.name),
    }


def _reference(mapping: MappingFile, kind: str, code: str, day: date, data: dict[str, Any]) -> MappedEvent:
    body = encode(data)
    event_id = derived_id(mapping.mapping, kind, code, day.isoformat(), body)
    # The later of two definitions of a unit holds: one with a calendar comes a second after the same mapping's without.
    moment = datetime.combine(day, time(second="calendar" in data), ZoneInfo(mapping.time.zone)).astimezone(UTC)
    event = new_event(kind, code, data, source=mapping.source, time=moment.isoformat(), event_id=event_id)
    return MappedEvent(encode(event).encode(), event_id, 0, code, kind, moment.isoformat())
