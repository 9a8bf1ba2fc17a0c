"""The rows of one case and a mapping → events. Pure: the same rows give the same bytes, whatever file they came from.

An event's id is derived from the mapping's name, the dossier and the rule (with the row's key), so that sending a file
again, or the same log in another format, makes no second event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple

from contract.aliases import NO_ALIASES, Aliases
from contract.events import EVENT_DATA, derived_id
from contract.procedure_codes import plain_code
from runtime.clock import VIETNAM
from senders.fields import field_reader
from senders.mapping import Mapping
from senders.rows import Row
from senders.rules import SKIP, Condition, EventRule, TypeTable, Value
from senders.values import Cells, RowError, Text, Values, looked_up, origin

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Made(NamedTuple):
    """An event as it is sent, its id, and where in the file it comes from."""

    line: bytes
    id: str
    place: int
    case: str


class Rejected(NamedTuple):
    """What of a file was not taken, and why."""

    place: int
    case: str
    column: str
    reason: str


class Field(NamedTuple):
    """One field of an event's data: ``start`` is its name in JSON, ``read`` gives its value."""

    start: str
    name: str
    column: str
    read: Callable[[Cells], Any]
    required: bool


class Transform:
    """A mapping made ready: every rule is compiled once. For one of ``aliases`` the unit's own code is told."""

    def __init__(self, mapping: Mapping, aliases: Aliases = NO_ALIASES) -> None:
        self.values = Values(mapping)
        self._case_of = self.values.text(mapping.case)
        self._case_column = origin(mapping.case)
        self._rules = [_Rule(mapping, self.values, rule, aliases) for rule in mapping.events]

    def case_of(self, row: Row) -> str | Rejected:
        """The case that a row belongs to, or why it belongs to none."""
        try:
            case = self._case_of(row.values)
        except RowError as fault:
            if row.fault is None:
                return Rejected(row.place, "", fault.column, fault.reason)
            case = None
        if row.fault:
            return Rejected(row.place, case or "", row.column, row.fault)
        return case or Rejected(row.place, "", self._case_column, "is empty, but names the case")

    def events(self, case: str, rows: Sequence[Row]) -> Iterator[Made | Rejected]:
        """Everything that the rows of one case make."""
        whole = rows[0].values if len(rows) == 1 else self._together(rows)
        for rule in self._rules:
            yield from rule.events(case, rows, whole)

    def _together(self, rows: Sequence[Row]) -> Cells:
        whole: Cells = {}
        for row in rows:
            for column, cell in row.values.items():
                if column not in whole and self.values.cell_text(cell) is not None:
                    whole[column] = cell
        return whole


