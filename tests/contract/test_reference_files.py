"""Reference data: Hanoi's own files, and what is said of wrong ones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from contract.reference.files import FILES, Parsed, columns, parse
from runtime.settings import Settings
from sources.reference import load as reference

AS_OF = "# as of: 2026-01-01T00:00:00+07:00\n"
UNITS = (
    AS_OF
    + """code,name_vi,name_en,level,parent,valid_from,valid_to,calendar
H26,Hà Nội,Hanoi,city,,2020-01-01,,VN
H26.01,Chi nhánh,Branch,branch,H26,2020-01-01,,
H26.01.Q1,Quầy 1,Counter 1,counter,H26.01,2020-01-01,,
"""
)


def parsed(**files: str) -> Parsed:
    return parse({f"{name}.csv": text for name, text in files.items()}, "reference/test", lambda _device: "0" * 64)


def faults(**files: str) -> list[str]:
    found = parsed(**files)
    assert found.events == []
    return [str(fault) for fault in found.faults]


@pytest.fixture(scope="module")
def hanoi() -> Parsed:
    return reference.read(None)


def test_hanoi_has_126_communes_twelve_branches_and_no_wrong_line(hanoi: Parsed) -> None:
    assert hanoi.faults == []
    levels = Counter(event["data"]["level"] for event in hanoi.events if event["type"] == "unit.defined")
    assert (levels["service_point"], levels["branch"], levels["centre"], levels["city"]) == (126, 12, 1, 1)
    assert {event["data"]["ward_code"] for event in hanoi.events if "ward_code" in event["data"]} >= {"00004", "10489"}


def test_every_event_of_hanoi_is_admissible_and_every_text_is_in_both_languages(hanoi: Parsed) -> None:
    for event in hanoi.events:
        assert not isinstance(decode(json.dumps(event).encode()), Refusal)
        if event["type"] in ("unit.defined", "procedure.published"):
            assert event["data"]["name_vi"]
            assert event["data"]["name_en"]


def test_certification_and_civil_status_are_the_largest_part_of_what_communes_take_in(hanoi: Parsed) -> None:
    volume: Counter[str] = Counter()
    for event in hanoi.events:
        if event["type"] == "procedure.published" and event["data"]["level"] == "commune":
            volume[event["data"]["field"]] += event["data"]["annual_volume"]
    assert {field for field, _ in volume.most_common(2)} == {"Chứng thực", "Hộ tịch"}
    assert (volume["Chứng thực"] + volume["Hộ tịch"]) / volume.total() > 0.6


def test_what_is_referred_to_is_sent_first(hanoi: Parsed) -> None:
    known: set[str] = set()
    for event in hanoi.events:
        data = event["data"]
        assert data.get("parent") in {None, *known}
        known |= {event["subject"]} if event["type"] == "unit.defined" else set()
        assert {data["unit"], data.get("counter", "H26")} <= known
    assert hanoi.events[0]["subject"] == "H26"


@pytest.mark.parametrize(
    ("day", "open_sessions"),
    [
        ("2026-11-20", 2),  # a Friday
        ("2026-11-21", 0),  # a Saturday
        ("2026-11-24", 0),  # Vietnam Cultural Day, a Tuesday
        ("2026-08-31", 0),  # given in exchange for
        ("2026-08-22", 2),  # this Saturday
    ],
)
def test_the_calendar_knows_holidays_and_exchanged_saturdays(hanoi: Parsed, day: str, open_sessions: int) -> None:
    told = {event["subject"]: event["data"] for event in hanoi.events if event["type"] == "calendar.day_defined"}
    assert len(told) == (date(2028, 1, 1) - date(2024, 1, 1)).days
    assert len(told[f"VN-HN/{day}"]["sessions"]) == open_sessions


def test_loading_again_gives_the_same_ids_and_a_changed_line_another(hanoi: Parsed) -> None:
    assert [event["id"] for event in reference.read(None).events] == [event["id"] for event in hanoi.events]
    before, after = parsed(units=UNITS), parsed(units=UNITS.replace("Branch", "First branch"))
    assert [a["id"] == b["id"] for a, b in zip(before.events, after.events, strict=True)] == [True, False, True]


def test_a_line_that_is_only_read_pairs_a_tablet_with_no_token(hanoi: Parsed) -> None:
    event = next(event for event in hanoi.events if event["subject"] == "TAB-H26-66-01-004-1")
    assert event["data"]["token_sha256"] == "0" * 64
    assert event["data"]["counter"] == "H26.66.01.004.Q1"


def test_every_column_of_a_procedure_and_of_a_point_can_be_given() -> None:
    columns = (
        "code,name_vi,name_en,field,level,term,term_unit,count_mode,deadline_rule,supplement_policy,service_level,"
        "full_online_eligible,has_fee,fee_vnd,requires_result,annual_volume,parts_complete,linked_service,online_payment,"
        "restructured,cutoffs,term_source,effective_date,decision_date,public_date,unit"
    )
    cells = (
        "1.001193,Khai sinh,Births,civil,commune,4,hour,hour,day,shift,4,"
        "true,false,0,true,600,true,LT-01,true,"
        "false,2024-07-01/15:00 2026-03-01/none,decision,2026-06-01,2026-05-20,2026-05-22,H26"
    )
    procedures = f"{AS_OF}{columns}\n{cells}\n"
    points = AS_OF + "unit,digitisation_workflow,e_certified_copy\nH26.01,true,false\n"
    found = parsed(units=UNITS, procedures=procedures, points=points)
    assert found.faults == []
    told = {event["type"]: event["data"] for event in found.events}
    procedure = told["procedure.published"]
    assert (procedure["parts_complete"], procedure["online_payment"], procedure["restructured"]) == (True, True, False)
    assert procedure["public_date"] == "2026-05-22"
    assert procedure["cutoffs"] == [
        {"valid_from": "2024-07-01", "at": "15:00"},
        {"valid_from": "2026-03-01", "at": None},
    ]
    capability = {"unit": "H26.01", "digitisation_workflow": True, "e_certified_copy": False}
    assert told["point.capability"] == capability
    assert faults(units=UNITS, points=points.replace("H26.01,true", "H26.01,ja")) == [
        "points.csv:3: digitisation_workflow: 'ja' is not true or false"
    ]


def test_every_wrong_line_is_reported_with_file_and_line_and_nothing_is_kept() -> None:
    units = UNITS + "H26.02,Hai,Two,shop,H26,2020-01-01,,\nH26.03,Ba,Three,branch,H99,2020-13-01,,\n"
    targets = AS_OF + "indicator,unit,op,value,valid_from,source\nSAT_CSAT,H26,>=,many,2025-01-01,plan\n"
    told = faults(units=units, targets=targets)
    assert [line.rsplit(": ", 1)[0].split(":")[:2] for line in told] == [
        ["units.csv", "6"],
        ["units.csv", "7"],
        ["targets.csv", "3"],
    ]
    assert "level" in told[0]
    assert "valid_from" in told[1]
    assert "value: 'many' is not a number" in told[2]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.removeprefix(AS_OF), "units.csv:1: a comment line '# as of"),
        (lambda text: text.replace("2026-01-01T00:00:00+07:00", "2026-01-01"), "units.csv:1: a comment line '# as of"),
        (lambda text: text.replace(",calendar", ",colour"), "units.csv:2: columns unknown: colour"),
        (lambda text: text.replace("name_en,", ""), "units.csv:2: columns missing: name_en"),
        (lambda text: text.replace("Quầy 1,Counter 1", "Quầy 1"), "units.csv:5: 7 cells, but 8 columns"),
        (lambda text: text.replace(",H26,", ",H27,"), "units.csv:4: parent: 'H27' is not among the units"),
        (lambda text: text.replace("city,,", "city,H26.01,"), "units.csv:3: parent: 'H26' is above itself"),
        (lambda text: text.replace("H26.01.Q1,", "H26.01,"), "units.csv:5: H26.01 was told already in line 4"),
        (lambda text: text.replace("01-01,,VN", "01-01,2019-01-01,VN"), "units.csv:3: valid_to: 2019-01-01 is before"),
        (lambda text: text + '"open', "not CSV"),
    ],
)
def test_a_wrong_file_of_units_is_told_what_is_wrong(change: Callable[[str], str], expected: str) -> None:
    assert expected in "\n".join(faults(units=change(UNITS)))


def test_saturday_mornings_and_swapped_days_of_a_calendar_come_out_as_days() -> None:
    calendar = (
        AS_OF
        + """calendar,kind,date_from,date_to,weekdays,sessions
