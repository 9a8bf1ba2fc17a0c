"""A calendar that a mapping brings along for its units, and the warning where a term finds none."""

from __future__ import annotations

import json
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from runtime.settings import Settings
from sources.compiled.compiled_mapping import CompiledMapping
from sources.importing.appointments import without_appointment
from sources.importing.events_of_file import read_events
from sources.importing.importer import run
from sources.importing.survey import reference_events, survey
from sources.mapping.mapping_file import MappingError, MappingFile, load
from tests.support import Stack, free_port
from warehouse.verify.working_time import calendars_of_units

RULES = """
mapping: lich
rows: case
case: {column: Số, prefix: LX-}
unit: {code_from: phong}
time: {zone: Asia/Ho_Chi_Minh, formats: "%d/%m/%Y %H:%M"}
units:
  valid_from: 2010-01-01
  CALENDAR
  defined:
    - {code: LX, name_vi: Phường A, name_en: Ward A, level: branch}
  from_columns:
    phong: {column: Phòng, parent: LX, level: service_point}
procedures:
  published: 2010-01-01
  defined:
    - {code: LX-01, unit: LX, name_vi: Cấp bản sao, term: 2, term_unit: working_day}
    - {code: LX-02, unit: LX, name_vi: Chứng thực}
events:
  - {event: dossier.accepted, time: Nhận, data: {procedure: Thủ tục}}
  - {event: dossier.completed, time: Xong, when: {Xong: present}}
"""
DAYS = """calendar:
    code: LX-LICH
    days:
      - {kind: week, date_from: 2024-05-06, date_to: 2024-05-19, weekdays: 1-5, sessions: 08:00-12:00 13:00-17:00}
      - {kind: off, date_from: 2024-05-08, date_to: 2024-05-08, name_vi: Nghỉ bù}
      - {kind: work, date_from: 2024-05-11, date_to: 2024-05-11, sessions: 08:00-12:00}"""
TABLE = """Số,Phòng,Thủ tục,Nhận,Xong
1,Tư pháp,LX-01,06/05/2024 09:00,09/05/2024 10:00
2,Tư pháp,LX-01,06/05/2024 09:00,10/05/2024 10:00
3,Tư pháp,LX-02,06/05/2024 09:00,10/05/2024 10:00
"""


def rules(folder: Path, calendar: str) -> MappingFile:
    path = folder / "map.yaml"
    path.write_text(RULES.replace("CALENDAR", calendar), encoding="utf-8")
    (folder / "log.csv").write_text(TABLE, encoding="utf-8")
    return load(path)


def reference(folder: Path, mapping: MappingFile) -> list[AnyEvent]:
    compiled = CompiledMapping(mapping)
    found = survey(folder / "log.csv", mapping, compiled)
    events = [decode(one.line) for one in reference_events(mapping, found)]
    assert not [event for event in events if isinstance(event, Refusal)]
    return [event for event in events if not isinstance(event, Refusal)]


def bodies(events: list[AnyEvent]) -> list[dict[str, Any]]:
    return [json.loads(event.model_dump_json(exclude_none=True)) for event in events]


def test_a_mapping_brings_a_calendar_along_for_its_units(tmp_path: Path) -> None:
    events = reference(tmp_path, rules(tmp_path, DAYS))
    assert [event.type for event in events[:2]] == ["unit.defined"] * 2
    assert [event.data.calendar for event in events[:2]] == ["LX-LICH", None]  # the one below inherits it
    calendars = calendars_of_units(bodies(events))
    sessions = {unit: calendars[unit].sessions for unit in ("LX", events[1].subject)}
    assert sessions["LX"] == sessions[events[1].subject]
    whole = [(time(8), time(12)), (time(13), time(17))]
    assert sessions["LX"][date(2024, 5, 7)] == whole
    assert sessions["LX"][date(2024, 5, 8)] == sessions["LX"][date(2024, 5, 12)] == []
    assert sessions["LX"][date(2024, 5, 11)] == whole[:1]
    assert len(sessions["LX"]) == 14


