"""A CSV is read as long as it is and as it is written, or the line that prevents it is named."""

from __future__ import annotations

import codecs
import unicodedata
from pathlib import Path
from typing import Literal

import pytest

from sources.files.rows import FileError
from tests.exports import MAPPING, Imported, csv_file, imported

HEAD = "Mã hồ sơ;Tiếp nhận;Hẹn trả;Ghi chú\n"
WITH_REMARK = MAPPING.replace("end}}", "end}, note: Ghi chú}")


def table(*remarks: str) -> str:
    return HEAD + "".join(f"HS-{n};02/11/2026 08:{n:02};05/11/2026;{remark}\n" for n, remark in enumerate(remarks, 1))


def notes(result: Imported) -> list[str | None]:
    return [(event.data.model_extra or {}).get("note") for event in result.events]


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_line(tmp_path: Path) -> None:
    file = csv_file(tmp_path, table("", "", '"Dân hỏi', "", "", ""))
    with pytest.raises(FileError, match="line 4: a quotation mark opens a cell here and none closes it"):
        imported(file)


def test_a_quotation_mark_that_another_one_far_below_closes_is_named_by_its_line(tmp_path: Path) -> None:
    file = csv_file(tmp_path, table("", '"Dân hỏi', "", "", '"Đã gọi lại"', ""))
    with pytest.raises(FileError, match=r"line 3: a quotation mark opens a cell here that closes .* on line 6"):
        imported(file)


def test_rows_within_a_quoted_cell_are_told_line_by_line(tmp_path: Path) -> None:
    text = table("", "a", "b", "c", "")
    text = text.replace("HS-2;", '"HS-2;').replace("HS-4;", 'HS-4";')
    result = imported(csv_file(tmp_path, text))
    assert [event.subject for event in result.events] == ["HS-1", "HS-5"]
    assert [rejected.place for rejected in result.rejected] == [3, 4, 5]
    assert "quoted cell of lines 3 to 5" in result.rejected[0].reason
    assert (result.account.read, result.account.sent, result.account.refused) == (5, 2, 3)


def test_lines_within_a_remark_are_part_of_it(tmp_path: Path) -> None:
    result = imported(csv_file(tmp_path, table('"Một;\nhai"', "", '"a\r\n\r\nb ""c"""')), WITH_REMARK)
    assert notes(result) == ["Một;\nhai", None, 'a\r\n\r\nb "c"']
    assert result.rejected == []


def test_a_mark_within_a_cell_costs_its_own_row_alone(tmp_path: Path) -> None:
    result = imported(csv_file(tmp_path, table("", '"Hẻm "A" cụt"', "")))
    assert [event.subject for event in result.events] == ["HS-1", "HS-3"]
    assert "quotation mark stands within a cell" in result.rejected[0].reason


def test_a_file_that_does_not_quote_can_be_said_to(tmp_path: Path) -> None:
    result = imported(csv_file(tmp_path, table('"Dân hỏi', "")), WITH_REMARK + "file: {quote: none}\n")
    assert notes(result) == ['"Dân hỏi', None]


def test_a_cell_that_lost_its_opening_quotation_mark_is_not_taken(tmp_path: Path) -> None:
    text = table("", "", "").replace("HS-2", 'HS-2"').replace("HS-3", ' "HS-3"')
    assert [rejected.place for rejected in imported(csv_file(tmp_path, text)).rejected] == [3, 4]


def test_rows_with_another_number_of_cells_are_told(tmp_path: Path) -> None:
    text = table("", "", "").replace("HS-1;", "HS-1;;").replace("08:02;", "08:02 ")
    result = imported(csv_file(tmp_path, text))
    assert [(rejected.place, rejected.reason) for rejected in result.rejected] == [
        (2, "5 fields where the header has 4"),
        (3, "3 fields where the header has 4"),
    ]


def test_a_zero_byte_and_a_table_programs_errors_are_told(tmp_path: Path) -> None:
    text = table("a\0", "", "", "").replace("HS-2", "#N/A").replace("HS-3;02/11/2026 08:03", "HS-3;########")
    result = imported(csv_file(tmp_path, text))
    assert [event.subject for event in result.events] == ["HS-4"]
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [
        (2, ""),
        (3, "Mã hồ sơ"),
        (4, "Tiếp nhận"),
    ]
    kept = imported(csv_file(tmp_path, table("").replace("05/11/2026", "#N/A")), MAPPING + "missing: ['#N/A']\n")
    assert kept.events[0].data.due_at is None


@pytest.mark.parametrize("encoding", ["windows-1258", "latin-1", "utf-16-le"])
def test_an_encoding_that_is_not_named_is_an_error_with_its_line(encoding: str, tmp_path: Path) -> None:
    mapping = MAPPING.replace("Mã hồ sơ", "id").replace("Tiếp nhận", "at").replace("Hẹn trả", "due")
    with pytest.raises(FileError, match=r"line 3: byte .* name the file's encoding|line 1 holds zero bytes"):
        imported(csv_file(tmp_path, "id;at;due\n1;2;\nCafé;3;\n".encode(encoding)), mapping)


