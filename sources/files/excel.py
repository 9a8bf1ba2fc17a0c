"""Rows of an Excel workbook as a person sees them: a day is a day, a code keeps its zeros.

openpyxl reads the cells; the sheet's own statement of its size is not believed. ``excel_sheet`` adds what openpyxl's
cells do not say. What cannot be read is named.
"""

from __future__ import annotations

import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple
from xml.etree.ElementTree import ParseError

from contract.events.normal_text import normalize
from sources.compiled.columns import Wanted, heading, positions
from sources.files.excel_sheet import SheetError, inspect
from sources.files.packed import seekable
from sources.files.rows import Cell, FileError, Number, Row, error_text
from sources.mapping.rules import FileOptions

HEAD_ROWS = 100
LARGEST_PART_BYTES = 1_000_000_000
"""Of the parts that are kept in memory: texts and styles."""
EXACT_DIGITS = 10**15
_ROWS_AT_ONCE = 500
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ParseError, EOFError, NotImplementedError, RuntimeError),
    *(KeyError, IndexError, ValueError, TypeError, AttributeError),
)
"""What openpyxl raises for a workbook that is not as it should be."""


class Unreadable(NamedTuple):
    """A cell whose value the file does not hold, or not exactly; ``reason`` gives the cause."""

    reason: str


SheetCell = Cell | Unreadable


def excel_rows(path: Path, options: FileOptions, wanted: Wanted, remark: Callable[[str], None]) -> Iterator[Row]:
    """Every row that is not empty. ``remark`` gets the sheet's name if there are several. Raises ``FileError``."""
    with seekable(path) as stream, open_book(path, stream) as book:
        sheet = _sheet_of(path, book, options.sheet, remark)
        lines = sheet_rows(path, book, sheet)
        head = list(islice(lines, HEAD_ROWS))
        start = options.header_row - 1 if options.header_row else next((n for n, row in enumerate(head) if any(row)), 0)
        names = [[heading(cell) if isinstance(cell, str) else "" for cell in row] for row in head]
        later = ((number, row) for number, row in enumerate(names[start:], start + 1))
        header = names[start] if start < len(names) else []
        columns = positions(path, f"sheet {sheet.title!r}, row {start + 1}", header, wanted, later)
        for number, cells in enumerate(chain(head[start + 1 :], lines), start + 2):
            if all(cell in (None, "", MERGED) for cell in cells):
                continue
            yield _row(number, cells, columns, wanted.missing)


def _row(number: int, cells: list[SheetCell], columns: list[tuple[str, int]], missing: frozenset[str]) -> Row:
    values: dict[str, Cell] = {}
    fault, column = None, ""
    for name, index in columns:
        cell = cells[index] if index < len(cells) else None
        if isinstance(cell, str) and cell not in missing and (error := error_text(cell)):
            cell = Unreadable(error)
        if not isinstance(cell, Unreadable):
            values[name] = cell
        elif fault is None:
            fault, column = cell.reason, name
    return Row(number, values, fault=fault, column=column)


@contextmanager
def open_book(path: Path, stream: IO[bytes]) -> Iterator[Any]:
    """The workbook, openpyxl's. Raises ``FileError`` with the remedy for a file that is no workbook."""
    from openpyxl import load_workbook  # noqa: PLC0415 - loaded when a workbook is read
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    if stream.read(4) == _OLD_FORMAT:
        raise FileError(
            f"{path}: an old .xls file, or one with a password: save it in Excel as .xlsx without a password"
        )
    try:
        with zipfile.ZipFile(stream) as archive:
            for part in archive.infolist():
                if part.file_size > LARGEST_PART_BYTES and not part.filename.startswith("xl/worksheets/"):
                    raise FileError(f"{path}: {part.filename} unpacks to over {LARGEST_PART_BYTES} bytes")
        stream.seek(0)
        with warnings.catch_warnings():
            # About styles and extensions that do not affect values.
            warnings.simplefilter("ignore")
            book = load_workbook(stream, read_only=True, data_only=True)
    except (InvalidFileException, *_DAMAGE) as fault:
        raise FileError(f"{path}: no readable Excel file (.xlsx): {fault}") from fault
    try:
        yield book
    finally:
        book.close()


