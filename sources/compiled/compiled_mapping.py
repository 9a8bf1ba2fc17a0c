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
from sources.compiled.cell_readers import Cells, RowError, Values, origin
from sources.compiled.rule_readers import all_hold, fields, type_reader
from sources.files.rows import Row
from sources.mapping.endings import hides, standing
from sources.mapping.event_rules import EventRule
from sources.mapping.mapping_file import Mapping

encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


NO_COLUMNS: dict[str, str] = {}


class Made(NamedTuple):
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
    """What of a file was not taken, and why."""

    place: int
    case: str
    column: str
    reason: str


class Transform:
    """A mapping made ready: every rule is compiled once. For one of ``aliases`` the unit's own code is told.

    ``hidden`` counts events that were left out because another end stands for their case. ``without_due`` are the
    units and procedures of dossiers whose appointment the procedure's term and the unit's calendar have to give.
    """

    def __init__(self, mapping: Mapping, aliases: Aliases = NO_ALIASES) -> None:
        self.values = Values(mapping)
        self._case_of = self.values.text(mapping.case)
        self._case_column = origin(mapping.case)
        self._has_endings, self._ending_order = mapping.endings is not None, mapping.ending_order
        self.hidden = 0
        self.without_due: set[tuple[str, str]] = set()
        self._rules = [_Rule(mapping, self.values, rule, aliases, self.without_due) for rule in mapping.events]

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
        if not self._has_endings:
            for rule in self._rules:
                yield from rule.events(case, rows, whole)
            return
        found = [one for rule in self._rules for one in rule.events(case, rows, whole)]
        made = [one for one in found if isinstance(one, Made) and one.case == case]
        end = standing([one.kind for one in made], [one.time for one in made], self._ending_order)
        for one in found:
            if end and isinstance(one, Made) and one.case == case and hides(one.kind, end):
                self.hidden += 1
            else:
                yield one

    def _together(self, rows: Sequence[Row]) -> Cells:
        whole: Cells = {}
        for row in rows:
            for column, cell in row.values.items():
                if column not in whole and self.values.cell_text(cell) is not None:
                    whole[column] = cell
        return whole


class _Rule:
    def __init__(
        self, mapping: Mapping, values: Values, rule: EventRule, aliases: Aliases, without_due: set[tuple[str, str]]
    ) -> None:
        self._without_due = without_due
        self._aliases = aliases
        self._each = rule.each
        self._name = rule.id_part
        self._mapping = mapping.mapping
        self._source = quoted(mapping.source)
        self._subject_of = values.text(rule.subject) if rule.subject else None
        self._unit_of = values.text(rule.unit or mapping.unit)
        self._unit_column = origin(rule.unit or mapping.unit)
        self._type_of = type_reader(values, rule.event)
        self._holds = all_hold(values, rule.when) if rule.when else None
        # Of the case's rows at least one, or none, must meet these.
        self._of_rows = [
            (all_hold(values, conditions), wanted)
            for conditions, wanted in ((rule.when_any_row, True), (rule.when_no_row, False))
            if conditions
        ]
        self._time_column = origin(rule.time)
        self._time_of = values.instant(rule.time)
        # Totals are corrected: other numbers of the same period are another event.
        self._has_content_in_id = rule.each == "row" or rule.period is not None
        self._key = [values.column(column) for column in rule.key] if rule.key else None
        self._fields = {kind: fields(values, kind, rule) for kind in rule.types}
        self._columns = {
            kind: {
                "time": self._time_column,
                "subject": origin(rule.subject or mapping.case),
                "data.unit": self._unit_column,
                **{f"data.{field.name}": field.column for field in its_fields},
            }
            for kind, its_fields in self._fields.items()
        }

    def events(self, case: str, rows: Sequence[Row], whole: Cells) -> list[Made | Rejected]:
        for holds, wanted in self._of_rows:
            if any(holds(row.values) for row in rows) != wanted:
                return []
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
        if self._holds and not self._holds(cells):
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
        procedure, has_due = None, False
        for start, name, column, read, required in self._fields[kind]:
            try:
                found = read(cells)
            except ValueError as fault:
                raise RowError(column, str(fault)) from fault
            if found is not None:
                if name == "procedure":
                    procedure = found
                has_due = has_due or name == "due_at"
                parts += (start, quoted(found) if found.__class__ is str else encode(found))
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
        return Made(line.encode(), event_id, place, subject, kind, time, self._columns[kind])

    def _row_key(self, cells: Cells, kind: str, time: str, data: str, alike: dict[str, int]) -> tuple[str, ...]:
        if self._key is not None:
            return tuple(read(cells) or "" for read in self._key)
        # Without a key the content is the key; rows that are alike in everything are told apart by counting them.
        content = f"{kind}\x1f{time}\x1f{data}"
        alike[content] = alike.get(content, 0) + 1
        return content, str(alike[content])
