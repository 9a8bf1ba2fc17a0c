"""An Excel workbook of reference data as the texts of CSV files: one sheet a file, its name that of the file.

A sheet looks as the file would: comment rows first, whose text stands in the first cell, then the row of columns. Row
numbers stay, so that a fault names the row.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from contract.reference_rows import Fault

SUFFIXES = {".xlsx", ".xlsm"}
TEXT_COLUMNS = frozenset({"code", "unit", "parent", "counter", "device", "alias", "ward_code", "calendar"})
"""Columns of codes. A number in one of them has lost its zeros: 2.000640 became 2.00064."""


def is_workbook(path: Path) -> bool:
    """Whether a path names a workbook."""
    return path.suffix.lower() in SUFFIXES


def texts_of(path: Path, faults: list[Fault]) -> dict[str, str]:
    """The text of each sheet by the name of its CSV file; what cannot be read is added to ``faults``."""
    from openpyxl import load_workbook  # noqa: PLC0415 - loaded when a workbook is read
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        faults.append(Fault(str(path), 0, f"no readable Excel workbook: {error}"))
        return {}
    told = {}
    for sheet in book.worksheets:
        name = f"{sheet.title.strip().lower().removesuffix('.csv')}.csv"
        told[name] = _text(name, sheet.iter_rows(values_only=True), faults)
    book.close()
    return told


def _text(name: str, rows: Iterable[Sequence[Any]], faults: list[Fault]) -> str:
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    columns: list[str] = []
    for line, row in enumerate(rows, 1):
        first = row[0] if row else None
        if not columns and isinstance(first, str) and first.startswith("#"):
            # As it stands: quoted it would be no comment any more.
            file.write(" ".join(first.split()) + "\n")
            continue
        if not columns:
            columns = _without_end([_written(cell) for cell in row])
            table.writerow(columns)
            continue
        cells = [_written(cell) for cell in row]
        table.writerow(cells[: len(columns)] + _without_end(cells[len(columns) :]))
        for column, cell in zip(columns, row, strict=False):
            if column.strip() in TEXT_COLUMNS and isinstance(cell, int | float):
                faults.append(Fault(name, line, f"{column}: {cell!r} is a number; format the cell as text and type it"))
    return file.getvalue()


def _without_end(cells: list[str]) -> list[str]:
    """Without the empty cells behind the last: a sheet is as wide as its widest row."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _written(cell: Any) -> str:
    """A cell as it would stand in the file; a line's end within it would move all row numbers."""
    match cell:
        case None:
            return ""
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case _:
            return " ".join(str(cell).split())
