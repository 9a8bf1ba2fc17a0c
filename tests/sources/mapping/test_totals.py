"""Totals that somebody else counted: told by period, and never taken for dossiers."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.importing.events_of_file import read_events
from sources.mapping.mapping_file import MappingError, load
from sources.mapping.periods import Period, days_of, period_reader

MAPPING = """
mapping: bao-cao
rows: event
case: {join: [Đơn vị, Tháng], with: "/"}
unit: Đơn vị
time: {zone: Asia/Ho_Chi_Minh, formats: iso8601}
events:
  - event: figures.counted
    each: row
    time: {constant: 2026-11-30}
    period: {column: Tháng}
    data:
      indicator: {constant: dung_han}
      numerator: Đúng hạn
      denominator: Tổng
      source: {constant: Báo cáo tháng của Sở Nội vụ}
"""


@pytest.mark.parametrize(
    ("of", "first", "last"),
    [
        ("day", "2024-02-10", "2024-02-10"),
        ("month", "2024-02-01", "2024-02-29"),
        ("quarter", "2024-01-01", "2024-03-31"),
        ("year", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_period_has_its_first_and_last_day(of: str, first: str, last: str) -> None:
    assert days_of(date(2024, 2, 10), of) == (date.fromisoformat(first), date.fromisoformat(last))
    assert days_of(date.fromisoformat(last), of)[1] == date.fromisoformat(last)


def test_a_period_is_read_from_a_text_or_a_date() -> None:
    read = period_reader(Period(column=["Tháng"], formats=["%m/%Y", "%Y-%m"]))
    november = (date(2026, 11, 1), date(2026, 11, 30))
    assert [read(cell) for cell in ("11/2026", " 2026-11", date(2026, 11, 9), datetime(2026, 11, 9))] == [november] * 4  # noqa: DTZ001
    with pytest.raises(ValueError, match="'Q4' is no month of the form %m/%Y or %Y-%m"):
        read("Q4")


@pytest.mark.parametrize("form", ["%Y", "%m", "thang %q", "mm/yyyy"])
def test_a_pattern_that_does_not_say_which_month_is_refused(form: str) -> None:
    with pytest.raises(ValueError, match="formats: "):
        Period(column=["Tháng"], formats=[form])


def test_what_happens_at_an_instant_has_no_period(tmp_path: Path) -> None:
    text = MAPPING.replace("figures.counted", "dossier.accepted").replace("[Đơn vị, Tháng]", "[Đơn vị, Số]")
    (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=r"events\.0: period: dossier\.accepted is told of one instant"):
        load(tmp_path / "map.yaml")


def test_totals_by_month_are_kept_as_totals(tmp_path: Path) -> None:
    events = told(tmp_path, "Đơn vị,Tháng,Đúng hạn,Tổng\nX1,05/2026,90,100\nX1,06/2026,70,80\n")
    assert [(event.type, event.data.first_day, event.data.last_day) for event in events] == [
        ("figures.counted", date(2026, 5, 1), date(2026, 5, 31)),
        ("figures.counted", date(2026, 6, 1), date(2026, 6, 30)),
    ]
    assert [(event.data.numerator, event.data.denominator) for event in events] == [(90, 100), (70, 80)]
    # A corrected total is another event, the same one again is not.
    again = told(tmp_path, "Đơn vị,Tháng,Đúng hạn,Tổng\nX1,05/2026,91,100\nX1,06/2026,70,80\n")
    assert [one.id == other.id for one, other in zip(events, again, strict=True)] == [False, True]


def told(folder: Path, table: str) -> list[AnyEvent]:
    (folder / "map.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "bao-cao.csv").write_text(table, encoding="utf-8")
    mapping = load(folder / "map.yaml")
    found = list(read_events(folder / "bao-cao.csv", mapping, CompiledMapping(mapping)))
    assert not [one for one in found if isinstance(one, Rejected)]
    events = [decode(one.line) for one in found if isinstance(one, MappedEvent)]
    assert not [event for event in events if isinstance(event, Refusal)]
    return [event for event in events if not isinstance(event, Refusal)]
