"""The mapping's values made ready: functions from a row's cells to text, to an instant, or to a generated code.

Each is compiled once and called for every row, so the common case (one column, nothing else) is kept short.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sources.compiled.instants import instant_reader
from sources.compiled.numbers import Marks
from sources.compiled.slugs import slug
from sources.files.rows import Cell, Number
from sources.mapping.coded import CodedColumn, UnitColumn
from sources.mapping.mapping_file import Mapping
from sources.mapping.rules import MOST_ADDED, Value

Cells = dict[str, Cell]
Text = Callable[[Cells], str | None]
"""None says that the cell holds nothing; ``RowError`` that it is not as it should be."""


_NO_BLANKS = "leave out code: as_is, or give it a code under codes"


class RowError(Exception):
    """Why a row makes no event: the column and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column = column
        self.reason = reason


class Coded(NamedTuple):
    """A code made of a column's value, with what is needed to define it."""

    code: str
    name: str
    parent: str | None


def origin(value: Value) -> str:
    """What a report calls the place a value comes from."""
    parts = [*(value.join or []), *filter(None, [value.after]), *(value.entries or {}).values()]
    if parts:
        return "/".join(dict.fromkeys(map(origin, parts)))
    return "/".join(value.column or [value.code_from or "constant"])


def _bare(text: str) -> str:
    # strip() would make plain text of a cell that is a number.
    return text if text.__class__ is Number else text.strip()


def looked_up(table: dict[str, str], unlisted: str | None, text: str, column: str) -> str:
    """The table's word for a text. Raises ``RowError`` when it has none."""
    found = table.get(text, unlisted)
    if found is None:
        raise RowError(column, f"{text[:60]!r} is not listed under translate")
    return found


def joined(reads: list[Text], between: str) -> Text:
    """All texts with ``between`` between them; nothing when one is empty, so that no two things get one name."""

    def together(cells: Cells) -> str | None:
        texts = [text for read in reads if (text := read(cells)) is not None]
        return between.join(texts) if len(texts) == len(reads) else None

    return together


def later(since: Text, amount: Text, column: str, zone: ZoneInfo, *, by_day: bool) -> Text:
    """An instant so many calendar days (at the same hour of ``zone``'s clock) or hours after another, as UTC text."""

    def instant(cells: Cells) -> str | None:
        begin, number = since(cells), amount(cells)
        if begin is None or number is None:
            return None
        if not (number.isascii() and number.isdigit() and int(number) <= MOST_ADDED):
            raise RowError(column, f"{number[:60]!r} is no whole number from 0 to {MOST_ADDED:,}")
        moment = datetime.fromisoformat(begin)
        try:
            if by_day:
                local = moment.astimezone(zone).replace(tzinfo=None, fold=0) + timedelta(days=int(number))
                moment = local.replace(tzinfo=zone)
            else:
                moment += timedelta(hours=int(number))
            return moment.astimezone(UTC).isoformat()
        except OverflowError as fault:
            raise RowError(column, f"{number} after {begin} is beyond the calendar") from fault

    return instant


