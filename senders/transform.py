"""The rows of one case and a mapping → events. Pure: the same rows give the same bytes, whatever file they came from.

An event's id is derived from the mapping's name, the dossier and the rule (with the row's key), so that sending a file
again, or the same log in another format, makes no second event.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from contract.events import EVENT_DATA, derived_id
from senders.codes import slug
from senders.fields import field_reader
from senders.instants import instant_reader
from senders.mapping import SKIP, CodedColumn, Condition, EventRule, Mapping, TypeTable, UnitColumn, Value
from senders.readers import Cell, Row

Cells = dict[str, Cell]
Text = Callable[[Cells], str | None]

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class RowError(Exception):
    """Why a row makes no event: the column and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column = column
        self.reason = reason


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


class Coded(NamedTuple):
    """A code made of a column's value, with what is needed to define it."""

    code: str
    name: str
    parent: str | None


class Transform:
    """A mapping made ready: every rule is compiled once."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._missing = frozenset(mapping.missing) | {""}
        self._codes: dict[tuple[str, str, str | None], str] = {}
        self.case_of = self.text(mapping.case)
        self._unit_of = self.text(mapping.unit)
        self._rules = [_Rule(self, rule) for rule in mapping.events]

    def events(self, case: Sequence[Row]) -> Iterator[Made | Rejected]:
        """Everything that the rows of one case make."""
        whole = case[0].values if len(case) == 1 else self._together(case)
        for rule in self._rules:
            yield from rule.events(case, whole)

    def _together(self, case: Sequence[Row]) -> Cells:
        whole: Cells = {}
        for row in case:
            for column, cell in row.values.items():
                if column not in whole and self.cell_text(cell) is not None:
                    whole[column] = cell
        return whole

    def cell_text(self, cell: Cell) -> str | None:
        """The cell's text without outer blanks; None when it holds nothing."""
        if cell is None:
            return None
        text = cell.strip() if isinstance(cell, str) else cell.isoformat()
        return None if text in self._missing else text

    def text(self, value: Value) -> Text:
        """How to read a value from a row: None when it holds nothing, ``RowError`` when it is not as it should be."""
        if value.constant is not None:
            constant = value.prefix + value.constant
            return lambda _: constant
        if value.code_from is not None:
            source = self.mapping.coded[value.code_from]
            name = value.code_from
            return self._finished(lambda cells: self._code(name, source, cells), value)
        columns, cell_text = value.column or [], self.cell_text
        if len(columns) == 1:
            column = columns[0]
            return self._finished(lambda cells: cell_text(cells.get(column)), value)
        return self._finished(
            lambda cells: next((text for name in columns if (text := cell_text(cells.get(name))) is not None), None),
            value,
        )

    def _finished(self, read: Text, value: Value) -> Text:
        prefix, missing, table = value.prefix, value.missing, value.translate
        if not prefix and missing is None and table is None:
            return read
        where = "/".join(value.column or [value.code_from or ""])

        def finished(cells: Cells) -> str | None:
            text = read(cells)
            if text is None:
                return missing
            if table is not None:
                text = _looked_up(table, value.unlisted, text, where)
            return prefix + text

        return finished

    def coded(self, name: str, cells: Cells) -> Coded | None:
        """The code of this row's value in ``from_columns: name``, its name and its parent; None when it is empty."""
        source = self.mapping.coded[name]
        value = self.cell_text(cells.get(source.column))
        code = self._code(name, source, cells)
        if value is None or code is None:
            return None
        named = self.cell_text(cells.get(source.name_column)) if source.name_column else None
        return Coded(code, named or value, self._parent(source, cells))

    def _parent(self, source: CodedColumn, cells: Cells) -> str | None:
        return self.text(source.parent)(cells) if isinstance(source, UnitColumn) else None

    def _code(self, name: str, source: CodedColumn, cells: Cells) -> str | None:
        value = self.cell_text(cells.get(source.column))
        if value is None:
            return None
        if value in source.codes:
            return source.codes[value]
        if source.code == "as_is":
            return (source.prefix or "") + value
        fixed = source.prefix is not None or not isinstance(source, UnitColumn)
        parent = None if fixed else self._parent(source, cells)
        known = self._codes.get((name, value, parent))
        if known is None:
            known = (source.prefix or "") + slug(value) if fixed else f"{parent}.{slug(value)}"
            self._codes[name, value, parent] = known
        return known

    def unit(self, rule: EventRule) -> Text:
        """How to read the unit of a rule's events."""
        return self.text(rule.unit) if rule.unit else self._unit_of

    def subject(self, rule: EventRule) -> Text:
        """How to read the subject of a rule's events."""
        return self.text(rule.subject) if rule.subject else self.case_of


