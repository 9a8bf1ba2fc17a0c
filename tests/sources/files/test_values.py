"""Instants and numbers as systems write them: read as the mapping says, never guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.compiled.instants import instant_reader
from sources.compiled.numbers import Marks, number_reader
from sources.files.rows import Number
from sources.mapping.mapping_file import MappingError
from sources.mapping.rules import TimeRules
from tests.exports import MAPPING, csv_file, imported


def read(text: str, *formats: str) -> str:
    return instant_reader(TimeRules(zone="Asia/Ho_Chi_Minh", formats=list(formats)))(text)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2/11/2026 8:15:00 SA", "%d/%m/%Y %I:%M:%S %p", "2026-11-02T01:15:00+00:00"),
        ("2/11/2026 2:30:00 CH", "%d/%m/%Y %I:%M:%S %p", "2026-11-02T07:30:00+00:00"),
        ("2/11/2026 12:30 sa", "%d/%m/%Y %I:%M %p", "2026-11-01T17:30:00+00:00"),
        ("12:05 chiều 2/11/26", "%I:%M %p %d/%m/%y", "2026-11-02T05:05:00+00:00"),
        ("8:15 Sáng, 02-11-2026", "%I:%M %p, %d-%m-%Y", "2026-11-02T01:15:00+00:00"),
        ("20261105170000", "%Y%m%d%H%M%S", "2026-11-05T10:00:00+00:00"),
        ("051126", "%d%m%y", "2026-11-04T17:00:00+00:00"),
        ("46331", "excel_serial", "2026-11-04T17:00:00+00:00"),
        ("46331.708333333336", "excel_serial", "2026-11-05T10:00:00+00:00"),
        ("2026-11-05T10:00:00.5Z", "iso8601", "2026-11-05T10:00:00.500000+00:00"),
    ],
)
def test_an_instant_is_read_as_the_mapping_says(text: str, pattern: str, expected: str) -> None:
    assert read(text, pattern) == expected


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        *(("20261105170000", "iso8601"), ("20261105", "iso8601"), ("202611051170000", "iso8601"), ("46331", "iso8601")),
        *(("2026110517000", "%Y%m%d%H%M%S"), ("01126", "%d%m%y"), ("2026-11", "iso8601"), ("1_793_872_800", "epoch_s")),
        *(("nan", "epoch_s"), ("1e9", "epoch_ms"), ("0.5", "excel_serial"), ("60", "excel_serial")),
        *(("2/11/2026 14:30 CH", "%d/%m/%Y %I:%M %p"), ("2/11/2026 0:30 SA", "%d/%m/%Y %I:%M %p")),
        *(("2/11/2026 14:30 SA", "%d/%m/%Y %H:%M %p"), ("2/11/2026 2:30 PH", "%d/%m/%Y %I:%M %p")),
    ],
)
def test_what_is_no_instant_of_the_form_is_refused(text: str, pattern: str) -> None:
    with pytest.raises(ValueError, match="is no time of the form"):
        read(text, pattern)


def test_an_order_of_day_and_month_is_never_guessed() -> None:
    both = ("%d/%m/%Y", "%m/%d/%Y")
    assert read("25/11/2026", *both) == "2026-11-24T17:00:00+00:00"
    assert read("11/11/2026", *both) == "2026-11-10T17:00:00+00:00"
    with pytest.raises(ValueError, match=r"'5/11/2026' may be 2026-11-04T17:00:00\+00:00 .* or 2026-05-10"):
        read("5/11/2026", *both)


def test_an_hour_of_twelve_without_its_half_is_an_error_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="%I needs %p"):
        imported(csv_file(tmp_path, "a\n"), MAPPING.replace("%H", "%I"))


VIETNAMESE = Marks(",", ".")


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        *(
            ("150000", None, 150_000),
            ("-5", None, -5),
            ("150.0", None, 150),
            ("0.125", None, 0.125),
            ("1.25", None, 1.25),
        ),
        *(("150.000", VIETNAMESE, 150_000), ("1.500.000", VIETNAMESE, 1_500_000), ("1,5", VIETNAMESE, 1.5)),
        *(("-1.500,25", VIETNAMESE, -1500.25), ("1500", VIETNAMESE, 1500), ("−8.000", VIETNAMESE, -8000)),
        *(
            ("1 500 000", Marks(",", " "), 1_500_000),
            ("1,500.5", Marks(".", ","), 1500.5),
            ("1'000", Marks(".", "'"), 1000),
        ),
        *((Number("150.125"), VIETNAMESE, 150.125), (Number("150.125"), None, 150.125)),
    ],
)
def test_a_number_is_read_as_the_mapping_says(text: str, marks: Marks | None, expected: float) -> None:
    assert float(number_reader(marks)(text)) == expected


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        *((text, None) for text in ("150.000", "1.500.000", "1,5", "1_000", "1e3", "1 000", "150,000", "٣", "inf", "")),
        *((text, VIETNAMESE) for text in ("1.50", "15.0000", "1500.000", "1.5", "1e3", "150.000.", "1 000", "(150)")),
    ],
)
def test_what_could_be_another_number_is_refused_with_the_remedy(text: str, marks: Marks | None) -> None:
    with pytest.raises(ValueError, match=r"numbers: {decimal|no number with the mapping's marks"):
        number_reader(marks)(text)


def test_a_mapping_names_the_marks_of_its_amounts(tmp_path: Path) -> None:
    file = csv_file(tmp_path, "Mã hồ sơ;Tiếp nhận;Phí\nB-1;02/11/2026;1\u00a0500\u00a0000\nB-2;02/11/2026;150.000\n")
    mapping = MAPPING.replace("dossier.accepted", "payment.paid").replace(
        "{due_at: {column: Hẹn trả, date_only: end}}", '{online: {constant: "true"}, amount_vnd: Phí}'
    )
    result = imported(file, mapping + 'numbers: {decimal: ",", thousands: " "}\n')
    assert [event.data.amount_vnd for event in result.events] == [1_500_000]
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(3, "Phí")]
    assert "may mean 150000 or 150" in imported(file, mapping).rejected[1].reason
    with pytest.raises(MappingError, match="the same sign"):
        imported(file, mapping + 'numbers: {decimal: ".", thousands: "."}\n')
