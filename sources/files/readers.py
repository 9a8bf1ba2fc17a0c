"""Rows of an export, one after the other: CSV, XES, Parquet, Excel; memory does not grow with the file.

Only the mapping's columns are kept. Every value is text in NFC without invisible characters, except the dates of
Parquet and Excel. A row that cannot be relied on comes out with its fault; a file that cannot be read, or lacks a
column, raises ``FileError``. Nothing of a file is passed over but blank rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from sources.compiled.columns import Wanted
from sources.files.csv_file import csv_rows
from sources.files.excel import excel_rows
from sources.files.packed import opened
from sources.files.parquet import parquet_rows
from sources.files.rows import FileError, Row
from sources.files.xes import xes_rows
from sources.mapping.mapping_file import MappingFile
from sources.mapping.rules import FileOptions

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
    """The format of a file: the one that the mapping gives, else by its name without ``.gz``. Raises ``FileError``."""
    if options.format:
        return options.format
    name = path.name.lower().removesuffix(".gz")
    file_format = _FORMATS.get(Path(name).suffix)
    if not file_format:
        raise FileError(
            f"{path}: of the formats csv, xes, parquet and excel none is called {Path(name).suffix or name!r}; "
            "name it in the mapping (file: {format: …})"
        )
    return file_format


def rows(path: Path, mapping: MappingFile, remark: Callable[[str], None] = lambda _: None) -> Iterator[Row]:
    """Every row of the file that is not empty, in its order, with the mapping's columns.

    ``remark`` is called with remarks for the user, such as the sheet that was read.
    """
    kind = file_format(path, mapping.file)
    wanted = Wanted(mapping.columns, frozenset(mapping.optional_columns), frozenset(mapping.missing))
    try:
        if kind == "csv":
            yield from csv_rows(path, mapping.file, wanted, remark)
        elif kind == "xes":
            with opened(path) as stream:
                yield from xes_rows(path, stream, wanted.names)
        elif kind == "parquet":
            yield from parquet_rows(path, wanted)
        else:
            yield from excel_rows(path, mapping.file, wanted, remark)
    except OSError as fault:
        raise FileError(f"{path}: {fault.strerror or fault}") from fault
