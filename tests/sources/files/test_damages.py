"""Any table in any dialect gives the same events; what is damaged is named, and every row has an account."""

from __future__ import annotations

import csv
import gzip
import io
import re
import tempfile
import unicodedata
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.events.envelope import derived_id
from sources.files.rows import FileError
from tests.exports import Imported, changed_xml, imported

COLUMNS = ["Mã hồ sơ", "Tiếp nhận", "Hẹn trả", "Phí", "Ghi chú"]
MAPPING = """
mapping: damages
rows: {rows}
case: {case}
unit: {{constant: H26}}
time: {{zone: Asia/Ho_Chi_Minh, formats: ["%d/%m/%Y %H:%M", "%d/%m/%Y"]}}
{more}
events:
  - event: payment.paid
    each: row
    key: Mã hồ sơ
    time: Tiếp nhận
    data: {{online: {{constant: "true"}}, amount_vnd: Phí, note: Ghi chú, due: Hẹn trả}}
"""
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class Paid:
    """A row of the table."""

    code: str
    opened: datetime
    due: date | None
    fee: int
    note: str

    def texts(self) -> list[str]:
        due = self.due.strftime("%d/%m/%Y") if self.due else ""
        return [self.code, self.opened.strftime("%d/%m/%Y %H:%M"), due, str(self.fee), self.note]


NOTES = st.one_of(
    st.just(""),
    st.sampled_from(
        ["Đã trả kết quả", "Dân hỏi nhiều lần", "Hồ sơ thiếu", "a", 'nói "chậm"', "một\nhai", "a;b,c|d\te"]
    ),
    st.text(st.sampled_from(" ;,|\"'\n=#ĐếaZ0\u2028"), max_size=8),
)
ROWS = st.builds(
    Paid,
    code=st.just(""),
    opened=st.datetimes(datetime(2025, 1, 1), datetime(2026, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),  # noqa: DTZ001
    due=st.none() | st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    fee=st.integers(0, 10**9),
    note=NOTES,
)
TABLES = st.lists(ROWS, min_size=1, max_size=12).map(
    lambda rows: [replace(row, code=f"HS-{n:03}") for n, row in enumerate(rows)]
)


def expected(rows: list[Paid]) -> dict[str, tuple[Any, ...]]:
    """What is sent of each code."""
    events_by_code = {}
    for row in rows:
        note = unicodedata.normalize("NFC", row.note).strip() or None
        at = (row.opened - timedelta(hours=7)).isoformat() + "+00:00"
        events_by_code[row.code] = (at, row.fee, note, row.due and row.due.isoformat())
    return events_by_code


def sent(result: Imported) -> dict[str, tuple[Any, ...]]:
    """The same of what came out; a day is what its text or its cell says."""
    events_by_code = {}
    for event in result.events:
        assert str(event.id) == derived_id("damages", event.subject, "payment.paid", event.subject)
        extra = event.data.model_extra or {}
        due = extra.get("due")
        day = datetime.strptime(due, "%d/%m/%Y").date().isoformat() if due and "/" in due else due  # noqa: DTZ007
        events_by_code[event.subject] = (event.time.isoformat(), event.data.amount_vnd, extra.get("note"), day)
    return events_by_code


def read(file: Path, more: str = "", case: str = "Mã hồ sơ", rows: str = "case") -> Imported:
    return imported(file, MAPPING.format(more=more, case=case, rows=rows))


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "delimiter": draw(st.sampled_from(";,\t|")),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
    }


def as_csv(rows: list[Paid], dialect: dict[str, Any]) -> list[str]:
    """The header's record and those of the rows, each with its line end."""
    if dialect["lineterminator"] == "\r":
        # Python's writer would leave the other line ends unquoted.
        dialect = {**dialect, "quoting": csv.QUOTE_ALL}
    records = []
    for cells in [COLUMNS, *(row.texts() for row in rows)]:
        text = io.StringIO()
        csv.writer(text, **dialect).writerow(cells)
        records.append(text.getvalue())
    return records


