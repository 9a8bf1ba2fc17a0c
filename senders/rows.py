"""What an export's reader gives: rows of cells, each knowing where it came from."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

Cell = str | date | None
"""``datetime`` is a ``date`` too."""

CASE_PREFIX = "case:"


class FileError(Exception):
    """The file cannot be read; the text names the file, the place and what to do."""


class Row(NamedTuple):
    """``place`` is the line (CSV, XES, Excel) or the row's number (Parquet).

    ``is_event`` is False for a case without any event, which only XES can hold; ``fault`` says why nothing was read.
    """

    place: int
    values: dict[str, Cell]
    is_event: bool = True
    fault: str | None = None
