"""Values of a mapping, compiled: functions from a row's cells to a text, an instant or a generated code.

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
from sources.mapping.mapping_file import MappingFile
from sources.mapping.rules import MOST_ADDED, Value

Cells = dict[str, Cell]
Text = Callable[[Cells], str | None]
"""Returns None for an empty cell; raises ``RowError`` for one whose content is not allowed."""


_NO_BLANKS = "leave out code: as_is, or give it a code under codes"


class RowError(Exception):
    """Why a row makes no event: the column and the reason."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column = column
        self.reason = reason


class Coded(NamedTuple):
    """A code made of a column's value, with the name and the parent of its definition."""

    code: str
    name: str
    parent: str | None


def column_names(value: Value) -> str:
    """The columns that a value comes from, as a report names them: joined by ``/``."""
    parts = [*(value.join or []), *filter(None, [value.after]), *(value.entries or {}).values()]
    if parts:
        return "/".join(dict.fromkeys(map(column_names, parts)))
    return "/".join(value.column or [value.code_from or "constant"])


def _bare(text: str) -> str:
    # strip() would make plain text of a cell that is a number.
    return text if text.__class__ is Number else text.strip()


def translate(table: dict[str, str], unlisted: str | None, text: str, column: str) -> str:
    """The table's entry for a text, ``unlisted`` where it has none. Raises ``RowError`` when that is None too."""
    translation = table.get(text, unlisted)
    if translation is None:
        raise RowError(column, f"{text[:60]!r} is not listed under translate")
    return translation


def join_texts(reads: list[Text], between: str) -> Text:
    """A reader of all texts with ``between`` between them; None when one is empty, so that no name is shared."""

    def read_all(cells: Cells) -> str | None:
        texts = [text for read in reads if (text := read(cells)) is not None]
        return between.join(texts) if len(texts) == len(reads) else None

    return read_all


def add_time(since: Text, amount: Text, column: str, zone: ZoneInfo, *, by_day: bool) -> Text:
    """A reader of the instant some days (at the same hour of ``zone``'s clock) or hours after another, as UTC text."""

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


class CellReader:
    """Compiles the values of one mapping to functions that read them from a row's cells."""

    def __init__(self, mapping: MappingFile) -> None:
        self._mapping = mapping
        self.marks = Marks(mapping.numbers.decimal, mapping.numbers.thousands) if mapping.numbers else None
        self._missing = frozenset(mapping.missing) | {""}
        self._coders: dict[str, Text] = {}
        for name, source in mapping.coded.items():
            self._coders[name] = self._coder(source)

    def cell_text(self, cell: Cell) -> str | None:
        """The cell's text without outer blanks; None for an empty cell."""
        if cell is None:
            return None
        text = _bare(cell) if isinstance(cell, str) else cell.isoformat()
        return None if text in self._missing else text

    def column(self, name: str) -> Text:
        """A reader of one column."""
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
        """A reader of a value as text."""
        if value.constant is not None:
            constant = value.prefix + value.constant
            return lambda _: constant
        if value.code_from is not None:
            return self._with_changes(self._coders[value.code_from], value)
        if value.join is not None:
            return self._with_changes(join_texts([self.text(part) for part in value.join], value.with_), value)
        return self._with_changes(self._first([self.column(name) for name in value.column or []]), value)

    def instant(self, value: Value) -> Text:
        """A reader of a value that is an instant, as UTC text."""
        if value.after is not None and value.add is not None:
            # The end of the day is that of the day it counts from.
            since = value.after if value.date_only == "start" else value.after.model_copy(update={"date_only": "end"})
            zone = ZoneInfo(self._mapping.time.zone)
            by_day = value.unit == "day"
            return add_time(self.instant(since), self.text(value.add), column_names(value.add), zone, by_day=by_day)
        read_instant = instant_reader(self._mapping.time, value.date_only)
        column = column_names(value)
        is_unchanged = value.column is not None and not (value.prefix or value.translate or value.missing)
        # Dates of Parquet and Excel stay dates; only what the mapping changes has to become text first.
        read = self.first_cell(value.column or []) if is_unchanged else self.text(value)

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
        """A reader of the first of these columns that is not empty; a date stays a date."""
        missing, cell_text = self._missing, self.cell_text
        if len(columns) > 1:
            return lambda cells: next((cells[name] for name in columns if cell_text(cells.get(name)) is not None), None)
        column = columns[0]

        def read(cells: Cells) -> Cell:
            cell = cells.get(column)
            return None if isinstance(cell, str) and cell.strip() in missing else cell

        return read

    def _with_changes(self, read: Text, value: Value) -> Text:
        prefix, missing, table = value.prefix, value.missing, value.translate
        if not prefix and missing is None and table is None:
            return read
        column = column_names(value)

        def read_changed(cells: Cells) -> str | None:
            text = read(cells)
            if text is None:
                return missing
            if table is not None:
                text = translate(table, value.unlisted, text, column)
            return prefix + text

        return read_changed

    def _coder(self, source: CodedColumn) -> Text:
        read = self.column(source.column)
        below_parent = isinstance(source, UnitColumn) and source.prefix is None and source.code == "slug"
        parent_of = self.text(source.parent) if isinstance(source, UnitColumn) and below_parent else None
        prefix = source.prefix or ""
        is_unit = isinstance(source, UnitColumn)
        codes: dict[tuple[str, str | None], str] = {}

        def code(cells: Cells) -> str | None:
            value = read(cells)
            if value is None:
                return None
            parent = parent_of(cells) if parent_of else None
            code_here = codes.get((value, parent))
            if code_here is None:
                own_code = value if source.code == "as_is" else slug(value)
                if is_unit and value not in source.codes and own_code.split() != [own_code]:
                    raise RowError(
                        source.column, f"{own_code[:60]!r} holds a blank, which a unit's code must not: {_NO_BLANKS}"
                    )
                code_here = source.codes.get(value) or (f"{parent}.{own_code}" if parent_of else prefix + own_code)
                codes[value, parent] = code_here
            return code_here

        return code
