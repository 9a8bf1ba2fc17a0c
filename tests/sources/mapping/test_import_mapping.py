"""Mappings, readers and the events they make: samples of our own, in every format and with every fault."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events.envelope import AnyEvent, decode, derived_id
from contract.events.refusals import Refusal
from runtime.endpoints import EndpointsError, resolve
from runtime.settings import Settings
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.compiled.instants import instant_reader
from sources.compiled.slugs import slug
from sources.files.rows import FileError, Row
from sources.importing.cases import cases
from sources.importing.distinct import DistinctCount
from sources.importing.events_of_file import read_events
from sources.importing.survey import reference_events, survey
from sources.mapping.mapping_file import MappingError, MappingFile, load
from sources.mapping.rules import TimeRules

SAMPLES = Path(__file__).parents[2] / "samples" / "import"
MAPPINGS = Path(__file__).parents[3] / "mappings"

SMALL = """
mapping: small
rows: case
case: id
unit: {constant: H26}
time: {zone: Asia/Ho_Chi_Minh, formats: ["%d/%m/%Y %H:%M", "%d/%m/%Y", epoch_ms]}
events:
  - event: dossier.accepted
    time: opened
    data: {due_at: {column: due, date_only: end}, channel: {column: how, translate: {web: online}, unlisted: direct}}
