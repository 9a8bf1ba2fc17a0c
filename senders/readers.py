"""Rows of an export, one after the other: CSV, XES, Parquet, Excel; memory does not grow with the file.

``columns`` are the ones that are wanted; the others are not kept. Every value is text, except the dates of Parquet and
Excel. A row that cannot be read comes out with its fault instead of its values; a file that cannot be read at all,
or lacks a column, raises ``FileError``.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from senders.mapping import Mapping
from senders.rows import Cell, FileError, Row
from senders.rules import FileOptions
from senders.xes import xes_rows

DELIMITERS = (",", ";", "\t", "|")
LARGEST_FIELD = 1_000_000
_FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xes": "xes",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
}


def file_format(path: Path, options: FileOptions) -> str:
    """Which reader a file needs: what the mapping says, else by its name without ``.gz``."""
    if options.format:
        return options.format
    name = path.name.lower().removesuffix(".gz")
    found = _FORMATS.get(Path(name).suffix)
    if not found:
        raise FileError(
            f"{path}: of the formats csv, xes, parquet and excel none is called {Path(name).suffix or name!r}; "
            "name it in the mapping (file: {format: …})"
        )
    return found


def rows(path: Path, mapping: Mapping) -> Iterator[Row]:
    """Every row of the file, in its order, with the mapping's columns."""
    kind = file_format(path, mapping.file)
    wanted = mapping.columns
    try:
        if kind == "csv":
            yield from _csv_rows(path, mapping.file, wanted, frozenset(mapping.optional_columns))
        elif kind == "xes":
            with opened(path) as stream:
                yield from xes_rows(path, stream, wanted)
        elif kind == "parquet":
            yield from _parquet_rows(path, wanted, frozenset(mapping.optional_columns))
        else:
            yield from _excel_rows(path, mapping.file, wanted, frozenset(mapping.optional_columns))
    except (gzip.BadGzipFile, EOFError) as fault:
        raise FileError(f"{path}: the compressed file is damaged or cut short ({fault})") from fault
    except OSError as fault:
        raise FileError(f"{path}: {fault.strerror or fault}") from fault


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """The file's bytes; gzip is recognised by its first two bytes, not by the name."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if packed:
            with gzip.open(raw, "rb") as unpacked:
                yield io.BufferedReader(unpacked)
        else:
            yield raw


@contextmanager
def _seekable(path: Path) -> Iterator[IO[bytes]]:
    with opened(path) as stream:
        if isinstance(stream, io.BufferedReader) and not isinstance(stream.raw, gzip.GzipFile):
            yield stream
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            yield copy


def _heading(name: object) -> str:
    return "" if name is None else unicodedata.normalize("NFC", str(name).strip())


def _check_columns(path: Path, found: list[str], wanted: frozenset[str], optional: frozenset[str]) -> None:
    absent = sorted(wanted - set(found) - optional)
    if absent:
        there = ", ".join(name for name in found if name) or "none"
        raise FileError(f"{path}: the mapping needs column {', '.join(map(repr, absent))}; the file has {there}")
    twice = sorted(name for name in wanted if found.count(name) > 1)
    if twice:
        raise FileError(f"{path}: column {twice[0]!r} occurs twice")


def _csv_rows(path: Path, options: FileOptions, wanted: frozenset[str], optional: frozenset[str]) -> Iterator[Row]:
    with opened(path) as stream:
        encoding = options.encoding or _encoding_of(stream)
        try:
            text = io.TextIOWrapper(stream, encoding=encoding, newline="")
        except LookupError as fault:
            raise FileError(f"{path}: the mapping names an unknown encoding, {encoding!r}") from fault
        reader = None
        csv.field_size_limit(LARGEST_FIELD)
        try:
            first = text.readline().removeprefix("\ufeff")
            delimiter = options.delimiter or _delimiter_of(first, wanted)
            reader = csv.reader(_rejoined(first, text), delimiter=delimiter)
            header = [_heading(name) for name in next(reader, [])]
            _check_columns(path, header, wanted, optional)
            yield from _records(reader, header, wanted)
        except UnicodeDecodeError as fault:
            line = reader.line_num if reader else 1
            byte = f"0x{fault.object[fault.start]:02x}"
            raise FileError(
                f"{path}: after line {line}: byte {byte} is not {encoding.removesuffix('-sig')}; "
                "name the file's encoding in the mapping, for example file: {encoding: latin-1}"
            ) from fault
        except csv.Error as fault:
            raise FileError(f"{path}: line {reader.line_num if reader else 1}: {fault} (a quote left open?)") from fault


def _encoding_of(stream: IO[bytes]) -> str:
    start = stream.peek(2)[:2] if isinstance(stream, io.BufferedReader) else b""
    return "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _rejoined(first: str, rest: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from rest


def _delimiter_of(header: str, wanted: frozenset[str]) -> str:
    """The delimiter under which the header has most of the wanted columns, then most columns."""

    def fit(delimiter: str) -> tuple[int, int]:
        names = [_heading(name) for name in next(csv.reader([header], delimiter=delimiter), [])]
        return len(wanted.intersection(names)), len(names)

    return max(DELIMITERS, key=fit)


def _records(reader: Any, header: list[str], wanted: frozenset[str]) -> Iterator[Row]:
    kept = [(name, index) for index, name in enumerate(header) if name in wanted]
    names = [name for name, _ in kept]
    # A getter of one index gives no tuple; the header's first column twice does no harm.
    pick = itemgetter(*(index for _, index in kept), 0)
    width = len(header)
    line = reader.line_num
    for record in reader:
        start, line = line + 1, reader.line_num
        if len(record) != width:
            if not record:
                continue
            if len(record) < width or any(record[width:]):
                found = f"{len(record)} fields where the header has {width}"
                yield Row(start, {name: record[index] for name, index in kept if index < len(record)}, fault=found)
                continue
        yield Row(start, dict(zip(names, pick(record), strict=False)))


def _parquet_rows(path: Path, wanted: frozenset[str], optional: frozenset[str]) -> Iterator[Row]:
    import pyarrow as pa  # noqa: PLC0415 - a reader is loaded when a file needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    with _seekable(path) as stream:
        try:
            file = pq.ParquetFile(stream)
        except pa.ArrowInvalid as fault:
            raise FileError(f"{path}: no readable Parquet file: {fault}") from fault
        names = file.schema_arrow.names
        _check_columns(path, names, wanted, optional)
        kept = [name for name in names if name in wanted]
        number = 0
        for batch in file.iter_batches(batch_size=10_000, columns=kept):
            columns = [_arrow_cells(batch.column(name)) for name in kept]
            for cells in zip(*columns, strict=True):
                number += 1
                yield Row(number, dict(zip(kept, cells, strict=True)))


def _arrow_cells(column: Any) -> list[Cell]:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
    return [_cell(value) for value in column.to_pylist()]


def _excel_rows(path: Path, options: FileOptions, wanted: frozenset[str], optional: frozenset[str]) -> Iterator[Row]:
    from openpyxl import load_workbook  # noqa: PLC0415
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    with _seekable(path) as stream:
        try:
            book = load_workbook(stream, read_only=True, data_only=True)
        except (InvalidFileException, zipfile.BadZipFile, KeyError) as fault:
            raise FileError(f"{path}: no readable Excel file (.xlsx): {fault}") from fault
        if options.sheet and options.sheet not in book.sheetnames:
            raise FileError(f"{path}: there is no sheet {options.sheet!r}; there are {', '.join(book.sheetnames)}")
        sheet = book[options.sheet or book.sheetnames[0]]
        lines = sheet.iter_rows(values_only=True)
        header = [_heading(name) for name in next(lines, ())]
        _check_columns(path, header, wanted, optional)
        kept = [(name, index) for index, name in enumerate(header) if name in wanted]
        for number, cells in enumerate(lines, start=2):
            if any(cell is not None for cell in cells):
                yield Row(number, {name: _cell(cells[index]) for name, index in kept if index < len(cells)})
        book.close()


def _cell(value: Any) -> Cell:
    """Numbers as a person writes them: 101001240734.0 is a code that a table program made a number of."""
    if value is None or isinstance(value, str | date):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if value != value:  # noqa: PLR0124 - not a number: how tables say "nothing"
            return None
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
