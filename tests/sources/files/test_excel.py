"""An Excel sheet is read as a person sees it, all of it, or the cell that cannot be read is named."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from sources.files.excel import shows_time
from sources.files.rows import FileError
from tests.exports import HEADER, MAPPING, changed_xml, csv_file, imported, workbook

OPENED = datetime(2026, 11, 2, 8, 15)  # noqa: DTZ001 - Excel knows no zones


def rows(n_rows: int) -> list[list[Any]]:
    return [HEADER, *([f"HS-{n}", OPENED, date(2026, 11, 5)] for n in range(1, n_rows + 1))]


@pytest.mark.parametrize("stated", ["A1:C3", "A1", "A1:B2", "A1:XFD1048576"])
def test_a_sheet_that_misstates_its_size_is_read_whole(stated: str, tmp_path: Path) -> None:
    book = changed_xml(workbook(tmp_path, rows(40)), '<dimension ref="[^"]*"', f'<dimension ref="{stated}"')
    result = imported(book)
    assert len(result.events) == result.account.read == 40


def test_a_date_cell_without_an_hour_is_a_day_as_in_csv(tmp_path: Path) -> None:
    def due(sheet: Any) -> None:
        for row, (value, number_format) in enumerate(
            [
                (date(2026, 11, 5), "dd/mm/yyyy"),
                (datetime(2026, 11, 5), "dd/mm/yyyy hh:mm"),  # noqa: DTZ001
                (datetime(2026, 11, 5, 17), "dd/mm/yyyy"),  # noqa: DTZ001
                (datetime(2026, 11, 5), '[$-42A]dd "tháng" mm "năm" yyyy;@'),  # noqa: DTZ001
            ],
            2,
        ):
            sheet.cell(row, 3, value).number_format = number_format

    events = imported(workbook(tmp_path, rows(4), due)).events
    assert [event.data.due_at.isoformat() for event in events] == [
        *("2026-11-05T16:59:59+00:00", "2026-11-04T17:00:00+00:00"),
        *("2026-11-05T10:00:00+00:00", "2026-11-05T16:59:59+00:00"),
    ]
    text = ";".join(HEADER) + "\nHS-1;02/11/2026 08:15;05/11/2026\n"
    assert imported(csv_file(tmp_path, text)).events[0].model_dump() == events[0].model_dump()


@pytest.mark.parametrize(
    ("number_format", "timed"),
    [
        *(("dd/mm/yyyy", False), ("m/d/yy h:mm", True), ("mm:ss", True), ("yyyy-mm-dd;@", False), ("h AM/PM", True)),
        *((r"dd\-mm\-yyyy\ \h", False), ('dd/mm/yyyy" hs"', False), ("[$-409]d/m/yy", False), ("[Red]dd/mm", False)),
    ],
)
def test_a_format_shows_hours_or_does_not(number_format: str, timed: bool) -> None:
    assert shows_time(number_format) is timed


@pytest.mark.parametrize("cell", ["<f>B2+3</f>", "<f>B2+3</f><v></v>", "<f>B2+3</f><v>0</v>"])
def test_a_formula_whose_result_is_not_stored_is_named(cell: str, tmp_path: Path) -> None:
    book = changed_xml(workbook(tmp_path, rows(2)), '(<c r="C3"[^>]*)t="n">.*?</c>', rf"\1>{cell}</c>")
    result = imported(book)
    assert [event.subject for event in result.events] == ["HS-1"]
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(3, "Hẹn trả")]
    assert "formula without its result" in result.rejected[0].reason


def test_a_formula_whose_result_is_an_empty_text_holds_nothing(tmp_path: Path) -> None:
    book = workbook(tmp_path, rows(2))
    changed_xml(book, '(<c r="C3"[^>]*)t="n">.*?</c>', r'\1t="str"><f>IF(1,"")</f><v></v></c>')
    assert [event.data.due_at is None for event in imported(book).events] == [False, True]


def test_an_error_of_the_table_program_is_named(tmp_path: Path) -> None:
    book = changed_xml(workbook(tmp_path, rows(2)), '<c r="A2"[^>]*>.*?</c>', '<c r="A2" t="e"><v>#N/A</v></c>')
    result = imported(book)
    assert [event.subject for event in result.events] == ["HS-2"]
    assert (result.rejected[0].place, result.rejected[0].column) == (2, "Mã hồ sơ")
    assert "#N/A" in result.rejected[0].reason


def test_codes_are_as_they_are_shown_or_refused(tmp_path: Path) -> None:
    cells = [(123, "000000"), ("000124", "@"), (101001240734.0, "0"), (12345, "000-000"), (1.2e17, "0"), (2.5, "0.000")]

    def codes(sheet: Any) -> None:
        for row, (value, number_format) in enumerate(cells, 2):
            sheet.cell(row, 1, value).number_format = number_format

    result = imported(workbook(tmp_path, rows(len(cells)), codes))
    assert [event.subject for event in result.events] == ["000123", "000124", "101001240734", "2.500"]
    assert ["number format" in rejected.reason or "15 digits" in rejected.reason for rejected in result.rejected] == [
        True,
        True,
    ]


def test_what_a_merged_cell_hides_is_named(tmp_path: Path) -> None:
    def merge(sheet: Any) -> None:
        sheet.merge_cells("C2:C3")
        sheet.merge_cells("B6:C6")

    result = imported(workbook(tmp_path, [*rows(3), [], ["I. Đất đai"]], merge))
    assert [event.subject for event in result.events] == ["HS-1", "HS-3"]
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(3, "Hẹn trả"), (6, "Tiếp nhận")]
    assert "merged cell" in result.rejected[0].reason


def test_the_sheet_that_was_read_is_said_and_a_hidden_one_is_not_taken(tmp_path: Path) -> None:
    def sheets(sheet: Any) -> None:
        hidden = sheet.parent.create_sheet("Ẩn", 0)
        hidden.sheet_state = "hidden"
        sheet.parent.create_sheet("Tháng 12")

    result = imported(workbook(tmp_path, rows(1), sheets))
    assert result.account.sent == 1
    assert result.remarks == [
        "sheet 'Sheet' was read; not read: 'Ẩn' (hidden), 'Tháng 12' (file: {sheet: …} in the mapping names one)"
    ]


def test_titles_above_the_header_and_other_epochs(tmp_path: Path) -> None:
    def epoch(sheet: Any) -> None:
        from openpyxl.utils.datetime import CALENDAR_MAC_1904  # noqa: PLC0415

        sheet.parent.epoch = CALENDAR_MAC_1904

    book = workbook(tmp_path, [["BÁO CÁO"], [], *rows(1)], epoch)
    with pytest.raises(FileError, match="Row 3 looks like the header"):
        imported(book)
    event = imported(book, MAPPING + "file: {header_row: 3}\n").events[0]
    assert event.time.isoformat() == "2026-11-02T01:15:00+00:00"


@pytest.mark.parametrize(
    ("pattern", "replacement", "reason"),
    [
        ('<row r="3"', '<row r="2"', "row 2 stands behind row 2"),
        ('<c r="B3"', '<c r="D3"', "out of order"),
        ("</sheetData>.*", "", "broken XML"),
        ("<sheetData>", "<a>" * 100 + "<sheetData>", "nested"),
        ("<worksheet", '<!DOCTYPE x [<!ENTITY a "b">]><worksheet', "DOCTYPE"),
    ],
)
def test_a_sheet_that_would_lose_cells_is_an_error(pattern: str, replacement: str, reason: str, tmp_path: Path) -> None:
    book = changed_xml(workbook(tmp_path, rows(2)), pattern, replacement)
    with pytest.raises(FileError, match=reason):
        imported(book)


def test_old_files_and_those_with_a_password_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"old \.xls file, or one with a password"):
        imported(csv_file(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "x.xlsx"))


def test_clock_times_and_dates_beyond_the_calendar_are_no_instants(tmp_path: Path) -> None:
    def cells(sheet: Any) -> None:
        sheet["B2"] = time(17)
        sheet["B3"] = 9_999_999
        sheet["B3"].number_format = "dd/mm/yyyy"

    result = imported(workbook(tmp_path, rows(2), cells))
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(2, "Tiếp nhận"), (3, "Tiếp nhận")]