"""


def outcome(file: Path, mapping: MappingFile) -> tuple[list[AnyEvent], list[Rejected]]:
    """Decoded events (each one passes the contract) and what was rejected."""
    found = list(read_events(file, mapping, CompiledMapping(mapping)))
    events = [decode(one.line) for one in found if isinstance(one, MappedEvent)]
    assert not [event for event in events if isinstance(event, Refusal)]
    return [event for event in events if not isinstance(event, Refusal)], [
        one for one in found if isinstance(one, Rejected)
    ]


def small(tmp_path: Path, content: str | bytes, change: tuple[str, str] = ("", "")) -> tuple[Path, MappingFile]:
    """A file with this content and the small mapping, one text in it changed."""
    file, rules = tmp_path / "export.csv", tmp_path / "map.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    rules.write_text(SMALL.replace(*change) if change[0] else SMALL, encoding="utf-8")
    return file, load(rules)


def lines(file: Path, mapping: MappingFile) -> list[bytes]:
    """Every event of a file as sent, sorted."""
    return sorted(
        one.line for one in read_events(file, mapping, CompiledMapping(mapping)) if isinstance(one, MappedEvent)
    )


def test_a_case_log_makes_accepted_steps_and_completed() -> None:
    events, rejected = outcome(SAMPLES / "permits.csv", load(MAPPINGS / "receipt.yaml"))
    assert rejected == []
    assert Counter(event.type for event in events) == {
        "dossier.accepted": 2,
        "dossier.step": 4,
        "dossier.completed": 1,
    }
    accepted = next(event for event in events if event.type == "dossier.accepted" and event.subject == "case-1")
    assert accepted.time == datetime.fromisoformat("2024-03-01T07:00:00Z")
    assert accepted.data.due_at == datetime.fromisoformat("2024-03-15T09:00:00.250Z")
    assert (accepted.data.unit, accepted.data.channel, accepted.data.procedure) == ("NLM.GENERAL", "online", "WABO")
    assert accepted.source == "import/receipt"


def test_the_id_comes_from_mapping_dossier_and_rule_key() -> None:
    events, _ = outcome(SAMPLES / "permits.csv", load(MAPPINGS / "receipt.yaml"))
    ids = {str(event.id) for event in events}
    assert derived_id("receipt", "case-1", "dossier.completed") in ids
    assert derived_id("receipt", "case-1", "dossier.step", "task-12") in ids


def test_xes_and_csv_of_one_log_give_the_same_bytes() -> None:
    mapping = load(MAPPINGS / "receipt.yaml")
    assert lines(SAMPLES / "permits.xes", mapping) == lines(SAMPLES / "permits.csv", mapping)


@pytest.mark.parametrize("kind", ["parquet", "xlsx", "parquet.gz", "xlsx.gz", "csv.gz"])
def test_other_formats_give_the_same_bytes_as_csv(kind: str, tmp_path: Path) -> None:
    mapping = load(MAPPINGS / "receipt.yaml")
    file = tmp_path / f"permits.{kind}"
    plain = tmp_path / f"permits.{kind.removesuffix('.gz')}"
    _write(SAMPLES / "permits.csv", plain)
    if kind.endswith(".gz"):
        file.write_bytes(gzip.compress(plain.read_bytes()))
    assert lines(file, mapping) == lines(SAMPLES / "permits.csv", mapping)


def _write(source: Path, target: Path) -> None:
    """The CSV in another format, its times as real dates."""
    import openpyxl  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    if target.suffix == ".csv":
        target.write_bytes(source.read_bytes())
        return
    times = {"case:startdate", "case:enddate", "case:enddate_planned", "case:deadline", "time:timestamp"}
    with source.open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, Any]] = [
            {
                name: (datetime.fromisoformat(cell) if cell else None) if name in times else cell
                for name, cell in row.items()
            }
            for row in csv.DictReader(stream)
        ]
    if target.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), target)
        return
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(rows[0]))
    for row in rows:
        # Excel knows no offsets: its dates are local times, of the mapping's zone.
        sheet.append([_local(cell) for cell in row.values()])
    book.save(target)


def _local(cell: Any) -> Any:
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell


def test_local_times_follow_the_documented_rule_at_clock_changes() -> None:
    events, rejected = outcome(SAMPLES / "requests.csv", load(MAPPINGS / "boston311.yaml"))
    assert rejected == []
    opened = {event.subject: event.time.isoformat() for event in events if event.type == "dossier.accepted"}
    assert opened == {
        "BOS-200000000001": "2024-02-03T05:20:09+00:00",
        "BOS-200000000002": "2024-11-03T05:30:00+00:00",  # 01:30 occurs twice: the first, UTC-4
        "BOS-200000000003": "2024-03-10T07:30:00+00:00",  # 02:30 does not occur: the offset before, UTC-5
    }


def test_a_request_keeps_what_the_city_says() -> None:
    events, _ = outcome(SAMPLES / "requests.csv", load(MAPPINGS / "boston311.yaml"))
    by_kind = {(event.subject[-1], event.type): event.data for event in events}
    assert by_kind["1", "dossier.accepted"].model_extra == {
        "source_channel": "Self Service",
        "neighborhood": "Harbour, North",
    }
    assert [by_kind[n, "dossier.accepted"].channel for n in "123"] == ["online", "direct", "online"]
    assert by_kind["2", "dossier.accepted"].due_at is None
    assert ("2", "dossier.completed") not in by_kind
    assert ("3", "dossier.completed") in by_kind  # closed before opened: kept as it is


def test_units_and_procedures_go_ahead_parents_first() -> None:
    mapping = load(MAPPINGS / "boston311.yaml")
    found = survey(SAMPLES / "requests.csv", mapping, CompiledMapping(mapping))
    events = [decode(one.line) for one in reference_events(mapping, found)]
    assert not [event for event in events if isinstance(event, Refusal)]
    assert [event.subject for event in events if not isinstance(event, Refusal)] == [
        *("BOS", "BOS.PWDX", "BOS.ANML", "BOS.GEN_"),
        *("BOS-LAMP_REPAIR", "BOS-LOST_DOG", f"BOS-{slug('Tree/Stump')}"),
    ]
    last = events[-1]
    assert not isinstance(last, Refusal)
    assert (last.data.name_vi, last.data.deadline_rule, last.data.unit) == ("Tree/Stump", "instant", "BOS")
    assert found.rows == 3


def test_activities_become_event_types_though_cases_are_mixed() -> None:
    events, rejected = outcome(SAMPLES / "ho_so.csv", load(SAMPLES / "ho_so.yaml"))
    assert rejected == []
    assert [(event.subject, event.type) for event in events] == [
        ("HS-1", "dossier.accepted"),
        ("HS-1", "dossier.supplement_requested"),
        ("HS-1", "dossier.supplement_completed"),
        ("HS-1", "dossier.step"),
        ("HS-1", "dossier.step"),
        ("HS-1", "dossier.returned"),
        ("HS-2", "dossier.accepted"),
        ("HS-2", "dossier.returned"),
    ]
    assert len({event.id for event in events}) == 8  # two rows alike in everything are two events


def test_first_and_last_row_are_those_in_time(tmp_path: Path) -> None:
    rules = """