@FEW
@given(
    TABLES,
    dialects(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le"]),
    st.sampled_from(["NFC", "NFD"]),
    st.booleans(),
    st.lists(st.sampled_from(["BÁO CÁO THÁNG 11", ";;;", ""]), max_size=3),
)
def test_a_csv_of_any_dialect_gives_the_same_events(
    rows: list[Paid], dialect: dict[str, Any], encoding: str, form: Any, packed: bool, titles: list[str]
) -> None:
    lines = [title + dialect["lineterminator"] for title in titles] + as_csv(rows, dialect)
    content = unicodedata.normalize(form, "".join(lines)).encode(encoding)
    options = [f"header_row: {len(titles) + 1}"] + ["encoding: utf-16-le"] * (encoding == "utf-16-le")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ("x.csv.gz" if packed else "x.csv")
        file.write_bytes(gzip.compress(content) if packed else content)
        result = read(file, f"file: {{{', '.join(options)}}}")
    assert result.rejected == []
    assert sent(result) == expected(rows)
    assert result.account.read == result.account.sent == len(rows)


DAMAGES = ["cut", "open quote", "lost quote", "dropped cell", "double delimiter", "bad byte", "zero byte"]


def damaged(records: list[str], kind: str, at: int, dialect: dict[str, Any], random: Any) -> bytes:
    """The file with one damage in the record ``at``."""
    record, delimiter = records[at], dialect["delimiter"]
    if kind == "open quote":
        place = random.choice([0, *(n + 1 for n, sign in enumerate(record) if sign == delimiter)])
        record = record[:place] + '"' + record[place:]
    elif kind == "lost quote":
        places = [n for n, sign in enumerate(record) if sign == '"']
        place = random.choice(places) if places else len(record)
        record = record[:place] + record[place + 1 :]
    elif kind == "dropped cell":
        first, _, rest = record.partition(delimiter)
        record = rest if random.random() < 0.5 else first + rest
    elif kind == "double delimiter":
        record = record.replace(delimiter, delimiter * 2, 1)
    elif kind == "zero byte":
        place = random.randrange(len(record.rstrip("\r\n")) + 1)
        record = record[:place] + "\0" + record[place:]
    content = [
        *(line.encode() for line in records[:at]),
        record.encode(),
        *(line.encode() for line in records[at + 1 :]),
    ]
    if kind == "bad byte":
        place = random.randrange(len(content[at]))
        content[at] = content[at][:place] + b"\xff" + content[at][place:]
    elif kind == "cut":
        content = [*content[:at], content[at][: random.randrange(len(content[at]))]]
    return b"".join(content)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, dialects(), st.sampled_from(DAMAGES), st.randoms(use_true_random=False))
def test_a_damaged_csv_gives_the_same_events_or_names_the_damage(
    rows: list[Paid], dialect: dict[str, Any], kind: str, random: Any
) -> None:
    records = as_csv(rows, dialect)
    at = random.randrange(1, len(records))
    lines = [len(io.StringIO(record, newline="").readlines()) for record in records]
    first = 1 + sum(lines[:at])
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.csv"
        file.write_bytes(damaged(records, kind, at, dialect, random))
        try:
            result = read(file)
        except FileError as fault:
            (line,) = re.findall(r"x\.csv: line (\d+)", str(fault))
            assert first <= int(line) <= first + lines[at]
            return
    truth = expected(rows)
    if kind == "cut":
        truth = dict(list(truth.items())[:at])
    events_by_code = sent(result)
    other = [code for code, event in events_by_code.items() if truth.get(code) != event]
    cut_short = [f"line {first + lines[at] - 1}" in remark or f"line {first}" in remark for remark in result.remarks]
    named = any(first <= rejected.place < first + lines[at] for rejected in result.rejected)
    assert not other or (other == [rows[at - 1].code] and (named or (kind == "cut" and any(cut_short)))), (
        other,
        events_by_code,
    )
    gone = [code for code in truth if code not in events_by_code]
    assert not gone or named or kind == "cut"
    assert set(gone) <= {rows[at - 1].code} or len(result.rejected) >= len(gone)
    assert result.account.read == result.account.sent + result.account.refused


