"""The rows of one case and a mapping → events. Pure: the same rows give the same bytes, whatever file they came from.

An event's id is derived from the mapping's name, the dossier and the rule (with the row's key), so that sending a file
again, or the same log in another format, makes no second event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

from contract.events.envelope import derived_id
from contract.reference.aliases import NO_ALIASES, Aliases
from contract.time import VIETNAM
from sources.compiled.cell_readers import CellReader, Cells, RowError, column_names
from sources.compiled.rule_readers import conditions_reader, fields_of, type_reader
from sources.files.rows import Row
from sources.mapping.endings import ending_of_case, hides_ending
from sources.mapping.event_rules import EventRule
from sources.mapping.mapping_file import MappingFile

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


NO_COLUMNS: dict[str, str] = {}


class MappedEvent(NamedTuple):
    """An event as it is sent, its id, and where in the file it comes from.

    ``columns``: the column behind each of the event's fields, by the path that a refusal names.
    """

    line: bytes
    id: str
    place: int
    case: str
    kind: str = ""
    time: str = ""
    columns: dict[str, str] = NO_COLUMNS


class Rejected(NamedTuple):
    """A row or an event of a file that is not sent, with the reason."""

    place: int
    case: str
    column: str
    reason: str


class CompiledMapping:
    """A mapping with every rule compiled once. A unit named by one of its ``aliases`` gets its own code.

    ``hidden`` counts events that are left out because another event ends their case. ``without_due`` holds unit and
    procedure of dossiers whose appointment has to come from the procedure's term and the unit's calendar.
    """

    def __init__(self, mapping: MappingFile, aliases: Aliases = NO_ALIASES) -> None:
        self.cell_reader = CellReader(mapping)
        self._case_of = self.cell_reader.text(mapping.case)
        self._case_column = column_names(mapping.case)
        self._has_endings, self._ending_order = mapping.endings is not None, mapping.ending_order
        self.hidden = 0
        self.without_due: set[tuple[str, str]] = set()
        self._rules = [
            CompiledRule(mapping, self.cell_reader, rule, aliases, self.without_due) for rule in mapping.events
        ]

    def case_of(self, row: Row) -> str | Rejected:
        """The code of the case that a row belongs to, or the reason why it belongs to none."""
        try:
            case = self._case_of(row.values)
        except RowError as fault:
            if row.fault is None:
                return Rejected(row.place, "", fault.column, fault.reason)
            case = None
        if row.fault:
            return Rejected(row.place, case or "", row.column, row.fault)
        return case or Rejected(row.place, "", self._case_column, "is empty, but names the case")

    def events(self, case: str, rows: Sequence[Row]) -> Iterator[MappedEvent | Rejected]:
        """All events and refusals of the rows of one case."""
        whole = rows[0].values if len(rows) == 1 else self._merge(rows)
        if not self._has_endings:
            for rule in self._rules:
                yield from rule.events(case, rows, whole)
            return
        results = [result for rule in self._rules for result in rule.events(case, rows, whole)]
        events = [result for result in results if isinstance(result, MappedEvent) and result.case == case]
        end = ending_of_case([event.kind for event in events], [event.time for event in events], self._ending_order)
        for result in results:
            if end and isinstance(result, MappedEvent) and result.case == case and hides_ending(result.kind, end):
                self.hidden += 1
            else:
                yield result

    def _merge(self, rows: Sequence[Row]) -> Cells:
        whole: Cells = {}
        for row in rows:
            for column, cell in row.values.items():
                if column not in whole and self.cell_reader.cell_text(cell) is not None:
                    whole[column] = cell
        return whole


class CompiledRule:
    """One event rule of a mapping, compiled."""

    def __init__(
        self,
        mapping: MappingFile,
        cell_reader: CellReader,
        rule: EventRule,
        aliases: Aliases,
        without_due: set[tuple[str, str]],
    ) -> None:
        self._without_due = without_due
        self._aliases = aliases
        self._each = rule.each
        self._name = rule.id_part
        self._mapping = mapping.mapping
        self._source = quoted(mapping.source)
        self._subject_of = cell_reader.text(rule.subject) if rule.subject else None
        self._unit_of = cell_reader.text(rule.unit or mapping.unit)
        self._unit_column = column_names(rule.unit or mapping.unit)
        self._type_of = type_reader(cell_reader, rule.event)
        self._holds = conditions_reader(cell_reader, rule.when) if rule.when else None
        # Of the case's rows at least one, or none, must meet these.
        self._of_rows = [
            (conditions_reader(cell_reader, conditions), is_required)
            for conditions, is_required in ((rule.when_any_row, True), (rule.when_no_row, False))
            if conditions
        ]
        self._time_column = column_names(rule.time)
        self._time_of = cell_reader.instant(rule.time)
        # Totals are corrected: other numbers of the same period are another event.
        self._has_content_in_id = rule.each == "row" or rule.period is not None
        self._key = [cell_reader.column(column) for column in rule.key] if rule.key else None
        self._fields = {kind: fields_of(cell_reader, kind, rule) for kind in rule.types}
        self._columns = {
            kind: {
                "time": self._time_column,
                "subject": column_names(rule.subject or mapping.case),
                "data.unit": self._unit_column,
                **{f"data.{field.name}": field.column for field in fields},
            }
            for kind, fields in self._fields.items()
        }

    def events(self, case: str, rows: Sequence[Row], whole: Cells) -> list[MappedEvent | Rejected]:
        for holds, is_required in self._of_rows:
            if any(holds(row.values) for row in rows) != is_required:
                return []
        if self._each == "case":
            result = self._result(case, rows[0].place, whole, {})
            return [result] if result else []
        event_rows = [row for row in rows if row.is_event]
        if self._each == "row":
            alike: dict[str, int] = {}
            return [result for row in event_rows if (result := self._result(case, row.place, row.values, alike))]
        return self._first_or_last(case, event_rows)

    def _first_or_last(self, case: str, rows: Sequence[Row]) -> list[MappedEvent | Rejected]:
        results: list[MappedEvent | Rejected] = []
        timed = []
        for row in rows:
            try:
                if self._kind(row.values):
                    timed.append((self._time(row.values), row))
            except RowError as fault:
                results.append(Rejected(row.place, case, fault.column, fault.reason))
        if timed:
            # UTC texts sort like their instants: "+" of "…:22+00:00" comes before "." of "…:22.5+00:00".
            pick = min if self._each == "first_row" else max
            row = pick(timed, key=lambda entry: entry[0])[1]
            result = self._result(case, row.place, row.values, {})
            results += [result] if result else []
        return results

    def _kind(self, cells: Cells) -> str | None:
        if self._holds and not self._holds(cells):
            return None
        return self._type_of(cells)

    def _time(self, cells: Cells) -> str:
        time = self._time_of(cells)
        if time is None:
            raise RowError(self._time_column, "is empty, but the event needs a time")
        return time

    def _result(self, case: str, place: int, cells: Cells, alike: dict[str, int]) -> MappedEvent | Rejected | None:
        try:
            kind = self._kind(cells)
            return self._event(case, place, cells, kind, alike) if kind else None
        except RowError as fault:
            return Rejected(place, case, fault.column, fault.reason)

    def _event(self, case: str, place: int, cells: Cells, kind: str, alike: dict[str, int]) -> MappedEvent:
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
        procedure, has_due = None, False
        for start, name, column, read, required in self._fields[kind]:
            try:
                value = read(cells)
            except ValueError as fault:
                raise RowError(column, str(fault)) from fault
            if value is not None:
                if name == "procedure":
                    procedure = value
                has_due = has_due or name == "due_at"
                parts += (start, quoted(value) if value.__class__ is str else encode(value))
            elif required:
                raise RowError(column, f"is empty, but {kind} needs {name}")
        if kind == "dossier.accepted" and procedure and not has_due:
            self._without_due.add((unit, procedure))
        data = "".join(parts)
        key = () if not self._has_content_in_id else self._row_key(cells, kind, time, data, alike)
        event_id = derived_id(self._mapping, subject, self._name, *key)
        line = (
            f'{{"specversion":"1.0","id":"{event_id}","type":"{kind}","source":{self._source},"time":"{time}",'
            f'"subject":{quoted(subject)},"data":{data}}}}}'
        )
        return MappedEvent(line.encode(), event_id, place, subject, kind, time, self._columns[kind])

    def _row_key(self, cells: Cells, kind: str, time: str, data: str, alike: dict[str, int]) -> tuple[str, ...]:
        if self._key is not None:
            return tuple(read(cells) or "" for read in self._key)
        # Without a key the content is the key; rows that are alike in everything are distinguished by a running number.
        content = f"{kind}\x1f{time}\x1f{data}"
        alike[content] = alike.get(content, 0) + 1
        return content, str(alike[content])
