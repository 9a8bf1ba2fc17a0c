"""Reference data in an Excel workbook is what it is in CSV files, with the same rows named when something is wrong."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from sources.reference import load as reference
from tests.contract.test_reference_files import UNITS
from tests.exports import changed_xml

HANOI = Path(__file__).parents[3] / "contract" / "reference" / "hanoi"
HEAD = ("# as of: 2026-01-01T00:00:00+07:00",)


def typed(cell: str) -> Any:
    """What a person's table program makes of a cell: dates, numbers and truth are no texts any more."""
    for read in (date.fromisoformat, int, float):
        try:
            return read(cell)
        except ValueError:
            continue
    return {"true": True, "false": False, "": None}.get(cell, cell)


def book_of(texts: dict[str, str], path: Path, codes: frozenset[str]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, text in texts.items():
        sheet = book.create_sheet(name.removesuffix(".csv"))
        lines = text.splitlines(keepends=True)
        head = [line for line in lines if line.startswith("#")]
        for line in head:
            sheet.append([line.rstrip()])
        columns, *rows = csv.reader(io.StringIO("".join(lines[len(head) :])))
        sheet.append(columns)
        for row in rows:
            cells = zip(columns, row, strict=True)
            sheet.append([(cell or None) if column in codes else typed(cell) for column, cell in cells])
    book.save(path)
    return path


def write_workbook(path: Path, **sheets: list[tuple[Any, ...]]) -> Path:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_hanoi_as_a_workbook_gives_the_same_events_as_its_files(tmp_path: Path) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in HANOI.glob("*.csv")}
    codes = frozenset({"code", "unit", "parent", "counter", "device", "ward_code", "calendar", "weekdays"})
    book = book_of(texts, tmp_path / "hanoi.xlsx", codes)
    parsed = reference.read(book)
    assert parsed.faults == []
    assert [event["id"] for event in parsed.events] == [event["id"] for event in reference.read(HANOI).events]


def test_a_wrong_row_is_named_by_its_number_in_the_sheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns = ("code", "name_vi", "name_en", "level", "parent", "valid_from")
    rows = [
        HEAD,
        columns,
        ("H26", "Hà Nội", "Hanoi", "city", None, date(2020, 1, 1)),
        ("H26.1", "A", "A", "shop", "H26"),
    ]
    assert reference.check(write_workbook(tmp_path / "units.xlsx", Units=rows)) == 1
    assert "units.csv:4: " in capsys.readouterr().out


def test_a_code_that_became_a_number_is_an_error(tmp_path: Path) -> None:
    procedures = [HEAD, ("code", "name_vi", "unit"), (2.00064, "Trích lục", "H26")]
    parsed = reference.read(write_workbook(tmp_path / "p.xlsx", procedures=procedures))
    assert parsed.events == []
    assert [str(fault) for fault in parsed.faults] == [
        "procedures.csv:3: code: 2.00064 is a number; format the cell as text and type it"
    ]


def test_a_sheet_of_another_name_and_a_file_that_is_no_workbook_are_told(tmp_path: Path) -> None:
    parsed = reference.read(write_workbook(tmp_path / "a.xlsx", Sheet1=[HEAD])).faults
    assert "sheet1.csv:1: no file of this name is known" in str(parsed[0])
    (tmp_path / "b.xlsx").write_text(UNITS, encoding="utf-8")
    assert "no readable Excel workbook" in str(reference.read(tmp_path / "b.xlsx").faults[0])
    assert "neither a folder nor" in str(reference.read(tmp_path / "nowhere").faults[0])


def test_a_sheet_that_misstates_its_size_is_read_whole(tmp_path: Path) -> None:
    columns = ("code", "name_vi", "name_en", "level", "parent", "valid_from")
    units: list[tuple[Any, ...]] = [("H26", "Hà Nội", "Hanoi", "city", None, date(2020, 1, 1))]
    units += [(f"H26.{n}", "A", "A", "branch", "H26", date(2020, 1, 1)) for n in range(1, 5)]
    book = write_workbook(tmp_path / "units.xlsx", Units=[HEAD, columns, *units])
    changed_xml(book, '<dimension ref="[^"]*"', '<dimension ref="A1:F4"')
    parsed = reference.read(book)
    assert (parsed.faults, len(parsed.events)) == ([], 5)


def test_a_formula_without_its_result_and_an_error_are_named(tmp_path: Path) -> None:
    columns = ("code", "name_vi", "name_en", "level", "parent", "valid_from")
    unit = ("H26", "#REF!", "Hanoi", "city", None, "=TODAY()")
    parsed = reference.read(write_workbook(tmp_path / "units.xlsx", Units=[HEAD, columns, unit]))
    assert [str(fault).split(";")[0] for fault in parsed.faults[:2]] == [
        "units.csv:3: name_vi: holds the error #REF!",
        "units.csv:3: valid_from: holds a formula without its result",
    ]