def in_windows_1258(text: str) -> bytes:
    """Windows' own table has no letter with two marks: ồ is ô and a grave accent."""
    signs: list[str] = []
    letter = 0
    for char in unicodedata.normalize("NFD", text):
        if unicodedata.combining(char) and char not in "\u0300\u0301\u0303\u0309\u0323":
            signs[letter] = unicodedata.normalize("NFC", signs[letter] + char)
            continue
        letter = letter if unicodedata.combining(char) else len(signs)
        signs.append(char)
    return "".join(signs).encode("windows-1258")


def test_windows_1258_named_in_the_mapping_is_read_in_nfc(tmp_path: Path) -> None:
    file = csv_file(tmp_path, in_windows_1258(table("Đã trả một hộ dân ở Quốc Oai")))
    result = imported(file, WITH_REMARK + "file: {encoding: windows-1258}\n")
    assert notes(result) == ["Đã trả một hộ dân ở Quốc Oai"]


def test_a_wrong_encoding_in_the_mapping_makes_no_other_letters(tmp_path: Path) -> None:
    ascii_head = "id;at;due;note\n1;02/11/2026 08:00;;Đã trả\n2;02/11/2026 08:00;;\n"
    mapping = MAPPING.replace("Mã hồ sơ", "id").replace("Tiếp nhận", "at").replace("Hẹn trả", "due")
    result = imported(csv_file(tmp_path, ascii_head), mapping + "file: {encoding: latin-1}\n")
    assert [event.subject for event in result.events] == ["2"]
    assert "the line is UTF-8" in result.rejected[0].reason


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_text_is_compared_in_one_form_without_what_nobody_sees(form: Literal["NFC", "NFD"], tmp_path: Path) -> None:
    rows = ["HS-1;Đã trả", "\ufeffHS-2;Đã\u00a0trả", "HS\u200b-3;\u200bĐã trả\u200d", "HS-4;Không có"]
    text = unicodedata.normalize(form, "Mã\u00a0hồ sơ;Trạng thái\n" + "\n".join(rows) + "\n")
    mapping = """
mapping: forms
rows: case
case: Mã hồ sơ
unit: {constant: H26}
missing: ["Không có"]
time: {zone: UTC}
events:
  - {event: dossier.returned, time: {constant: "2026-11-02"}, when: {Trạng thái: {is: Đã trả}}}
  - {event: dossier.accepted, time: {constant: "2026-11-01"}, when: {Trạng thái: absent}}
"""
    result = imported(csv_file(tmp_path, text), unicodedata.normalize(form, mapping))
    assert [(event.subject, event.type) for event in result.events] == [
        *(("HS-1", "dossier.returned"), ("HS-2", "dossier.returned"), ("HS-3", "dossier.returned")),
        ("HS-4", "dossier.accepted"),
    ]


def test_the_delimiter_is_that_of_the_whole_header(tmp_path: Path) -> None:
    text = '"Mã\nhồ  sơ";"Tiếp, nhận";Hẹn trả\nHS-1;02/11/2026 08:15;05/11/2026\n'
    result = imported(csv_file(tmp_path, text), MAPPING.replace("Tiếp nhận", '"Tiếp, nhận"'))
    assert result.events[0].subject == "HS-1"


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "\ufeffsep=;\n", "\n\n"])
def test_a_line_that_names_the_delimiter_and_blank_lines_are_no_header(first: str, tmp_path: Path) -> None:
    assert [event.subject for event in imported(csv_file(tmp_path, first + table(""))).events] == ["HS-1"]


def test_titles_above_the_header_are_skipped_when_the_mapping_says_so(tmp_path: Path) -> None:
    titles = "UBND PHƯỜNG A, TP. HÀ NỘI;;;\nBÁO CÁO, THÁNG 11;;;\n;;;\n"
    with pytest.raises(FileError, match=r"Row 4 looks like the header: write file: \{header_row: 4\}"):
        imported(csv_file(tmp_path, titles + table("")))
    result = imported(
        csv_file(tmp_path, titles + table("", "") + "Tổng cộng;;;2\n"), MAPPING + "file: {header_row: 4}\n"
    )
    assert [event.subject for event in result.events] == ["HS-1", "HS-2"]
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(7, "Tiếp nhận")]


def test_mixed_line_ends_and_marks_of_joined_files_lose_nothing(tmp_path: Path) -> None:
    text = table("", "", "", "").replace("HS-2", "\ufeffHS-2")
    lines = text.split("\n")
    mixed = "".join(line + end for line, end in zip(lines, ["\n", "\r\n", "\r", "\n", "\r\n"], strict=False))
    result = imported(csv_file(tmp_path, codecs.BOM_UTF8 + mixed.encode()))
    assert [event.subject for event in result.events] == ["HS-1", "HS-2", "HS-3", "HS-4"]


def test_a_last_line_that_may_be_cut_is_said(tmp_path: Path) -> None:
    assert "line 3 is the last and has no line end" in imported(csv_file(tmp_path, table("", "")[:-1])).remarks[0]
    assert imported(csv_file(tmp_path, table("", ""))).remarks == []


def test_every_row_is_sent_refused_or_skipped_by_a_rule(tmp_path: Path) -> None:
    text = table("", "chờ", "").replace("08:03", "8 giờ")
    mapping = MAPPING + "    when: {Ghi chú: absent}\n"
    account = imported(csv_file(tmp_path, text), mapping).account
    assert (account.read, account.sent, account.refused, account.skipped) == (3, 1, 1, 1)
    assert account.skipped_rows == [3]
    with pytest.raises(FileError, match="the rows do not add up"):
        account.check(4)