VN,week,2026-11-16,2026-11-29,1-5,08:00-12:00 13:00-17:00
VN,week,2026-11-16,2026-11-22,6-6,08:00-12:00
VN,off,2026-11-24,2026-11-24,,
"""
    )
    days = [event["data"] for event in parsed(units=UNITS, calendar=calendar).events if "sessions" in event["data"]]
    assert [len(day["sessions"]) for day in days] == [2, 2, 2, 2, 2, 1, 0, 2, 0, 2, 2, 2, 0, 0]


def test_the_command_prints_every_fault_and_sends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "units.csv").write_text(UNITS.replace("branch,", "shop,"), encoding="utf-8")
    (tmp_path / "targets.csv").write_bytes(b"# as of: 2026-01-01T00:00:00+07:00\nindicator,\xff\n")
    settings = Settings(state_dir=tmp_path, ingest_url="http://127.0.0.1:9", api_key="key")
    assert reference.run(settings, tmp_path) == 1
    printed = capsys.readouterr().out
    assert "units.csv:4: " in printed
    assert "targets.csv:2: not UTF-8" in printed
    assert "nothing was loaded" in printed


def test_a_folder_is_looked_through_without_a_key_or_a_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = tmp_path / "units.csv"
    units.write_text(UNITS, encoding="utf-8")
    assert reference.check(tmp_path) == 0
    assert "unit.defined" in capsys.readouterr().out
    units.write_text(UNITS.replace("branch,", "shop,"), encoding="utf-8")
    assert reference.check(tmp_path) == 1
    assert "units.csv:4: " in capsys.readouterr().out


def test_every_column_that_a_file_may_have_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    reference.print_file_columns()
    printed = "".join(capsys.readouterr().out.split())
    named = [column for required, optional in columns().values() for column in (*required, *optional)]
    assert len(named) > 40
    # A narrow terminal breaks a cell between two columns, or within a long one.
    assert [name for name in FILES if name not in printed] == []


def as_saved_by_excel(text: str, delimiter: str = ",") -> str:
    """A mark in front, Windows' line ends, comment lines filled up, truth in capitals, the country's delimiter."""
    lines = text.splitlines()
    n_columns = lines[1].count(",") + 1
    lines[0] += "," * (n_columns - 1)
    return (
        "\ufeff" + "\r\n".join(lines).replace(",", delimiter).replace("true", "TRUE").replace("false", "FALSE") + "\r\n"
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_excel_makes_of_a_file_when_it_saves_it_is_loaded(delimiter: str) -> None:
    points = AS_OF + "unit,digitisation_workflow,e_certified_copy\nH26.01,true,false\n"
    plain = parsed(units=UNITS, points=points)
    saved = parsed(units=as_saved_by_excel(UNITS, delimiter), points=as_saved_by_excel(points, delimiter))
    assert saved.faults == []
    assert saved.events == plain.events


def test_a_comment_that_excel_quoted_is_a_comment() -> None:
    assert parsed(units=UNITS.replace(AS_OF, f'"# Nguồn: a, b",,,\n"# {AS_OF[2:-1]}",,,\n')).faults == []


def test_lines_are_numbered_by_line_ends_alone_and_open_quotes_are_named() -> None:
    text = UNITS.replace("Chi nhánh", "Chi\u2028nhánh\x0b\x1c\x85").replace("Counter 1,counter", "Counter 1,shop")
    assert [fault.split(":")[:2] for fault in faults(units=text)] == [["units.csv", "5"]]
    text = UNITS.replace("Quầy 1,", '"Quầy 1,')
    assert faults(units=text)[0].startswith(
        "units.csv:5: not CSV: a quotation mark opens a cell here and none closes it"
    )
    text = UNITS.replace("H26.01,", '"Chi\nnhánh,",', 1).replace("H26.01.Q1", "H26.01.Q1,")
    assert "units.csv:6: 9 cells, but 8 columns" in faults(units=text)
