"""Reference files as rows: comment lines with the instant, a line of columns, then one row a line, or what is wrong."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_AS_OF = re.compile(r"^#\s*as of:\s*(\S+)\s*$")


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
    """One line of a file: its cells by column, those not given left out, and the instant of the file."""

    file: str
    line: int
    as_of: str
    cells: dict[str, str]


class CellError(ValueError):
    """A cell that cannot be read; the text names its column."""


def needed(data: Mapping[str, Any], column: str) -> str:
    """The cell of a column that must not be empty; raises CellError."""
    if column not in data:
        raise CellError(f"{column}: is empty")
    return str(data[column])


def rows(
    name: str, text: str, required: Collection[str], optional: Collection[str], faults: list[Fault]
) -> Iterator[Row]:
    """The rows of a file; every line that is none is added to ``faults``."""
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    n_comments = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    as_of = next((found[1] for line in lines[:n_comments] if (found := _AS_OF.match(line.rstrip()))), None)
    if as_of is None or not _is_instant(as_of):
        faults.append(
            Fault(name, 1, "a comment line '# as of: 2026-01-01T00:00:00+07:00' must come before the columns")
        )
        as_of = ""
    table = csv.reader(lines[n_comments:], strict=True)
    try:
        columns = [column.strip() for column in next(table, [])]
        missing = set(required) - set(columns)
        unknown = set(columns) - set(required) - set(optional)
        if missing or unknown or len(set(columns)) < len(columns):
            told = [f"missing: {', '.join(sorted(missing))}"] if missing else []
            told += [f"unknown: {', '.join(sorted(unknown))}"] if unknown else []
            faults.append(Fault(name, n_comments + 1, f"columns {'; '.join(told) or 'named twice'}"))
            return
        for cells in table:
            line = n_comments + table.line_num
            if not any(cells):
                continue
            if len(cells) != len(columns):
                faults.append(Fault(name, line, f"{len(cells)} cells, but {len(columns)} columns"))
                continue
            if as_of:
                given = {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if cell.strip()}
                yield Row(name, line, as_of, given)
    except csv.Error as error:
        faults.append(Fault(name, n_comments + table.line_num, f"not CSV: {error}"))


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