def test_a_calendar_that_is_loaded_is_named_by_its_code(tmp_path: Path) -> None:
    events = reference(tmp_path, rules(tmp_path, "calendar: VN-HN"))
    assert [event.data.calendar for event in events if event.type == "unit.defined"] == ["VN-HN", None]
    assert "calendar.day_defined" not in {event.type for event in events}


@pytest.mark.parametrize(("zone", "told"), [("", []), ("\n    zone: Europe/Amsterdam", ["Europe/Amsterdam"])])
def test_another_zone_than_vietnams_is_told(zone: str, told: list[str], tmp_path: Path) -> None:
    events = reference(tmp_path, rules(tmp_path, DAYS.replace("code: LX-LICH", f"code: LX-LICH{zone}")))
    found = [(event.subject, event.data.zone) for event in events if event.type == "calendar.defined"]
    assert found == [("LX-LICH", name) for name in told]


def test_a_unit_with_a_calendar_stands_over_the_same_one_without(tmp_path: Path) -> None:
    without, having = (reference(tmp_path, rules(tmp_path, text))[0] for text in ("", DAYS))
    assert without.time < having.time
    assert without.id != having.id


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("sessions: 08:00-12:00}", "sessions: 8-12}", "days.2.sessions: '8-12' is not like 08:00-12:00 13:00-17:00"),
        ("weekdays: 1-5", "weekdays: Mon-Fri", "days.0.weekdays: 'Mon-Fri' is not like 1-5 (1 = Monday)"),
        ("date_to: 2024-05-08", "date_to: 2024-05-01", "days.1.date_to: 2024-05-01 is before date_from"),
        ("kind: off", "kind: holiday", "days.1.kind: 'holiday' is none of 'week', 'off' or 'work'"),
        ("code: LX-LICH", "code: LX LICH", "calendar.code: 'LX LICH' holds a blank"),
        ("date_from: 2024-05-08", "date_form: 2024-05-08", "days.1.date_form: there is no such key; is 'date_from'"),
        ("date_to: 2024-05-19", "date_to: 9999-12-31", "days.0: spans more than 60 years"),
    ],
)
def test_a_wrong_calendar_is_told_by_line(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError) as error:
        rules(tmp_path, DAYS.replace(old, new))
    assert "map.yaml: units.calendar" in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(("calendar", "units"), [("", 1), (DAYS, 0), ("calendar: VN-HN", 0)])
def test_dossiers_whose_term_finds_no_calendar_are_found(calendar: str, units: int, tmp_path: Path) -> None:
    mapping = rules(tmp_path, calendar)
    known = bodies(reference(tmp_path, mapping))
    compiled = CompiledMapping(mapping)
    list(read_events(tmp_path / "log.csv", mapping, compiled))
    found = without_appointment(compiled.without_due, known)
    assert {procedure for _, procedure in found} == ({"LX-01"} if units else set())
    assert len({unit for unit, _ in found}) == units


@pytest.mark.parametrize(("calendar", "warned"), [("", True), ("calendar: none", False), (DAYS, False)])
def test_an_import_warns_of_them_with_the_remedy(
    calendar: str, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules(tmp_path, calendar)
    settings = Settings(state_dir=tmp_path, api_url=f"http://127.0.0.1:{free_port()}")
    assert run(settings, tmp_path / "log.csv", tmp_path / "map.yaml", dry_run=True) == 0
    told = capsys.readouterr().out
    assert ("no appointment can be worked out for 1 procedures in 1 units (LX.TU_PHAP-" in told) is warned
    assert ("units.calendar in the mapping" in told) is warned


@pytest.mark.stack
def test_terms_are_counted_by_the_mappings_calendar(stack: Stack, tmp_path: Path) -> None:
    rules(tmp_path, DAYS)
    assert run(stack.settings, tmp_path / "log.csv", tmp_path / "map.yaml") == 0
    found = stack.get("/v1/dossiers", unit="LX", **{"from": "2024-05-01", "to": "2024-06-01"})["dossiers"]
    # Two working days after Monday, Wednesday being off: Thursday, counted from nine o'clock.
    assert {one["dossier"]: one["due_at"] and one["due_at"][:16] for one in found} == {
        "LX-1": "2024-05-09T09:00",
        "LX-2": "2024-05-09T09:00",
        "LX-3": None,
    }
