"""Rows of a reference file: comment lines with the file's time, a line of column names, then one row a line.

Files saved by a spreadsheet program are read too: other delimiters, Windows line ends, a byte order mark, comment lines
filled up with empty cells.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.events.normal_text import normalize, normalize_name
from contract.reference.csv_records import CsvError, CsvRecords, Record

_AS_OF = re.compile(r"#\s*as of:\s*(\S+)\s*", re.IGNORECASE)
_DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Fault:
    """One wrong line of a file."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        """``units.csv:12: …``, the form that editors jump to."""
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file: its cells by column without empty ones, and the time of the file."""

    file: str
    line: int
    as_of: str
    cells: dict[str, str]


class CellError(ValueError):
    """A cell that cannot be read; the text names its column."""


def needed(data: Mapping[str, Any], column: str) -> str:
    """The cell of a required column; CellError when it is empty."""
    if column not in data:
        raise CellError(f"{column}: is empty")
    return str(data[column])


def rows(
    name: str, text: str, required: Collection[str], optional: Collection[str], faults: list[Fault]
) -> Iterator[Row]:
    """The rows of a file; every faulty line is added to ``faults``."""
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    n_comments = next((n for n, line in enumerate(lines) if not line.startswith(("#", '"#'))), len(lines))
    as_of = next((match[1] for line in lines[:n_comments] if (match := _AS_OF.fullmatch(_comment(line)))), None)
    if as_of is None or not _is_instant(as_of):
        faults.append(
            Fault(name, 1, "a comment line '# as of: 2026-01-01T00:00:00+07:00' must come before the columns")
        )
        as_of = ""
    known = {*required, *optional}
    table = CsvRecords(lines[n_comments:], _delimiter(lines[n_comments:], known), first_line=n_comments + 1)
    try:
        records = iter(table)
        columns = [normalize_name(column) for column in next(records, Record(0, [], "")).cells]
        width = len(columns)
        while columns and not columns[-1]:
            columns.pop()
        missing, unknown = set(required) - set(columns), set(columns) - known
        if missing or unknown or len(set(columns)) < len(columns):
            problems = [f"missing: {', '.join(sorted(missing))}"] if missing else []
            problems += [f"unknown: {', '.join(sorted(unknown))}"] if unknown else []
            faults.append(Fault(name, n_comments + 1, f"columns {'; '.join(problems) or 'named twice'}"))
            return
        table.width = width
        for record in records:
            cells = [normalize(cell).strip() for cell in record.cells]
            if record.fault:
                faults.append(Fault(name, record.line, f"not CSV: {record.fault}"))
            elif not any(cells):
                continue
            elif len(cells) != width:
                faults.append(Fault(name, record.line, f"{len(cells)} cells, but {width} columns"))
            elif as_of:
                yield Row(
                    name,
                    record.line,
                    as_of,
                    {column: cell for column, cell in zip(columns, cells, strict=False) if cell},
                )
    except CsvError as error:
        faults.append(Fault(name, error.line, f"not CSV: {error.reason}"))


def _comment(line: str) -> str:
    """The text of a comment line, without the quotation marks and empty cells that spreadsheet programs add."""
    return line.strip().strip(',;\t"')


def _delimiter(lines: list[str], known: Collection[str]) -> str:
    """The delimiter that gives the first line the most known columns."""

    def fit(delimiter: str) -> int:
        try:
            first = next(iter(CsvRecords(lines, delimiter)), Record(0, [], ""))
        except CsvError:
            return 0
        return len(set(known).intersection(map(normalize_name, first.cells)))

    return max(_DELIMITERS, key=fit)


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
