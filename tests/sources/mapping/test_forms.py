"""What a mapping can say beyond one column for one value: each form on a small made-up log."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.importing.events_of_file import read_events
from sources.importing.row_account import RowAccount
from sources.importing.survey import survey
from sources.mapping.endings import ending_of_case, hides_ending
from sources.mapping.event_rules import ENDINGS
from sources.mapping.mapping_file import MappingFile, load
from tests import strategies  # noqa: F401 its profile of hypothesis
from warehouse.verify.dossiers import Rules, fold

Log = Callable[[str, str], tuple[list[AnyEvent], list[Rejected]]]


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Reads a mapping and a table; the events that they make, each one fit for ingest, and what is refused."""

    def read(mapping: str, table: str) -> tuple[list[AnyEvent], list[Rejected]]:
        file = tmp_path / "thang-5.csv"
        file.write_text(table, encoding="utf-8")
        return outcome(file, written(tmp_path, mapping))

    return read


def written(folder: Path, mapping: str) -> MappingFile:
    path = folder / "map.yaml"
    path.write_text("mapping: small\n" + mapping, encoding="utf-8")
    return load(path)


def outcome(file: Path, mapping: MappingFile) -> tuple[list[AnyEvent], list[Rejected]]:
    compiled = CompiledMapping(mapping)
    survey(file, mapping, compiled)
    events, rejected = [], []
    for one in read_events(file, mapping, compiled):
        if isinstance(one, Rejected):
            rejected.append(one)
            continue
        event = decode(one.line)
        assert not isinstance(event, Refusal), event
        events.append(event)
    return events, rejected


TWO_UNITS = """
rows: case
case: {join: [Đơn vị, Số], with: "-"}
unit: Đơn vị
time: {zone: Asia/Ho_Chi_Minh, formats: "%d/%m/%Y"}
events:
  - {event: dossier.accepted, time: Ngày}
"""


def test_one_number_in_two_units_is_two_dossiers(log: Log) -> None:
    events, rejected = log(TWO_UNITS, "Đơn vị,Số,Ngày\nX1,7,02/05/2024\nX2,7,02/05/2024\nX1,8,02/05/2024\n")
    assert [event.subject for event in events] == ["X1-7", "X2-7", "X1-8"]
    assert len({event.id for event in events}) == 3
    assert rejected == []


def test_a_code_of_which_a_part_is_missing_names_no_case(log: Log) -> None:
    events, rejected = log(TWO_UNITS, "Đơn vị,Số,Ngày\nX1,,02/05/2024\n,7,02/05/2024\n")
    assert events == []
    assert [(one.place, one.column) for one in rejected] == [(2, "Đơn vị/Số"), (3, "Đơn vị/Số")]


BY_ROW = """
rows: case
case: {join: ["file:name", "file:row"], with: "#"}
unit: {column: "file:name", translate: {thang-5: H26.01}}
time: {zone: Asia/Ho_Chi_Minh, formats: "%d/%m/%Y %H:%M"}
events:
  - event: dossier.accepted
    time: {join: [Ngày, Giờ], with: " "}
    data: {sheet: "file:name", line: "file:row"}
"""


def test_the_files_name_and_the_rows_number_are_columns_of_every_file(log: Log, tmp_path: Path) -> None:
    table = 'Ngày,Giờ\n02/05/2024,08:30\n"02/05/2024","09:00"\n'
    events, _ = log(BY_ROW, table)
    assert [(event.subject, event.data.unit, event.time.hour) for event in events] == [
        ("thang-5#1", "H26.01", 1),
        ("thang-5#2", "H26.01", 2),
    ]
    assert events[1].data.model_extra == {"sheet": "thang-5", "line": "2"}
    packed = tmp_path / "other" / "thang-5.csv.gz"
    packed.parent.mkdir()
    packed.write_bytes(gzip.compress(table.encode()))
    assert outcome(packed, load(tmp_path / "map.yaml"))[0] == events
    shutil.copy(tmp_path / "thang-5.csv", tmp_path / "thang-6.csv")
    assert outcome(tmp_path / "thang-6.csv", load(tmp_path / "map.yaml"))[1][0].column == "file:name"