class _Rule:
    def __init__(self, transform: Transform, rule: EventRule) -> None:
        self._each = rule.each
        self._name = rule.id_part
        self._mapping = transform.mapping.mapping
        self._source = transform.mapping.source
        self._case_of = transform.case_of
        self._subject_of = transform.subject(rule)
        self._unit_of = transform.unit(rule)
        self._unit_column = _origin(rule.unit or transform.mapping.unit)
        self._type_of = _type_reader(transform, rule.event)
        self._holds = [_condition(transform, column, condition) for column, condition in rule.when.items()]
        self._time_column = _origin(rule.time)
        self._time_of = _instant(transform, rule.time)
        self._key = [transform.text(Value(column=[column])) for column in rule.key] if rule.key else None
        self._fields = {kind: _fields(transform, kind, rule) for kind in rule.types}

    def events(self, case: Sequence[Row], whole: Cells) -> Iterator[Made | Rejected]:
        if self._each == "case":
            yield from self._made(case[0].place, whole, None)
            return
        rows = [row for row in case if row.is_event]
        if self._each == "row":
            alike: Counter[str] = Counter()
            for row in rows:
                yield from self._made(row.place, row.values, alike)
            return
        timed = []
        for row in rows:
            try:
                if self._type_of(row.values) and self._applies(row.values):
                    timed.append((self._time(row.values), row))
            except RowError as fault:
                yield Rejected(row.place, self._case_of(row.values) or "", fault.column, fault.reason)
        if timed:
            # UTC texts sort like the instants they name: "+" of "…:22+00:00" comes before "." of "…:22.5+00:00".
            pick = min if self._each == "first_row" else max
            chosen = pick(timed, key=lambda entry: entry[0])[1]
            yield from self._made(chosen.place, chosen.values, None)

    def _applies(self, cells: Cells) -> bool:
        return all(holds(cells) for holds in self._holds)

    def _time(self, cells: Cells) -> str:
        time = self._time_of(cells)
        if time is None:
            raise RowError(self._time_column, "is empty, but the event needs a time")
        return time

    def _made(self, place: int, cells: Cells, alike: Counter[str] | None) -> Iterator[Made | Rejected]:
        try:
            if not self._applies(cells):
                return
            kind = self._type_of(cells)
            if kind is None:
                return
            yield self._event(place, cells, kind, alike)
        except RowError as fault:
            yield Rejected(place, self._case_of(cells) or "", fault.column, fault.reason)

    def _event(self, place: int, cells: Cells, kind: str, alike: Counter[str] | None) -> Made:
        subject = self._subject_of(cells)
        unit = self._unit_of(cells)
        if subject is None:
            raise RowError("subject", "is empty")
        if unit is None:
            raise RowError(self._unit_column, "is empty, but the event needs a unit")
        time = self._time(cells)
        data: dict[str, Any] = {"unit": unit}
        for name, column, read, required in self._fields[kind]:
            try:
                found = read(cells)
            except ValueError as fault:
                raise RowError(column, str(fault)) from fault
            if found is not None:
                data[name] = found
            elif required:
                raise RowError(column, f"is empty, but {kind} needs {name}")
        body = encode(data)
        key = self._row_key(cells, kind, time, body, alike)
        event_id = str(derived_id(self._mapping, subject, self._name, *key))
        line = (
            f'{{"specversion":"1.0","id":"{event_id}","type":"{kind}","source":"{self._source}","time":"{time}",'
            f'"subject":{encode(subject)},"data":{body}}}'
        )
        return Made(line.encode(), event_id, place, subject)

    def _row_key(self, cells: Cells, kind: str, time: str, body: str, alike: Counter[str] | None) -> tuple[str, ...]:
        if self._key is not None:
            return tuple(read(cells) or "" for read in self._key)
        if alike is None:
            return ()
        # Without a key the content is the key; rows that are alike in everything are told apart by counting them.
        content = f"{kind}\x1f{time}\x1f{body}"
        alike[content] += 1
        return content, str(alike[content])


def _origin(value: Value) -> str:
    return "/".join(value.column or [value.code_from or "constant"])


def _looked_up(table: dict[str, str], unlisted: str | None, text: str, column: str) -> str:
    found = table.get(text, unlisted)
    if found is None:
        raise RowError(column, f"{text[:60]!r} is not listed under translate")
    return found


def _type_reader(transform: Transform, event: str | TypeTable) -> Text:
    if isinstance(event, str):
        return lambda _: event
    read = transform.text(Value(column=event.column))
    column = "/".join(event.column)

    def kind(cells: Cells) -> str | None:
        found = _looked_up(event.translate, event.unlisted, read(cells) or "", column)
        return None if found == SKIP else found

    return kind


def _condition(transform: Transform, column: str, condition: Condition) -> Callable[[Cells], bool]:
    cell_text = transform.cell_text
    if condition == "present":
        return lambda cells: cell_text(cells.get(column)) is not None
    if condition == "absent":
        return lambda cells: cell_text(cells.get(column)) is None
    if condition.is_ is not None:
        allowed = frozenset(condition.is_)
        return lambda cells: cell_text(cells.get(column)) in allowed
    refused = frozenset(condition.is_not or ())
    return lambda cells: cell_text(cells.get(column)) not in refused


def _instant(transform: Transform, value: Value) -> Text:
    """Like ``Transform.text``, for an instant: cells that are dates already stay dates until they are read."""
    read_instant = instant_reader(transform.mapping.time, value.date_only)
    column = _origin(value)
    cell_text = transform.cell_text
    plain = value.column is not None and not value.prefix and value.translate is None and value.missing is None
    read_text = transform.text(value)
    columns = value.column or []

    def cell_in(cells: Cells) -> Cell:
        if not plain:
            return read_text(cells)
        return next((cells[name] for name in columns if cell_text(cells.get(name)) is not None), None)

    def instant(cells: Cells) -> str | None:
        cell = cell_in(cells)
        if cell is None:
            return None
        try:
            return read_instant(cell)
        except ValueError as fault:
            raise RowError(column, str(fault)) from fault

    return instant


def _fields(transform: Transform, kind: str, rule: EventRule) -> list[tuple[str, str, Callable[[Cells], Any], bool]]:
    model = EVENT_DATA[kind]
    found = []
    for name, value in rule.data.items():
        required = name in model.model_fields and model.model_fields[name].is_required()
        reader = field_reader(model, name)
        read: Callable[[Cells], Any]
        read = _instant(transform, value) if reader is None else _typed(transform.text(value), reader)
        found.append((name, _origin(value), read, required))
    return found


def _typed(text: Text, reader: Callable[[str], Any]) -> Callable[[Cells], Any]:
    if reader is str:
        return text

    def read(cells: Cells) -> Any:
        found = text(cells)
        return None if found is None else reader(found)

    return read