class Values:
    """Reads the values of one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self.marks = Marks(mapping.numbers.decimal, mapping.numbers.thousands) if mapping.numbers else None
        self._missing = frozenset(mapping.missing) | {""}
        self._coders: dict[str, Text] = {}
        for name, source in mapping.coded.items():
            self._coders[name] = self._coder(source)

    def cell_text(self, cell: Cell) -> str | None:
        """The cell's text without outer blanks; None when it holds nothing."""
        if cell is None:
            return None
        text = _bare(cell) if isinstance(cell, str) else cell.isoformat()
        return None if text in self._missing else text

    def column(self, name: str) -> Text:
        """How to read one column."""
        missing = self._missing
        cell_text = self.cell_text

        def read(cells: Cells) -> str | None:
            cell = cells.get(name)
            if not isinstance(cell, str):
                return cell_text(cell)
            text = _bare(cell)
            return None if text in missing else text

        return read

    def text(self, value: Value) -> Text:
        """How to read a value."""
        if value.constant is not None:
            constant = value.prefix + value.constant
            return lambda _: constant
        if value.code_from is not None:
            return self._finished(self._coders[value.code_from], value)
        if value.join is not None:
            return self._finished(joined([self.text(part) for part in value.join], value.with_), value)
        return self._finished(self._first([self.column(name) for name in value.column or []]), value)

    def instant(self, value: Value) -> Text:
        """How to read a value that is an instant, as UTC text."""
        if value.after is not None and value.add is not None:
            # The end of the day is that of the day it counts from.
            since = value.after if value.date_only == "start" else value.after.model_copy(update={"date_only": "end"})
            zone = ZoneInfo(self._mapping.time.zone)
            by_day = value.unit == "day"
            return later(self.instant(since), self.text(value.add), origin(value.add), zone, by_day=by_day)
        read_instant = instant_reader(self._mapping.time, value.date_only)
        column = origin(value)
        as_written = value.column is not None and not (value.prefix or value.translate or value.missing)
        # Dates of Parquet and Excel stay dates; only what the mapping changes has to become text first.
        read = self.first_cell(value.column or []) if as_written else self.text(value)

        def instant(cells: Cells) -> str | None:
            cell = read(cells)
            if cell is None:
                return None
            try:
                return read_instant(cell)
            except ValueError as fault:
                raise RowError(column, str(fault)) from fault

        return instant

    def coded(self, name: str, cells: Cells) -> Coded | None:
        """The code of this row's value in ``from_columns: name``, its name and its parent; None when it is empty."""
        source = self._mapping.coded[name]
        code = self._coders[name](cells)
        if code is None:
            return None
        named = self.cell_text(cells.get(source.name_column)) if source.name_column else None
        parent = self.text(source.parent)(cells) if isinstance(source, UnitColumn) else None
        return Coded(code, named or self.cell_text(cells.get(source.column)) or code, parent)

    def _first(self, reads: list[Text]) -> Text:
        if len(reads) == 1:
            return reads[0]
        return lambda cells: next((text for read in reads if (text := read(cells)) is not None), None)

    def first_cell(self, columns: list[str]) -> Callable[[Cells], Cell]:
        """How to read the first of these columns that holds something, a date as a date."""
        missing, cell_text = self._missing, self.cell_text
        if len(columns) > 1:
            return lambda cells: next((cells[name] for name in columns if cell_text(cells.get(name)) is not None), None)
        column = columns[0]

        def read(cells: Cells) -> Cell:
            cell = cells.get(column)
            return None if isinstance(cell, str) and cell.strip() in missing else cell

        return read

    def _finished(self, read: Text, value: Value) -> Text:
        prefix, missing, table = value.prefix, value.missing, value.translate
        if not prefix and missing is None and table is None:
            return read
        column = origin(value)

        def finished(cells: Cells) -> str | None:
            text = read(cells)
            if text is None:
                return missing
            if table is not None:
                text = looked_up(table, value.unlisted, text, column)
            return prefix + text

        return finished

    def _coder(self, source: CodedColumn) -> Text:
        read = self.column(source.column)
        below_parent = isinstance(source, UnitColumn) and source.prefix is None and source.code == "slug"
        parent_of = self.text(source.parent) if isinstance(source, UnitColumn) and below_parent else None
        prefix = source.prefix or ""
        is_unit = isinstance(source, UnitColumn)
        known: dict[tuple[str, str | None], str] = {}

        def code(cells: Cells) -> str | None:
            value = read(cells)
            if value is None:
                return None
            parent = parent_of(cells) if parent_of else None
            found = known.get((value, parent))
            if found is None:
                made = value if source.code == "as_is" else slug(value)
                if is_unit and value not in source.codes and made.split() != [made]:
                    raise RowError(
                        source.column, f"{made[:60]!r} holds a blank, which a unit's code must not: {_NO_BLANKS}"
                    )
                found = source.codes.get(value) or (f"{parent}.{made}" if parent_of else prefix + made)
                known[value, parent] = found
            return found

        return code
