"""Rows of a CSV file, whatever its delimiter, encoding and line ends; no guess changes a value."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from typing import IO

from contract.events.normal_text import is_normal, normalize
from contract.reference.csv_records import CsvError, CsvRecords, Record
from sources.compiled.columns import Wanted, heading, positions
from sources.files.packed import opened
from sources.files.rows import Cell, FileError, Row, error_text
from sources.mapping.rules import FileOptions

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 10_000_000
HEAD_LINES = 200
"""The delimiter and the header are looked for in so many lines."""
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)
_LIKELY_ENCODINGS = ("utf-8", "windows-1258", "windows-1252")


def csv_rows(path: Path, options: FileOptions, wanted: Wanted, remark: Callable[[str], None]) -> Iterator[Row]:
    """Every row that is not empty; a line that is no row comes out with its fault.

    ``remark`` is called with remarks on the file. Raises ``FileError``.
    """
    with opened(path) as stream:
        encoding = options.encoding or _encoding_of(stream)
        try:
            text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        except LookupError as fault:
            raise FileError(f"{path}: the mapping names an unknown encoding, {encoding!r}") from fault
        try:
            yield from _rows(path, options, wanted, _lines(text), _misread_as(options.encoding), remark)
        except UnicodeError as fault:
            raise FileError(_undecodable(path, encoding, fault)) from fault
        except CsvError as fault:
            raise FileError(f"{path}: line {fault.line}: {fault.reason}") from fault


def _encoding_of(stream: io.BufferedReader) -> str:
    start = stream.peek(4)[:4]
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), "utf-8")


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    """The lines without the byte order mark in front; a line that is too long comes in parts."""
    first = text.readline(LONGEST_LINE).removeprefix("\ufeff")
    return chain([first] if first else [], iter(partial(text.readline, LONGEST_LINE), ""))


def _misread_as(encoding: str | None) -> Callable[[str], bool]:
    """Whether a line is UTF-8 that the mapping's encoding made other letters of."""
    if encoding is None or encoding.lower().startswith(("utf", "u8")):
        return lambda _: False

    def misread(line: str) -> bool:
        if line.isascii():
            return False
        try:
            line.encode(encoding).decode()
        except UnicodeError:
            return False
        return True

    return misread


def _rows(
    path: Path,
    options: FileOptions,
    wanted: Wanted,
    lines: Iterator[str],
    misread: Callable[[str], bool],
    remark: Callable[[str], None],
) -> Iterator[Row]:
    head = list(islice(lines, HEAD_LINES))
    separator = _SEPARATOR_LINE.fullmatch(normalize(head[0])) if head else None
    start = options.header_row - 1 if options.header_row else _first_line(head, 1 if separator else 0)
    quote = None if options.quote == "none" else options.quote
    delimiter = options.delimiter or (separator[1] if separator else _delimiter_of(head[start:], wanted, quote))
    records = CsvRecords(chain(head[start:], lines), delimiter, quote, first_line=start + 1)
    table = iter(records)
    first = next(table, Record(start + 1, [], ""))
    if "\0" in first.text:
        raise FileError(f"{path}: line {first.line} holds zero bytes; if it is UTF-16: file: {{encoding: utf-16-le}}")
    if misread(first.text):
        raise FileError(f"{path}: line {first.line} is UTF-8; leave out the mapping's file.encoding")
    header = [heading(name) for name in first.cells]
    place = f"line {first.line}" + (f": {first.fault}" if first.fault else "")
    columns = positions(path, place, header, wanted, _later(head[start:], start + 1, delimiter, quote))
    records.width = len(header)
    yield from _records(table, len(header), columns, wanted.missing, misread, remark)


def _first_line(head: list[str], start: int) -> int:
    """Blank lines above the header hold nothing that could be missed."""
    return next((n for n, line in enumerate(head[start:], start) if normalize(line).strip()), start)


def _head_records(head: list[str], first_line: int, delimiter: str, quote: str | None) -> Iterator[Record]:
    try:
        yield from CsvRecords(head, delimiter, quote, first_line)
    except CsvError:
        return


