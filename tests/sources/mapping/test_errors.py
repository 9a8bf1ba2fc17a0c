"""A mapping that cannot be used says so when it is loaded: which key, what is wrong, and how it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.compiled.compiled_mapping import CompiledMapping, Rejected
from sources.files.rows import Row
from sources.mapping.mapping_file import MappingError, load

GOOD = """
mapping: small
rows: case
case: Số
unit: {code_from: phong}
time: {zone: Asia/Ho_Chi_Minh, formats: ["%d/%m/%Y %H:%M", "%d/%m/%Y"]}
units:
  valid_from: 2010-01-01
  defined:
    - {code: X01, name_vi: Phường A, name_en: Ward A, level: branch}
  from_columns:
    phong: {column: Phòng, parent: X01, level: service_point}
events:
  - event: dossier.accepted
    time: Ngày
    when: {Ngày: present}
    data: {due_at: {column: Hẹn, date_only: end}, channel: {constant: direct}}
  - event: rating.submitted
    time: Ngày
    data: {channel: {constant: post}, scale: {constant: csat5}, score: Điểm}
"""


def fault(folder: Path, *changes: tuple[str, str]) -> str:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as error:
        load(path)
    message = str(error.value)
    # Nothing of the tool that checks it: neither its words nor its classes.
    assert not any(
        word in message for word in ("Input should", "valid dictionary", "Literal", "pydantic", "Value error")
    )
    return message


def test_the_mapping_that_the_others_change_is_good(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).mapping == "small"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "case: Số",
            "case: [Đơn vị, Số]",
            "map.yaml: case: a list is no value: write {join: [Đơn vị, Số], with: '-'} for all of them together, or",
        ),
        ("case: Số", "case:", "map.yaml: case: is empty: name a column"),
        ("case: Số\n", "", "map.yaml: case: is missing, as in case: Mã hồ sơ"),
        (
            "case: Số",
            "case: {join: Số}",
            "map.yaml: case.join: must be a list, not 'Số', as in join: [Đơn vị, Số hồ sơ]",
        ),
        ("case: Số", "case: {join: [Số]}", "map.yaml: case.join: has 1 entries, but needs 2"),
        ("case: Số", "case: {column: Số, with: '-'}", "case: with belongs to join"),
        ("case: Số", "case: {after: Số, add: 3, unit: day}", "case: is a text"),
        ("Ngày: present}", "Ngày: y}", "when.Ngày: 'y' is no condition: write present, absent, {is: y} or {is_not: y}"),
        ("Ngày: present}", "Ngày: [x, y]}", "when.Ngày: a list is no condition: write {is: [x, y]}"),
        ("Ngày: present}", "Ngày: {equals: x}}", "when.Ngày.equals: there is no such key; there are is, is_not"),
        ("when: {Ngày: present}", "when: Ngày", "events.0.when: must be a table of keys, not 'Ngày', as in when: {Trả"),
        ("rows: case", "row: case", "row: there is no such key; is 'rows' meant?"),
        ("rows: case", "rows: cases", "rows: 'cases' is none of 'case' or 'event', as in rows: case"),
        ("time: Ngày", "tiem: Ngày", "events.0.tiem: there is no such key; is 'time' meant?"),
        (
            "date_only: end",
            "date_olny: end",
            "events.0.data.due_at.date_olny: there is no such key; is 'date_only' meant?",
        ),
        ("parent: X01", "perent: X01", "units.from_columns.phong.perent: there is no such key; is 'parent' meant?"),
        ("name_en: Ward A", "name_fr: Ward A", "units.defined.0.name_fr: there is no such key; is 'name_"),
        (
            "event: dossier.accepted",
            "event: {column: Bước}",
            "events.0.event.translate: is missing, as in translate: {",
        ),
        (
            "event: dossier.accepted",
            "event: [dossier.accepted]",
            "events.0.event: must be a table of keys, not ['dossier",
        ),
        ("mapping: small", "mapping: Phường A", "mapping: 'Phường A' is no name: small letters a-z, digits"),
        (
            "valid_from: 2010-01-01",
            "valid_from: 01/01/2010",
            "units.valid_from: '01/01/2010' is no day such as 2020-01-31",
        ),
        (
            "code: X01",
            "code: sfo air",
            "defined.0.code: 'sfo air' holds a blank, which a unit's code must not: write 'sfo_air'",
        ),
        ("level: service_point}", "level: service_point, prefix: 'A B'}", "phong.prefix: 'A B' holds a blank"),
        (
            "level: service_point}",
            "level: service_point, codes: {Tư pháp: TU PHAP}}",
            "codes.Tư pháp: 'TU PHAP' holds a",
        ),
        (
            "score: Điểm",
            "score: Điểm, answers: Câu 1",
            "data.answers: holds several entries in rating.submitted: write {entries",
        ),
        (
            "score: Điểm",
            "score: {entries: {a: Điểm}}",
            "data.score: is one value in rating.submitted, not several entries",
        ),
        ("score: Điểm", "score: {after: Ngày, add: 3, unit: day}", "data.score: is no instant in rating.submitted"),
        (
            "{column: Hẹn, date_only: end}",
            "{after: Ngày, add: 3}",
            "after, add and unit go together, as in {after: Tiếp nhận",
        ),
        (
            "{column: Hẹn, date_only: end}",
            "{after: Ngày, add: 3, unit: week}",
            "unit: 'week' is none of 'day' or 'hour'",
        ),
        ("{column: Hẹn, date_only: end}", "{after: Ngày, add: ba, unit: day}", "add: 'ba' is no whole number"),
        (
            "{column: Hẹn, date_only: end}",
            "{after: Ngày, add: 3, unit: working_day}",
            "'working_day' is none of 'day' or 'hour'",
        ),
        (
            "events:\n",
            "endings: [done]\nevents:\n",
            "endings.0: 'done' is none of 'completed', 'returned', 'stopped'",
        ),
        (
            "events:\n",
            "endings: {a: b}\nevents:\n",
            "endings: must be a list, not {'a': 'b'}, as in endings: [withdrawn, completed]",
        ),
    ],
)
def test_a_wrong_key_or_form_is_told_with_the_right_one(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert message in fault(tmp_path, (old, new))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("dd/mm/yyyy", "is no pattern: it has no % in it"),
        ("iso", "is no pattern"),
        ("%d/%m %H:%M", "does not say year, month and day"),
        ("%d/%m/%Y %I:%M", "does not say which half of the day"),
        ("%d/%m/%Y %h:%m", "does not read its own example"),
        ("%Y-%m-%d %Q", "does not read its own example"),
        ("%H:%M", "does not say year, month and day"),
        ("%Y%", "does not"),
    ],
)
def test_a_time_pattern_that_cannot_read_its_own_example_is_refused(pattern: str, reason: str, tmp_path: Path) -> None:
    message = fault(tmp_path, ('["%d/%m/%Y %H:%M", "%d/%m/%Y"]', f'["{pattern}"]'))
    assert f"map.yaml: time: formats: {pattern!r} {reason}" in message
    assert "'%d/%m/%Y %H:%M' (25/11/2026 14:35)" in message


@pytest.mark.parametrize(
    "pattern",
    ["%d/%m/%Y", "%d.%m.%y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d%H%M%S", "%d %b %Y", "%Y-%m-%dT%H:%M:%S.%f%z", "%c"],
)
def test_patterns_that_read_what_they_write_are_taken(pattern: str, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(GOOD.replace("%d/%m/%Y %H:%M", pattern), encoding="utf-8")
    assert load(path).time.formats[0] == pattern


@pytest.mark.parametrize(
    "case",
    [
        "{constant: T5}",
        "'file:name'",
        "{join: [Phòng, Ngày]}",
        "{join: [Phòng, 'file:name', Ngày]}",
        "Ngày",
        "{code_from: phong}",
    ],
)
def test_totals_by_unit_and_month_are_no_dossiers(case: str, tmp_path: Path) -> None:
    message = fault(tmp_path, ("case: Số", f"case: {case}"))
    assert "Totals by unit and month cannot be imported as dossiers" in message
    assert "one row for each dossier" in message


def test_a_code_with_a_blank_that_a_column_gives_is_refused_by_row(tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(GOOD.replace("level: service_point}", "level: service_point, code: as_is}"), encoding="utf-8")
    cells = {"Số": "1", "Ngày": "02/05/2024", "Phòng": "sfo air", "Điểm": "5"}
    first, second = CompiledMapping(load(path)).events("1", [Row(2, dict(cells))])
    assert isinstance(first, Rejected)
    assert isinstance(second, Rejected)
    assert (first.column, first.reason) == (
        "Phòng",
        "'sfo air' holds a blank, which a unit's code must not: leave out code: as_is, or give it a code under codes",
    )


def test_every_fault_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    message = fault(
        tmp_path, ("rows: case", "row: case"), ("Ngày: present}", "Ngày: y}"), ("score: Điểm", "score: [a]")
    )
    assert [line.split(":")[1].strip() for line in message.splitlines()] == [
        "rows",
        "events.0.when.Ngày",
        "events.1.data.score",
        "row",
    ]
