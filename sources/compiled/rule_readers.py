"""The parts of an event rule, compiled: readers of its type, its conditions and the fields of its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from contract.events.envelope import EVENT_DATA
from contract.reference.procedure_codes import plain_code
from sources.compiled.cell_readers import CellReader, Cells, RowError, Text, column_names, translate
from sources.compiled.field_types import field_reader
from sources.mapping.event_rules import SKIP, Condition, EventRule, TypeTable
from sources.mapping.periods import Period, period_reader
from sources.mapping.rules import Value


class Field(NamedTuple):
    """One field of an event's data: ``start`` is its name in JSON, ``read`` gives its value."""

    start: str
    name: str
    column: str
    read: Callable[[Cells], Any]
    required: bool


def type_reader(cell_reader: CellReader, event: str | TypeTable) -> Text:
    """A reader of the event's type, which returns None for a row that makes no event."""
    if isinstance(event, str):
        return lambda _: event
    read = cell_reader.text(Value(column=event.column))
    column = "/".join(event.column)

    def kind(cells: Cells) -> str | None:
        translation = translate(event.translate, event.unlisted, read(cells) or "", column)
        return None if translation == SKIP else translation

    return kind


def conditions_reader(cell_reader: CellReader, conditions: Mapping[str, Condition]) -> Callable[[Cells], bool]:
    """A function that says whether cells meet every condition."""
    holds = [_condition(cell_reader.column(column), condition) for column, condition in conditions.items()]
    return lambda cells: all(condition(cells) for condition in holds)


def _condition(read: Text, condition: Condition) -> Callable[[Cells], bool]:
    if condition == "present":
        return lambda cells: read(cells) is not None
    if condition == "absent":
        return lambda cells: read(cells) is None
    if condition.is_ is not None:
        allowed = frozenset(condition.is_)
        return lambda cells: read(cells) in allowed
    excluded = frozenset(condition.is_not or ())
    return lambda cells: read(cells) not in excluded


def fields_of(cell_reader: CellReader, kind: str, rule: EventRule) -> list[Field]:
    """The fields of an event of this type without its unit, each with its reader."""
    model = EVENT_DATA[kind]
    fields = list(_days(cell_reader, rule.period)) if rule.period else []
    for name, value in rule.data.items():
        if name == "unit":
            continue
        reader = plain_code if name == "procedure" else field_reader(model, name, cell_reader.marks)
        read = _reader(cell_reader, value, reader)
        required = name in model.model_fields and model.model_fields[name].is_required()
        fields.append(Field(f",{quoted(name)}:", name, column_names(value), read, required))
    return fields


def _days(cell_reader: CellReader, period: Period) -> Iterator[Field]:
    """The fields that a period fills."""
    first_cell, read = cell_reader.first_cell(period.column), period_reader(period)
    for place, name in enumerate(("first_day", "last_day")):

        def day(cells: Cells, place: int = place) -> str | None:
            cell = first_cell(cells)
            return None if cell is None else read(cell)[place].isoformat()

        yield Field(f",{quoted(name)}:", name, "/".join(period.column), day, True)


def _reader(cell_reader: CellReader, value: Value, reader: Callable[[str], Any] | None) -> Callable[[Cells], Any]:
    if value.entries is not None and reader is not None:
        return _entries({name: _named(cell_reader, part, reader) for name, part in value.entries.items()})
    return cell_reader.instant(value) if reader is None else _typed(cell_reader.text(value), reader)


def _named(cell_reader: CellReader, part: Value, reader: Callable[[str], Any]) -> Callable[[Cells], Any]:
    read, column = _typed(cell_reader.text(part), reader), column_names(part)

    def read_named(cells: Cells) -> Any:
        try:
            return read(cells)
        except ValueError as fault:
            raise RowError(column, str(fault)) from fault

    return read_named


def _entries(reads: Mapping[str, Callable[[Cells], Any]]) -> Callable[[Cells], Any]:
    """A reader of several values by name without the empty ones; None when all are empty."""

    def read(cells: Cells) -> Any:
        entries = {name: value for name, read_entry in reads.items() if (value := read_entry(cells)) is not None}
        return entries or None

    return read


def _typed(text: Text, reader: Callable[[str], Any]) -> Callable[[Cells], Any]:
    if reader is str:
        return text

    def read(cells: Cells) -> Any:
        value = text(cells)
        return None if value is None else reader(value)

    return read
