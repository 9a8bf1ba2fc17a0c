"""The units and procedures a file speaks of, found by reading it once, as events that go ahead of all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from contract.events import derived_id
from contract.procedure_codes import plain_code
from contract.reference_events import Term
from senders.mapping import CodedColumn, Mapping, ProcedureColumn, UnitColumn
from senders.readers import file_format, rows
from senders.rows import FileError
from senders.transform import Made, Transform, encode
from senders.values import Coded, RowError

MOST_CODES = 20_000


@dataclass
class Survey:
    """How many rows a file has, the codes its columns make, in order of first use, and the reader's remarks."""

    rows: int = 0
    codes: dict[str, dict[str, Coded]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def survey(file: Path, mapping: Mapping, transform: Transform) -> Survey:
    """Reads the file once. Raises ``FileError`` for columns that never occur and for units without end."""
    found = Survey(codes={name: {} for name in mapping.coded})
    unseen = set(mapping.columns - set(mapping.optional_columns))
    for row in rows(file, mapping, found.remarks.append):
        found.rows += 1
        if row.fault:
            continue
        if unseen:
            unseen.difference_update(row.values)
        for name, known in found.codes.items():
            try:
                coded = transform.values.coded(name, row.values)
            except RowError:
                continue
            if coded and coded.code not in known:
                known[coded.code] = coded
                if len(known) > MOST_CODES:
                    column = mapping.coded[name].column
                    raise FileError(f"{file}: column {column!r} has over {MOST_CODES} values: is {name} the right one?")
    if unseen and found.rows and file_format(file, mapping.file) == "xes":
        raise FileError(
            f"{file}: the mapping needs {', '.join(map(repr, sorted(unseen)))}, which no trace or event has "
            "(a trace's own attributes have case: in front); if that may be, list it under optional_columns"
        )
    return found


def reference_events(mapping: Mapping, found: Survey) -> Iterator[Made]:
    """Units, parents first, then procedures. Their ids come from their content: the same definition is one event."""
    if mapping.units:
        day = mapping.units.valid_from
        for unit in mapping.units.defined:
            data = {"unit": unit.code, **unit.model_dump(mode="json", exclude={"code"}, exclude_none=True)}
            yield _reference(mapping, "unit.defined", unit.code, day, {**data, "valid_from": day.isoformat()})
        for name, source in mapping.units.from_columns.items():
            for coded in found.codes[name].values():
                yield _unit(mapping, source, coded, day)
    if mapping.procedures:
        day = mapping.procedures.published
        for procedure in mapping.procedures.defined:
            data = procedure.model_dump(mode="json", exclude={"code"}, exclude_none=True)
            yield _reference(mapping, "procedure.published", plain_code(procedure.code), day, data)
        for name, kind in mapping.procedures.from_columns.items():
            for coded in found.codes[name].values():
                yield _procedure(mapping, kind, coded, day)


def _unit(mapping: Mapping, source: UnitColumn, coded: Coded, day: date) -> Made:
    data = {
        "unit": coded.code,
        **_names(source, coded),
        "level": source.level,
        "parent": coded.parent,
        "valid_from": day.isoformat(),
    }
    return _reference(mapping, "unit.defined", coded.code, day, data)


def _procedure(mapping: Mapping, source: ProcedureColumn, coded: Coded, day: date) -> Made:
    terms = {name: getattr(source, name) for name in Term.model_fields if getattr(source, name) is not None}
    return _reference(mapping, "procedure.published", plain_code(coded.code), day, {**terms, **_names(source, coded)})


def _names(source: CodedColumn, coded: Coded) -> dict[str, str]:
    return {
        "name_vi": source.names_vi.get(coded.name, coded.name),
        "name_en": source.names_en.get(coded.name, coded.name),
    }


def _reference(mapping: Mapping, kind: str, code: str, day: date, data: dict[str, Any]) -> Made:
    body = encode(data)
    event_id = derived_id(mapping.mapping, kind, code, day.isoformat(), body)
    moment = datetime.combine(day, time(), ZoneInfo(mapping.time.zone)).astimezone(UTC)
    event = {
        "specversion": "1.0",
        "id": event_id,
        "type": kind,
        "source": mapping.source,
        "time": moment.isoformat(),
        "subject": code,
        "data": data,
    }
    return Made(encode(event).encode(), event_id, 0, code)