def _sheet_of(path: Path, book: Any, name: str | None, remark: Callable[[str], None]) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is not None and name not in sheets:
        raise FileError(f"{path}: there is no sheet {name!r}; there are {', '.join(sheets)}")
    visible = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible"]
    if not sheets:
        raise FileError(f"{path}: the workbook has no sheet with cells")
    title = name or (visible or list(sheets))[0]
    others = [f"{other!r}" + ("" if other in visible else " (hidden)") for other in sheets if other != title]
    if others:
        remark(f"sheet {title!r} was read; not read: {', '.join(others)} (file: {{sheet: …}} in the mapping names one)")
    return sheets[title]


MERGED = Unreadable("is part of a merged cell; unmerge it and fill each row")
_UNFILLED = Unreadable("holds a formula without its result; open the file in Excel and save it")


def sheet_rows(path: Path, book: Any, sheet: Any) -> Iterator[list[SheetCell]]:
    """The rows of a sheet from the first on, blank ones too. Raises ``FileError``."""
    place = f"{path}: sheet {sheet.title!r}"
    try:
        with book._archive.open(sheet._worksheet_path) as xml:
            facts = inspect(xml, bool(book.calculation and book.calculation.fullCalcOnLoad))
    except (SheetError, *_DAMAGE) as fault:
        raise FileError(f"{place}: {fault}; open the file in Excel and save it") from fault
    sheet.reset_dimensions()
    waiting = list(reversed(facts.merged))
    open_blocks: list[tuple[range, range]] = []
    number = 0
    for number, row in enumerate(_read(place, sheet), 1):
        cells: list[SheetCell] = [value_of(cell.value, cell.number_format) for cell in row]
        while waiting and waiting[-1][0].start <= number:
            block = waiting.pop()
            if any(cells[block[1].start - 1 : block[1].start]):  # of an empty one nothing is missed
                open_blocks.append(block)
        open_blocks = [block for block in open_blocks if number in block[0]]
        for rows, columns in open_blocks:
            cells += [None] * (columns.stop - 1 - len(cells))
            for column in range(columns.start + (rows.start == number), columns.stop):
                cells[column - 1] = MERGED
        if facts.unfilled:
            for column in range(1, len(cells) + 1):
                if (number, column) in facts.unfilled:
                    cells[column - 1] = _UNFILLED
        yield cells


def _read(place: str, sheet: Any) -> Iterator[Any]:
    rows = sheet.iter_rows()
    number = 0
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                batch = list(islice(rows, _ROWS_AT_ONCE))
        except _DAMAGE as fault:
            raise FileError(
                f"{place}: behind row {number}: not readable ({fault}); open the file in Excel and save it"
            ) from fault
        if not batch:
            return
        number += len(batch)
        yield from batch


def value_of(value: Any, number_format: str | None) -> SheetCell:  # noqa: PLR0911 - one for each kind of value
    """A cell's value as it is shown, as far as that is a value: numbers whole, days without an hour as days."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return normalize(value)
        case int() | float():
            return _number(value, number_format or "General")
        case datetime():
            return value.date() if value.time() == time() and not shows_time(number_format or "") else value
        case date():
            return value
        case timedelta():
            return Unreadable("holds a duration, not an instant; give it a date or format it as text")
        case _:
            return str(value)


@lru_cache(1024)
def shows_time(number_format: str) -> bool:
    """Whether a format of dates has hours or seconds; minutes alone it cannot have."""
    return bool(re.search(r"[hs]|am/pm", _signs(number_format), re.IGNORECASE))


def _signs(number_format: str) -> str:
    """The first section of a format without its texts, colours and conditions."""
    bare = re.sub(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]', "", number_format)
    return bare.split(";")[0]


@lru_cache(1024)
def _zeros(number_format: str) -> tuple[int, bool]:
    """How many digits a format shows at the least before the point, and whether it shows nothing else."""
    whole = re.split(r"[.eE%/]", _signs(number_format))[0]
    return whole.count("0"), re.fullmatch("0+", number_format.strip()) is not None


def _number(value: float, number_format: str) -> SheetCell:
    if isinstance(value, float) and abs(value) >= EXACT_DIGITS:
        return Unreadable("holds a number of more than 15 digits, whose last ones Excel does not keep; type it as text")
    n_digits, plain = _zeros(number_format)
    text = format(Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if n_digits > 1:
        if plain and text.isdecimal():
            return text.zfill(n_digits)
        return Unreadable(f"is shown by the number format {number_format!r}; format it as text and type it as shown")
    decimals = re.fullmatch(r"0\.(0+)", number_format)
    if decimals and len(text.partition(".")[2]) <= len(decimals[1]):
        text = f"{Decimal(text):.{len(decimals[1])}f}"
    return Number("0" if text == "-0" else text)
