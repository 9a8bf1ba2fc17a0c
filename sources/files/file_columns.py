"""Two columns that every file has beside its own: its name and the number of the row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sources.files.rows import Row

FILE_NAME = "file:name"
ROW_NUMBER = "file:row"
FILE_COLUMNS = frozenset({FILE_NAME, ROW_NUMBER})


def plain_name(file: Path) -> str:
    """A file's name without folder, ``.gz`` and its format's ending: another format of one export is the same file."""
    name = file.name.removesuffix(".gz").removesuffix(".GZ")
    return Path(name).stem or name


def with_file_columns(file: Path, rows: Iterable[Row], wanted: frozenset[str]) -> Iterator[Row]:
    """The rows with those of the two columns that are ``wanted``; rows count from 1, below the header."""
    if not wanted & FILE_COLUMNS:
        yield from rows
        return
    name = plain_name(file)
    for number, row in enumerate(rows, start=1):
        yield row._replace(values={**row.values, FILE_NAME: name, ROW_NUMBER: str(number)})