mapping: ends
rows: event
case: id
unit: {constant: H26}
time: {zone: UTC, formats: epoch_s}
events:
  - {event: dossier.accepted, each: first_row, time: at}
  - {event: dossier.completed, each: last_row, time: at, when: {state: {is: done}}, data: {staff: who}}
"""
    (tmp_path / "map.yaml").write_text(rules, encoding="utf-8")
    file = tmp_path / "log.csv"
    file.write_text("id,at,state,who\na,200,done,x\na,100,,y\na,300.5,done,z\nb,50,,w\n")
    events, _ = outcome(file, load(tmp_path / "map.yaml"))
    assert [(event.subject, event.type, event.time.timestamp()) for event in events] == [
        ("a", "dossier.accepted", 100),
        ("a", "dossier.completed", 300.5),
        ("b", "dossier.accepted", 50),
    ]
    assert events[1].data.staff == "z"


def test_bom_semicolons_quoted_lines_and_date_only_values(tmp_path: Path) -> None:
    first = '"1";02/03/2024 08:30;05/03/2024;web;"two\nlines; and more"\n'
    content = f"\ufeffid;opened;due;how;note\n{first}\n2;1709350200000;;;\n"
    events, rejected = outcome(*small(tmp_path, content))
    assert rejected == []
    assert [event.time.isoformat() for event in events] == ["2024-03-02T01:30:00+00:00", "2024-03-02T03:30:00+00:00"]
    assert events[0].data.due_at.isoformat() == "2024-03-05T16:59:59+00:00"  # the day's last second in Vietnam
    assert events[1].data.channel is None


def test_bad_rows_are_named_and_the_others_come_through(tmp_path: Path) -> None:
    content = (
        'id,opened,due,how\n1,02/03/2024 08:30,,web\n2,"yester\nday",,web\n,02/03/2024 08:30,,\n4,02/03/2024\n'
        "5,,,\n6,02/03/2024 08:30,31/02/2024,\n7,02/03/2024 08:30,,,,\n8,02/03/2024 08:30,,,more\n"
    )
    events, rejected = outcome(*small(tmp_path, content))
    assert [event.subject for event in events] == ["1"]
    assert [(bad.place, bad.case, bad.column) for bad in rejected] == [
        *((3, "2", "opened"), (5, "", "id"), (6, "4", ""), (7, "5", "opened"), (8, "6", "due")),
        *((9, "7", ""), (10, "8", "")),
    ]
    assert "'yester\\nday' is no time of the form %d/%m/%Y %H:%M" in rejected[0].reason
    assert rejected[2].reason == "2 fields where the header has 4"


def test_a_value_outside_the_table_is_refused_unless_the_mapping_says_what_it_is(tmp_path: Path) -> None:
    content = "id,opened,due,how\n1,02/03/2024 08:30,,fax\n"
    assert outcome(*small(tmp_path, content))[0][0].data.channel == "direct"
    _, rejected = outcome(*small(tmp_path, content, (", unlisted: direct", "")))
    assert (rejected[0].column, rejected[0].reason) == ("how", "'fax' is not listed under translate")


def test_latin_1_is_an_error_unless_the_mapping_names_it(tmp_path: Path) -> None:
    content = "id,opened,due,how\nCafé,02/03/2024 08:30,,web\n".encode("latin-1")
    with pytest.raises(
        FileError,
        match=r"export\.csv: line 2: byte 0xe9 is not utf-8; name the file's encoding in the mapping: in windows-1258",
    ):
        outcome(*small(tmp_path, content))
    events, _ = outcome(*small(tmp_path, content, ("rows: case", "rows: case\nfile: {encoding: latin-1}")))
    assert events[0].subject == "Café"


def test_utf_16_is_recognised_by_its_mark(tmp_path: Path) -> None:
    content = "id\topened\tdue\thow\nĐơn 1\t02/03/2024 08:30\t\tweb\n".encode("utf-16")
    assert outcome(*small(tmp_path, content))[0][0].subject == "Đơn 1"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"id,opened,how\n", "needs column 'due'; the file has id, opened, how"),
        ("x.csv", b"id,id,opened,due,how\n", "column 'id' occurs twice"),
        ("x.csv", b"", "the file has none"),
        ("x.csv", b'id,opened,due,how\n1,"' + b"x" * 2_000_000, "line 2: field larger than field limit"),
        ("x.csv.gz", gzip.compress(b"id,opened,due,how\n" * 999, mtime=0)[:-20], "damaged or cut short"),
        ("x.xes", b"<log><trace>", "broken XML"),
        ("x.xes", b"<html/>", "not a XES log"),
        ("x.xes", b'<!DOCTYPE log [<!ENTITY a "b">]><log/>', "must not have a DOCTYPE"),
        ("x.xlsx", b"no zip", "no readable Excel file"),
        ("x.parquet", b"no parquet", "no readable Parquet file"),
        ("x.pdf", b"", "of the formats csv, xes, parquet and excel none is called '.pdf'"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_clear_error(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    _, mapping = small(tmp_path, "")
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(FileError) as error:
        survey(file, mapping, CompiledMapping(mapping))
    assert message in str(error.value)
    assert str(file) in str(error.value)


def test_a_column_that_no_trace_has_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "x.xes"
    file.write_text('<log><trace><string key="id" value="1"/></trace></log>')
    _, mapping = small(tmp_path, "", ("case: id", "case: case:id"))
    with pytest.raises(FileError, match="needs 'due', 'how', 'opened', which no trace or event has"):
        survey(file, mapping, CompiledMapping(mapping))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rows: case", "rows: case\nrow: x"), "map.yaml: row: there is no such key"),
        (("time: opened", "time: opened\n    units: x"), "map.yaml: events.0.units: there is no such key"),
        (("dossier.accepted", "dossier.acepted"), "'dossier.acepted' is no event type"),
        (("Asia/Ho_Chi_Minh", "Asia/Hanoi"), "'Asia/Hanoi' is no time zone"),
        (("{constant: H26}", "{code_from: x}"), "code_from: 'x' is not among from_columns"),
        (("{constant: H26}", "{constant: H26, column: u}"), "give one of column, constant, code_from"),
        (("rows: case", "rows: case\nrows: event"), "key 'rows' occurs twice"),
        (("dossier.accepted", "dossier.step"), "dossier.step needs data: step"),
        (("web: online", "web: onlin"), "events.0: data.channel: 'onlin' is not what dossier.accepted takes"),
    ],
)
def test_a_wrong_mapping_names_file_and_key(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError) as error:
        small(tmp_path, "", change)
    assert message in str(error.value)
    assert "map.yaml" in str(error.value)


def test_codes_are_readable_and_differ_where_names_do() -> None:
    assert slug("Customer contact") == "CUSTOMER_CONTACT"
    assert slug("GEN_") == "GEN_" != slug("GEN")
    assert slug("Tân Mai").startswith("TAN_MAI-")
    assert len({slug(name) for name in ("Tân Mai", "Tấn Mai", "Tan Mai", "TAN/MAI")}) == 4
    assert slug("Sở Nội vụ") == slug("Sở  Nội vụ ")
    assert len(slug("x" * 500)) <= 55


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - local times are what is read
def test_number_patterns_are_read_as_strptime_reads_them(moment: datetime) -> None:
    for pattern in ("%m/%d/%Y %I:%M:%S %p", "%d-%m-%Y %H:%M", "%Y%m%d"):
        text = moment.strftime(pattern)
        expected = datetime.strptime(text, pattern).isoformat() + "+00:00"  # noqa: DTZ007
        assert instant_reader(TimeRules(zone="UTC", formats=[pattern]))(text) == expected


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3), TEXT), max_size=30), st.randoms())
def test_ids_are_stable_and_unique_whatever_the_order(steps: list[tuple[str, int, str]], random: Any) -> None:
    mapping = load(SAMPLES / "ho_so.yaml")
    rows = [
        {
            "Mã hồ sơ": case,
            "Thời điểm": f"2024-05-06 0{hour}:00",
            "Hoạt động": f"x{step}",
            "Cán bộ": "",
            "Đơn vị": "H26",
        }
        for case, hour, step in steps
    ]
    shuffled = random.sample(rows, len(rows))
    once, again = _ids(mapping, rows), _ids(mapping, shuffled)
    assert len(set(once)) == len(rows)
    assert sorted(once) == sorted(again)


def _ids(mapping: MappingFile, rows: list[dict[str, str]]) -> list[str]:
    compiled = CompiledMapping(mapping)
    keyed = ((row["Mã hồ sơ"], Row(number, dict(row))) for number, row in enumerate(rows))
    return [
        one.id
        for case, its_rows in cases(keyed, sorting=True)
        for one in compiled.events(case, its_rows)
        if isinstance(one, MappedEvent)
    ]


def test_sorting_through_files_keeps_every_row_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.importing.cases.ROWS_IN_MEMORY", 7)
    rows = [(f"case-{number % 5}", Row(number, {"n": str(number)})) for number in range(100)]
    found = dict(cases(iter(rows), sorting=True))
    assert {case: [row.place for row in its_rows] for case, its_rows in found.items()} == {
        f"case-{rest}": list(range(rest, 100, 5)) for rest in range(5)
    }
    assert json.dumps(sorted(found)) == json.dumps([f"case-{rest}" for rest in range(5)])


def test_excel_numbers_and_dates_are_codes_and_instants(tmp_path: Path) -> None:
    import openpyxl  # noqa: PLC0415

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["id", "opened", "due", "how"])
    opened = datetime(2024, 3, 2, 8, 30)  # noqa: DTZ001 - Excel knows no zones
    sheet.append([101001240734.0, opened, (opened + timedelta(days=3)).date(), "web"])
    book.save(tmp_path / "x.xlsx")
    _, mapping = small(tmp_path, "")
    events, rejected = outcome(tmp_path / "x.xlsx", mapping)
    assert rejected == []
    assert (events[0].subject, events[0].time.isoformat()) == ("101001240734", "2024-03-02T01:30:00+00:00")


def test_different_ids_are_counted_once_each(tmp_path: Path) -> None:
    ids = [str(derived_id("x", str(number % 70))) for number in range(200)]
    with (tmp_path / "ids").open("w+b") as file:
        count = DistinctCount(file, ids_at_once=16)
        for event_id in ids:
            count.add(event_id)
        assert count.result() == 70


def test_the_running_stack_is_found_unless_settings_name_another(tmp_path: Path) -> None:
    assert resolve(Settings(state_dir=tmp_path)).ingest_url == Settings().ingest_url
    found = {"ingest": "http://127.0.0.1:1/", "api": "http://127.0.0.1:2", "api_key": "k", "kafka": "127.0.0.1:3"}
    (tmp_path / "endpoints.json").write_text(json.dumps(found))
    settings = resolve(Settings(state_dir=tmp_path, api_url="http://127.0.0.1:9"))
    assert (settings.ingest_url, settings.api_url) == ("http://127.0.0.1:1", "http://127.0.0.1:9")
    assert settings.api_key.get_secret_value() == "k"
    (tmp_path / "endpoints.json").write_text("{")
    with pytest.raises(EndpointsError, match=r"endpoints\.json"):
        resolve(Settings(state_dir=tmp_path))