DUE = """
rows: case
case: Số
unit: {constant: H26}
time: {zone: America/New_York, formats: ["%%d/%%m/%%Y %%H:%%M", "%%d/%%m/%%Y"]}
events:
  - event: dossier.accepted
    time: Ngày
    data: {due_at: {after: Ngày, add: %s, unit: %s, date_only: %s}}
"""


@pytest.mark.parametrize(
    ("received", "add", "unit", "side", "due"),
    [
        ("02/05/2024 08:30", "30", "day", "start", "2024-06-01T12:30:00"),
        ("02/05/2024", "30", "day", "start", "2024-06-01T04:00:00"),
        ("02/05/2024", "30", "day", "end", "2024-06-02T03:59:59"),
        ("09/03/2024 12:00", "1", "day", "start", "2024-03-10T16:00:00"),  # the clock goes forward: still at noon
        ("09/03/2024 12:00", "24", "hour", "start", "2024-03-10T17:00:00"),
        ("31/01/2024", "0", "day", "start", "2024-01-31T05:00:00"),
        ("02/05/2024", "{column: Hạn}", "day", "start", "2024-05-12T04:00:00"),
    ],
)
def test_a_due_date_is_so_many_days_or_hours_after_another(
    log: Log, received: str, add: str, unit: str, side: str, due: str
) -> None:
    events, rejected = log(DUE % (add, unit, side), f"Số,Ngày,Hạn\n1,{received},10\n")
    assert rejected == []
    assert events[0].data.due_at == datetime.fromisoformat(due).replace(tzinfo=UTC)


@pytest.mark.parametrize("days", ["ten", "-3", "1.5", "9999999"])
def test_days_that_are_no_number_are_named(log: Log, days: str) -> None:
    events, (rejected,) = log(DUE % ("{column: Hạn}", "day", "start"), f"Số,Ngày,Hạn\n1,02/05/2024,{days}\n")
    assert (events, rejected.column) == ([], "Hạn")
    assert repr(days) in rejected.reason


def test_nothing_after_nothing_is_nothing(log: Log) -> None:
    events, _ = log(DUE % ("{column: Hạn}", "day", "start"), "Số,Ngày,Hạn\n1,02/05/2024,\n")
    assert events[0].data.due_at is None


STEPS = """
rows: event
case: Số
unit: {constant: H26}
time: {zone: UTC, formats: "%Y-%m-%d"}
events:
  - {event: dossier.accepted, each: first_row, time: Ngày}
  - event: dossier.completed
    each: last_row
    time: Ngày
    when_no_row: {Bước: {is: [Rút, Dừng]}}
    when_any_row: {Bước: {is: Xong}, Người: present}
"""


def test_a_rule_can_ask_what_no_row_of_the_case_has_and_what_one_has(log: Log) -> None:
    rows = {"a": ["Xong,An"], "b": ["Xong,An", "Rút,An"], "c": ["Xem,An"], "d": ["Xong,", "Xem,An"], "e": ["Xong,B"]}
    lines = [f"{case},2024-05-0{n},{row}" for case, its in rows.items() for n, row in enumerate(its, start=1)]
    events, _ = log(STEPS, "Số,Ngày,Bước,Người\n" + "\n".join(lines))
    assert [event.subject for event in events if event.type == "dossier.accepted"] == list("abcde")
    assert [event.subject for event in events if event.type == "dossier.completed"] == ["a", "e"]


SURVEY = """
rows: event
case: {join: ["file:name", "file:row"], with: "#"}
unit: {constant: H26}
time: {zone: UTC, formats: "%Y-%m-%d"}
missing: ["-"]
events:
  - event: rating.submitted
    each: row
    time: Ngày
    data:
      channel: {constant: paper}
      scale: {constant: csat5}
      score: Chung
      answers: {entries: {thai_do: Câu 1, thoi_gian: {column: Câu 2, translate: {Tốt: "5", Kém: "1"}}, phi: Câu 3}}
"""


