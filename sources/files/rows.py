"""Rows of cells, as every reader of an export gives them, each with its place in the file."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

Cell = str | date | None
"""``datetime`` is a ``date`` too; a ``date`` alone is a day without an hour."""

CASE_PREFIX = "case:"
TABLE_ERRORS = frozenset({"#N/A", "#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"})
"""The texts that table programs write where a formula failed."""


class FileError(Exception):
    """The file cannot be read; the text names the file, the place and what to do."""


class Number(str):
    """The text of a cell that holds a number: its point is the decimal mark, whatever the mapping's own marks."""

    __slots__ = ()


class Row(NamedTuple):
    """``place`` is the line (CSV, XES, Excel) or the row's number (Parquet).

    ``is_event`` is False for a case without any event, which only XES can hold; ``fault`` says why the row cannot be
    relied on, and ``column`` in which of its cells.
    """

    place: int
    values: dict[str, Cell]
    is_event: bool = True
    fault: str | None = None
    column: str = ""


def error_text(text: str) -> str | None:
    """Why a cell's text is no value: a table program's error, or ``####`` from a column that was too narrow."""
    if text[:1] != "#":
        return None
    if text.upper() in TABLE_ERRORS:
        return f"holds the error {text}; mend the formula, or list {text} under missing in the mapping"
    if len(text) > 2 and not text.strip("#"):
        return f"holds {text[:12]}: the column was too narrow when the file was saved; widen it and save again"
    return None
