"""Text of other people is shown as it reads: no formula, no hidden mark, nothing that a file cannot hold."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from dashboards.api.file_formats import write_csv
from dashboards.reports import files
from dashboards.reports.sheets import Row, Sheet
from dashboards.texts.formats import counter_name, short_name
from dashboards.texts.plain_text import cell, escape, markdown, plain, with_marks

ANY_TEXT = st.text(st.characters(), max_size=30) | st.from_regex(
    r"\A[=+\-@＝＋－＠\u200b\u202e\t\r\x00\x0b =]{1,6}[0-9A-Z]"
)
"""Of every character, lone surrogates too, and much that begins like a formula."""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("＝1+1", "'＝1+1"),
        ("＋84912", "'＋84912"),
        ("\u200b=1+1", "'=1+1"),
        ("\u202e@SUM(A1)", "'@SUM(A1)"),
        ("\x01=1+1", "' =1+1"),
        (" -1", "' -1"),
        ("\t1", "'\t1"),
        ("HS\x010", "HS 0"),
        ("Điểm tiếp nhận\x0bThôn 3", "Điểm tiếp nhận Thôn 3"),
        ("gpj.\u202etxt", "gpj.txt"),
        ("a\u2028b", "a\nb"),
        ("\ud800", " "),
        ("Chị Hoa đợi 3 < 4 giờ 😞", "Chị Hoa đợi 3 < 4 giờ 😞"),
        ("H26.66.01-0001", "H26.66.01-0001"),
    ],
)
def test_a_cell_holds_plain_text(written: str, shown: str) -> None:
    assert cell(written) == shown


@pytest.mark.parametrize("value", [None, 5, -5, 0.5, True])
def test_a_cell_that_is_no_text_stays_as_it_is(value: object) -> None:
    assert cell(value) is value


@settings(deadline=None)
@given(ANY_TEXT)
def test_no_text_acts_as_a_formula_or_hides_anything(text: str) -> None:
    shown = cell(text)
    assert not shown.lstrip().startswith(tuple("=+-@＝＋－＠"))
    assert plain(shown) == shown
    shown.encode()


@settings(deadline=None, max_examples=40)
@given(st.lists(ANY_TEXT, min_size=1, max_size=5))
def test_any_text_can_be_written_into_a_workbook_a_table_and_a_page(texts: list[str]) -> None:
    sheet = Sheet(texts[0], texts[-1], [(texts[0], texts[-1])], texts, [Row(list(texts))], texts)
    page = load_workbook(io.BytesIO(files.excel(sheet))).active
    assert page is not None
    assert all(field.data_type != "f" for row in page.iter_rows() for field in row)
    assert "<script" not in files.html(sheet, "vi")
    file = io.BytesIO()
    write_csv(file, ["a"], ({"a": text} for text in texts))
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert [row["a"] for row in rows] == [cell(text) for text in texts]


def test_the_head_of_a_report_is_text_as_its_rows_are() -> None:
    sheet = Sheet("=1+1", "＝2", [("Cán bộ", "=1+1"), ("\u200b=x", "HS\x010")], ["-5"], [Row(["+1"])], ["@SUM(A1)"])
    page = load_workbook(io.BytesIO(files.excel(sheet))).active
    assert page is not None
    shown = [field.value for row in page.iter_rows() for field in row if field.value is not None]
    assert shown == ["'=1+1", "'＝2", "Cán bộ", "'=1+1", "'=x", "HS 0", "'-5", "'+1", "'@SUM(A1)"]


def test_a_name_does_not_turn_the_text_beside_it() -> None:
    named = {"name_vi": "Phường \u202eab\u2069, x", "name_en": "Ward \u202eab, x"}
    assert short_name(named, "vi") == "Phường ab, x"
    assert counter_name(named, "en") == "Ward ab"
    assert escape("<b>\u202e\x00</b>") == "&lt;b&gt; &lt;/b&gt;"


def test_hidden_marks_are_visible_where_an_event_is_shown_as_sent() -> None:
    assert with_marks('{"staff": "a\u202eb"}') == '{"staff": "a\\u202eb"}'


MARKED = ["**đậm**", "[a](https://x.vn)", "_a_", "$x$", ":red[a]", "<b>", "# a", "a\n\n- b", "`a`", "~~a~~"]


@pytest.mark.parametrize("name", MARKED)
def test_a_name_is_not_taken_for_markdown(name: str) -> None:
    shown = markdown(name)
    assert "\n" not in shown
    unescaped = [at for at, sign in enumerate(shown) if sign in "*_[]()$:<>#`~" and (at == 0 or shown[at - 1] != "\\")]
    assert not unescaped