def test_several_questions_of_a_row_are_answers_of_one_rating(log: Log) -> None:
    events, rejected = log(
        SURVEY, "Ngày,Chung,Câu 1,Câu 2,Câu 3\n2024-05-02,4,5,Kém,-\n2024-05-02,3,-,,\n2024-05-02,2,x,Tốt,\n"
    )
    assert [event.data.answers for event in events] == [{"thai_do": 5, "thoi_gian": 1}, None]
    assert [(one.place, one.column) for one in rejected] == [(4, "Câu 1")]


ENDS = """
rows: event
case: Số
unit: {constant: H26}
time: {zone: UTC, formats: "%%Y-%%m-%%d"}
%s
events:
  - {event: dossier.accepted, each: first_row, time: Ngày}
  - event: {column: Bước, translate: {Rút: dossier.withdrawn, Xong: dossier.completed, Trả: dossier.returned,
      Dừng: dossier.stopped}, unlisted: skip}
    each: row
    time: Ngày
"""
ROWS = "Số,Ngày,Bước\n1,2024-05-02,Nhận\n1,2024-05-03,Rút\n1,2024-05-04,Xong\n1,2024-05-05,Trả\n1,2024-05-04,Dừng\n"


@pytest.mark.parametrize(
    ("endings", "end", "left_out"),
    [
        ("", "completed", set()),
        ("endings: completed", "completed", set()),
        ("endings: [withdrawn, completed]", "withdrawn", {"completed", "returned", "stopped"}),
        ("endings: [stopped]", "stopped", {"completed", "returned"}),
        ("endings: [refused, returned]", "returned", {"completed"}),
        ("endings: latest", "returned", {"completed"}),
    ],
)
def test_which_end_stands_is_the_mappings_to_say(log: Log, endings: str, end: str, left_out: set[str]) -> None:
    events, _ = log(ENDS % endings, ROWS)
    kinds = {event.type.removeprefix("dossier.") for event in events}
    assert {"completed", "returned", "stopped", "withdrawn"} - kinds == left_out
    assert ended(events) == end


def ended(events: list[AnyEvent]) -> str:
    """How the store takes a dossier of these events to end."""
    bodies: list[dict[str, Any]] = [
        {**event.model_dump(mode="json", exclude_none=True), "recordedtime": "2024-06-01T00:00:00Z"} for event in events
    ]
    return fold(bodies, Rules({}, offered={}, calendars={})).ending


@given(st.lists(st.tuples(st.sampled_from(ENDINGS), st.integers(1, 9)), min_size=1), st.permutations(ENDINGS))
def test_the_end_that_stands_is_the_first_that_is_left(told: list[tuple[str, int]], order: list[str]) -> None:
    kinds, times = [kind for kind, _ in told], [f"2024-05-0{day}T00:00:00+00:00" for _, day in told]
    for asked in (order, []):
        end = ending_of_case(kinds, times, asked)
        assert end is not None
        assert min((kind for kind in kinds if not hides_ending(kind, end)), key=ENDINGS.index) == end


def test_what_endings_leave_out_is_counted(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(ROWS, encoding="utf-8")
    mapping = written(tmp_path, ENDS % "endings: withdrawn")
    compiled, account = CompiledMapping(mapping), RowAccount(mapping)
    made = list(read_events(tmp_path / "log.csv", mapping, compiled, account))
    assert all(isinstance(one, MappedEvent) for one in made)
    assert (compiled.hidden, account.skipped) == (3, 3)  # a row whose only event is left out makes none


def test_rows_that_make_nothing_are_counted(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "Số,Ngày,Bước\n1,2024-05-02,Rút\n1,,Xem\n2,,Xem\n2,,Xem\n3,,Rút\n", encoding="utf-8"
    )
    rules = ENDS.replace("  - {event: dossier.accepted, each: first_row, time: Ngày}\n", "") % ""
    mapping = written(tmp_path, rules)
    account = RowAccount(mapping)
    made = list(read_events(tmp_path / "log.csv", mapping, CompiledMapping(mapping), account))
    assert [type(one) for one in made] == [MappedEvent, Rejected]
    assert (account.sent, account.refused, account.skipped) == (1, 1, 3)
