"""An Excel workbook of reference data as the texts of CSV files: one sheet a file, its name that of the file.

A sheet looks as the file would: comment rows first, whose text stands in the first cell, then the row of columns. Row
numbers stay, so that a fault names the row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from contract.reference.rows import Fault
from sources.files.excel import SheetCell, Unreadable, open_book, sheet_rows
from sources.files.rows import FileError, Number, error_text

SUFFIXES = {".xlsx", ".xlsm"}
TEXT_COLUMNS = frozenset({"code", "unit", "parent", "counter", "device", "alias", "ward_code", "calendar"})
"""Columns of codes. A number in one of them has lost its zeros: 2.000640 became 2.00064."""


def is_workbook(path: Path) -> bool:
    """Whether a path names a workbook."""
    return path.suffix.lower() in SUFFIXES


def texts_of(path: Path, faults: list[Fault]) -> dict[str, str]:
    """The text of each sheet by the name of its CSV file; what cannot be read is added to ``faults``."""
    texts = {}
    try:
        with path.open("rb") as stream, open_book(path, stream) as book:
            for sheet in book.worksheets:
                name = f"{sheet.title.strip().lower().removesuffix('.csv')}.csv"
                texts[name] = _text(name, sheet_rows(path, book, sheet), faults)
    except (FileError, OSError) as error:
        faults.append(Fault(str(path), 0, f"no readable Excel workbook: {error}"))
    return texts


def _text(name: str, rows: Iterable[list[SheetCell]], faults: list[Fault]) -> str:
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
            columns = _without_end([_cell_text(cell) for cell in row])
            table.writerow(columns)
            continue
        cells = [_cell_text(cell) for cell in row]
        cells += [""] * (len(columns) - len(cells))
        table.writerow(cells[: len(columns)] + _without_end(cells[len(columns) :]))
        faults += _faults(name, line, columns, row)
    return file.getvalue()


def _faults(name: str, line: int, columns: list[str], row: list[SheetCell]) -> list[Fault]:
    """The cells of a row that do not hold what their column needs."""
    faults = []
    for column, cell in zip(columns, row, strict=False):
        if isinstance(cell, Unreadable):
            faults.append(Fault(name, line, f"{column}: {cell.reason}"))
        elif isinstance(cell, Number) and column.strip() in TEXT_COLUMNS:
            faults.append(Fault(name, line, f"{column}: {cell} is a number; format the cell as text and type it"))
        elif isinstance(cell, str) and (error := error_text(cell)):
            faults.append(Fault(name, line, f"{column}: {error}"))
    return faults


def _without_end(cells: list[str]) -> list[str]:
    """Without the empty cells behind the last: a sheet is as wide as its widest row."""
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _cell_text(cell: SheetCell) -> str:
    """A cell as it would stand in the file; a line's end within it would move all row numbers."""
    if cell is None or isinstance(cell, Unreadable):
        return ""
    return cell.isoformat() if isinstance(cell, date) else " ".join(cell.split())
