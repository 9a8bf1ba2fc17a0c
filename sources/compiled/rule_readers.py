"""The parts of an event rule made ready: its type, its conditions and the fields of its events, read from cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from contract.events.envelope import EVENT_DATA
from contract.reference.procedure_codes import plain_code
from sources.compiled.cell_readers import Cells, RowError, Text, Values, looked_up, origin
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


def type_reader(values: Values, event: str | TypeTable) -> Text:
    """How to read the event's type; None for a row that makes no event."""
    if isinstance(event, str):
        return lambda _: event
    read = values.text(Value(column=event.column))
    column = "/".join(event.column)

    def kind(cells: Cells) -> str | None:
        found = looked_up(event.translate, event.unlisted, read(cells) or "", column)
        return None if found == SKIP else found

    return kind


def all_hold(values: Values, conditions: Mapping[str, Condition]) -> Callable[[Cells], bool]:
    """Whether cells meet every condition."""
    holds = [_condition(values.column(column), condition) for column, condition in conditions.items()]
    return lambda cells: all(one(cells) for one in holds)


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


def fields(values: Values, kind: str, rule: EventRule) -> list[Field]:
    """The fields of an event of this type, but for its unit."""
    model = EVENT_DATA[kind]
    found = list(_days(values, rule.period)) if rule.period else []
    for name, value in rule.data.items():
        if name == "unit":
            continue
        reader = plain_code if name == "procedure" else field_reader(model, name, values.marks)
        read = _reader(values, value, reader)
        required = name in model.model_fields and model.model_fields[name].is_required()
        found.append(Field(f",{quoted(name)}:", name, origin(value), read, required))
    return found


def _days(values: Values, period: Period) -> Iterator[Field]:
    """The fields that a period fills."""
    first_cell, read = values.first_cell(period.column), period_reader(period)
    for place, name in enumerate(("first_day", "last_day")):

        def day(cells: Cells, place: int = place) -> str | None:
            cell = first_cell(cells)
            return None if cell is None else read(cell)[place].isoformat()

        yield Field(f",{quoted(name)}:", name, "/".join(period.column), day, True)


def _reader(values: Values, value: Value, reader: Callable[[str], Any] | None) -> Callable[[Cells], Any]:
    if value.entries is not None and reader is not None:
        return _entries({name: _named(values, part, reader) for name, part in value.entries.items()})
    return values.instant(value) if reader is None else _typed(values.text(value), reader)


def _named(values: Values, part: Value, reader: Callable[[str], Any]) -> Callable[[Cells], Any]:
    read, column = _typed(values.text(part), reader), origin(part)

    def one(cells: Cells) -> Any:
        try:
            return read(cells)
        except ValueError as fault:
            raise RowError(column, str(fault)) from fault

    return one


def _entries(reads: Mapping[str, Callable[[Cells], Any]]) -> Callable[[Cells], Any]:
    """Several values by name; those that are empty are left out, and nothing is left when all are."""

    def read(cells: Cells) -> Any:
        found = {name: value for name, one in reads.items() if (value := one(cells)) is not None}
        return found or None

    return read


def _typed(text: Text, reader: Callable[[str], Any]) -> Callable[[Cells], Any]:
    if reader is str:
        return text

    def read(cells: Cells) -> Any:
        found = text(cells)
        return None if found is None else reader(found)

    return read