def _delimiter_of(head: list[str], wanted: Wanted, quote: str | None) -> str:
    """The delimiter under which the header has most of the wanted columns, then most columns."""

    def fit(delimiter: str) -> tuple[int, int]:
        first = next(_head_records(head, 1, delimiter, quote), Record(1, [], ""))
        return wanted.fit(map(heading, first.cells)), len(first.cells)

    return max(DELIMITERS, key=fit)


def _later(head: list[str], first_line: int, delimiter: str, quote: str | None) -> Iterator[tuple[int, list[str]]]:
    # Title rows hold other signs than the table: a delimiter seen there proves little.
    for candidate in dict.fromkeys((delimiter, *DELIMITERS)):
        for record in _head_records(head, first_line, candidate, quote):
            yield record.line, [heading(cell) for cell in record.cells]


def _records(
    records: Iterator[Record],
    width: int,
    columns: list[tuple[str, int]],
    missing: frozenset[str],
    misread: Callable[[str], bool],
    remark: Callable[[str], None],
) -> Iterator[Row]:
    names = [name for name, _ in columns]
    # A getter of one index gives no tuple; the header's first column twice does no harm.
    pick = itemgetter(*(index for _, index in columns), 0)
    line, text = 0, "\n"
    for line, cells, text, damage in records:
        fault, column = damage, ""
        plain = is_normal(text)
        if fault is None:
            if not any(cells) and "\0" not in text:
                continue
            fault = _line_fault(cells, width, text, misread)
        values: dict[str, Cell]
        if len(cells) == width:
            values = dict(zip(names, pick(cells) if plain else map(normalize, pick(cells)), strict=False))
        else:
            values = {name: normalize(cells[index]) for name, index in columns if index < len(cells)}
        if fault is None and "#" in text:
            column, fault = _cell_fault(values, missing)
        yield Row(line, values, fault=fault, column=column)
    if not text.endswith(("\n", "\r")):
        remark(f"line {line} is the last and has no line end: if the file was cut short, its last cell may be, too")


def _line_fault(cells: list[str], width: int, text: str, misread: Callable[[str], bool]) -> str | None:
    if len(cells) != width:
        return f"{len(cells)} fields where the header has {width}"
    if len(text) >= LONGEST_LINE:
        return f"the line is longer than {LONGEST_LINE} characters"
    if "\0" in text:
        return "the line holds zero bytes"
    if misread(text):
        return "the line is UTF-8, though the mapping names another encoding"
    return None


def _cell_fault(values: dict[str, Cell], missing: frozenset[str]) -> tuple[str, str | None]:
    for name, cell in values.items():
        text = cell.strip() if isinstance(cell, str) else ""
        if text not in missing and (fault := error_text(text)):
            return name, fault
    return "", None


def _undecodable(path: Path, encoding: str, fault: UnicodeError) -> str:
    """The error for the first line with a byte outside the encoding, with an encoding that fits the whole line."""
    with opened(path) as stream:
        line, raw = _first_undecodable(stream, encoding)
    at = f"line {line}" if line else "a line"
    reason = f"byte 0x{fault.object[fault.start]:02x}" if isinstance(fault, UnicodeDecodeError) else str(fault)
    for other in _LIKELY_ENCODINGS:
        try:
            reading = normalize(raw.decode(other)).strip()
        except UnicodeDecodeError:
            continue
        reason += (
            f" is not {encoding}; name the file's encoding in the mapping: in {other} the line reads {reading[:80]!r}"
        )
        return f"{path}: {at}: {reason} (file: {{encoding: {other}}})"
    return f"{path}: {at}: {reason} is not {encoding}; name the file's encoding in the mapping (file: {{encoding: …}})"


def _first_undecodable(stream: IO[bytes], encoding: str) -> tuple[int, bytes]:
    if encoding.lower().startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return 0, b"\xff"  # bytes of a line's end are no line's end there
    pieces = chain.from_iterable(
        part.splitlines(keepends=True) for part in iter(partial(stream.readline, LONGEST_LINE), b"")
    )
    for number, raw in enumerate(pieces, 1):
        try:
            raw.decode(encoding)
        except UnicodeError:
            return number, raw
    return 0, b"\xff"