@FEW
@given(TABLES, st.sampled_from(["A1:B2", "A1", "A1:XFD9999", ""]), st.integers(0, 3), st.booleans(), st.randoms())
def test_a_workbook_of_any_form_gives_the_same_events(
    rows: list[Paid], stated: str, n_titles: int, as_numbers: bool, random: Any
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for _ in range(n_titles):
        sheet.append(["BÁO CÁO"])
    sheet.append(COLUMNS)
    for row in rows:
        cells = row.texts()
        # A cell that begins with = would be a formula, and signs that XML has not cannot be written.
        cells[4] = cells[4].lstrip("=")
        sheet.append([row.code, row.opened, row.due, row.fee, cells[4]] if as_numbers else cells)
    whole = [replace(row, note=row.note.lstrip("=")) for row in rows]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.xlsx"
        book.save(file)
        changed_xml(file, "<dimension [^>]*>", f'<dimension ref="{stated}"/>' if stated else "")
        options = f"file: {{header_row: {n_titles + 1}}}"
        result = read(file, options)
        content = file.read_bytes()
        file.write_bytes(content[: random.randrange(len(content))])
        with pytest.raises(FileError, match=r"x\.xlsx"):
            read(file, options)
    assert result.rejected == []
    assert sent(result) == expected(whole)
    assert result.account.read == result.account.sent == len(rows)


@FEW
@given(TABLES, st.sampled_from(["error", "formula", "merged"]), st.randoms(use_true_random=False))
def test_a_damaged_cell_of_a_workbook_costs_its_row_alone(rows: list[Paid], kind: str, random: Any) -> None:
    rows = [replace(row, note="a", due=date(2026, 5, 6)) for row in rows]
    at = random.randrange(len(rows))
    column = random.randrange(1, 6)
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append([row.code, row.opened, row.due, row.fee, row.note])
    cell = sheet.cell(at + 2, column)
    if kind == "merged":
        sheet.merge_cells(start_row=at + 1, end_row=at + 2, start_column=column, end_column=column)
    else:
        cell.value = "#REF!" if kind == "error" else "=A1+1"
    with tempfile.TemporaryDirectory() as folder:
        book.save(Path(folder) / "x.xlsx")
        result = read(Path(folder) / "x.xlsx")
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(at + 2, COLUMNS[column - 1])]
    assert sent(result) == expected([row for row in rows if row is not rows[at]])
    assert (result.account.read, result.account.refused) == (len(rows), 1)


def cells_of(rows: list[Paid], random: Any) -> list[Any]:
    """The table's columns, each in one of the types that hold it."""
    codes = [row.code for row in rows]
    opened = [row.opened for row in rows]
    fees = [row.fee for row in rows]
    notes = [row.note for row in rows]
    days = pa.array([row.due for row in rows], pa.date32())
    return [
        random.choice(
            [pa.array(codes), pa.array([code.encode() for code in codes]), pa.array(codes).dictionary_encode()]
        ),
        pa.array(opened, pa.timestamp(random.choice(["s", "ms", "us", "ns"]))),
        random.choice([days, days.cast(pa.date64()), days.cast(pa.timestamp("ns"))]),
        random.choice([pa.array(fees), pa.array(fees, pa.float64()), pa.array(fees, pa.decimal128(20, 4))]),
        random.choice(
            [pa.array(notes), pa.array(notes, pa.large_string()), pa.array([note.encode() for note in notes])]
        ),
    ]


@FEW
@given(TABLES, st.randoms(use_true_random=False))
def test_a_parquet_file_of_any_types_gives_the_same_events(rows: list[Paid], random: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.parquet"
        table = pa.table(dict(zip(COLUMNS, cells_of(rows, random), strict=True)))
        pq.write_table(table, file, row_group_size=random.randrange(1, 9), write_page_checksum=True)
        result = read(file)
        content = bytearray(file.read_bytes())
        content[random.randrange(len(content) // 2)] ^= 0xFF
        file.write_bytes(content)
        try:
            again = sent(read(file))
        except FileError:
            again = sent(result)
        file.write_bytes(content[: random.randrange(len(content))])
        with pytest.raises(FileError, match=r"x\.parquet"):
            read(file)
    assert result.rejected == []
    assert sent(result) == again == expected(rows)
    assert result.account.read == result.account.sent == len(rows)


@FEW
@given(TABLES, st.booleans(), st.sampled_from(["utf-8", "utf-16"]), st.randoms(use_true_random=False))
def test_a_log_of_any_order_gives_the_same_events(rows: list[Paid], packed: bool, encoding: str, random: Any) -> None:
    traces = []
    for row in rows:
        code, *others = (
            f"<string key={quoteattr(name)} value={quoteattr(text, {chr(10): '&#10;', chr(9): '&#9;'})}/>"
            for name, text in zip(COLUMNS, row.texts(), strict=True)
        )
        event = f"<event>{''.join(others)}</event>"
        traces.append(f"<trace>{code}{event}</trace>" if random.random() < 0.5 else f"<trace>{event}{code}</trace>")
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n<log>' + "\n".join(traces) + "</log>"
    content = text.replace('key="Phí"', 'key="Phí"').encode(encoding)
    mapping = MAPPING.format(more="", case="case:Mã hồ sơ", rows="event").replace("key: Mã", "key: case:Mã")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / ("x.xes.gz" if packed else "x.xes")
        file.write_bytes(gzip.compress(content) if packed else content)
        result = imported(file, mapping)
        whole = file.read_bytes()
        file.write_bytes(whole[: random.randrange(len(whole) - 4)])
        with pytest.raises(FileError, match=r"x\.xes"):
            imported(file, mapping)
    assert result.rejected == []
    assert sent(result) == expected(rows)
    assert result.account.read == result.account.sent == len(rows)