class _Rule:
    def __init__(self, mapping: Mapping, values: Values, rule: EventRule, aliases: Aliases) -> None:
        self._aliases = aliases
        self._each = rule.each
        self._name = rule.id_part
        self._mapping = mapping.mapping
        self._source = quoted(mapping.source)
        self._subject_of = values.text(rule.subject) if rule.subject else None
        self._unit_of = values.text(rule.unit or mapping.unit)
        self._unit_column = origin(rule.unit or mapping.unit)
        self._type_of = _type_reader(values, rule.event)
        self._holds = [_condition(values.column(column), condition) for column, condition in rule.when.items()]
        self._time_column = origin(rule.time)
        self._time_of = values.instant(rule.time)
        self._key = [values.column(column) for column in rule.key] if rule.key else None
        self._fields = {kind: _fields(values, kind, rule) for kind in rule.types}

    def events(self, case: str, rows: Sequence[Row], whole: Cells) -> list[Made | Rejected]:
        if self._each == "case":
            made = self._made(case, rows[0].place, whole, {})
            return [made] if made else []
        events = [row for row in rows if row.is_event]
        if self._each == "row":
            alike: dict[str, int] = {}
            return [made for row in events if (made := self._made(case, row.place, row.values, alike))]
        return self._at_one_end(case, events)

    def _at_one_end(self, case: str, rows: Sequence[Row]) -> list[Made | Rejected]:
        found: list[Made | Rejected] = []
        timed = []
        for row in rows:
            try:
                if self._kind(row.values):
                    timed.append((self._time(row.values), row))
            except RowError as fault:
                found.append(Rejected(row.place, case, fault.column, fault.reason))
        if timed:
            # UTC texts sort like the instants they name: "+" of "…:22+00:00" comes before "." of "…:22.5+00:00".
            pick = min if self._each == "first_row" else max
            row = pick(timed, key=lambda entry: entry[0])[1]
            made = self._made(case, row.place, row.values, {})
            found += [made] if made else []
        return found

    def _kind(self, cells: Cells) -> str | None:
        for holds in self._holds:
            if not holds(cells):
                return None
        return self._type_of(cells)

    def _time(self, cells: Cells) -> str:
        time = self._time_of(cells)
        if time is None:
            raise RowError(self._time_column, "is empty, but the event needs a time")
        return time

    def _made(self, case: str, place: int, cells: Cells, alike: dict[str, int]) -> Made | Rejected | None:
        try:
            kind = self._kind(cells)
            return self._event(case, place, cells, kind, alike) if kind else None
        except RowError as fault:
            return Rejected(place, case, fault.column, fault.reason)

    def _event(self, case: str, place: int, cells: Cells, kind: str, alike: dict[str, int]) -> Made:
        subject = self._subject_of(cells) if self._subject_of else case
        if subject is None:
            raise RowError("subject", f"is empty, but {kind} needs one")
        unit = self._unit_of(cells)
        if unit is None:
            raise RowError(self._unit_column, f"is empty, but {kind} needs a unit")
        time = self._time(cells)
        if self._aliases:
            unit = self._aliases.unit_of(unit, datetime.fromisoformat(time).astimezone(VIETNAM).date())
        parts = ['{"unit":', quoted(unit)]
        for start, name, column, read, required in self._fields[kind]:
            try:
                found = read(cells)
            except ValueError as fault:
                raise RowError(column, str(fault)) from fault
            if found is not None:
                parts += (start, quoted(found) if found.__class__ is str else encode(found))
            elif required:
                raise RowError(column, f"is empty, but {kind} needs {name}")
        data = "".join(parts)
        key = () if self._each != "row" else self._row_key(cells, kind, time, data, alike)
        event_id = derived_id(self._mapping, subject, self._name, *key)
        line = (
            f'{{"specversion":"1.0","id":"{event_id}","type":"{kind}","source":{self._source},"time":"{time}",'
            f'"subject":{quoted(subject)},"data":{data}}}}}'
        )
        return Made(line.encode(), event_id, place, subject)

    def _row_key(self, cells: Cells, kind: str, time: str, data: str, alike: dict[str, int]) -> tuple[str, ...]:
        if self._key is not None:
            return tuple(read(cells) or "" for read in self._key)
        # Without a key the content is the key; rows that are alike in everything are told apart by counting them.
        content = f"{kind}\x1f{time}\x1f{data}"
        alike[content] = alike.get(content, 0) + 1
        return content, str(alike[content])


def _type_reader(values: Values, event: str | TypeTable) -> Text:
    if isinstance(event, str):
        return lambda _: event
    read = values.text(Value(column=event.column))
    column = "/".join(event.column)

    def kind(cells: Cells) -> str | None:
        found = looked_up(event.translate, event.unlisted, read(cells) or "", column)
        return None if found == SKIP else found

    return kind


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


def _fields(values: Values, kind: str, rule: EventRule) -> list[Field]:
    model = EVENT_DATA[kind]
    found = []
    for name, value in rule.data.items():
        if name == "unit":
            continue
        reader = plain_code if name == "procedure" else field_reader(model, name, values.marks)
        read: Callable[[Cells], Any] = values.instant(value) if reader is None else _typed(values.text(value), reader)
        required = name in model.model_fields and model.model_fields[name].is_required()
        found.append(Field(f",{quoted(name)}:", name, origin(value), read, required))
    return found


def _typed(text: Text, reader: Callable[[str], Any]) -> Callable[[Cells], Any]:
    if reader is str:
        return text

    def read(cells: Cells) -> Any:
        found = text(cells)
        return None if found is None else reader(found)

    return read
