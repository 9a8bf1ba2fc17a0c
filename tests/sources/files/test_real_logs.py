"""Two real logs, where they are at hand: every dossier comes through, and CSV and XES are the same log."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

import pytest

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent
from sources.importing.events_of_file import read_events
from sources.importing.survey import reference_events, survey
from sources.mapping.mapping_file import load

DATA = Path(__file__).parents[4] / "shared" / "data"
MAPPINGS = Path(__file__).parents[3] / "mappings"


def imported(name: str, mapping_name: str) -> Iterator[AnyEvent]:
    """Every event of a file; a row or an event that is refused fails the test, as does an id that comes twice."""
    file = DATA / name
    if not file.exists():
        pytest.skip(f"{name} is not beside the repository (shared/data)")
    mapping = load(MAPPINGS / f"{mapping_name}.yaml")
    compiled = CompiledMapping(mapping)
    seen = set()
    for one in chain(reference_events(mapping, survey(file, mapping, compiled)), read_events(file, mapping, compiled)):
        assert isinstance(one, MappedEvent), one
        event = decode(one.line)
        assert not isinstance(event, Refusal), event
        assert event.id not in seen
        seen.add(event.id)
        yield event


@pytest.mark.parametrize("name", ["receipt.csv.gz", "receipt.xes.gz"])
def test_the_permit_log_comes_through_whole(name: str) -> None:
    events = list(imported(name, "receipt"))
    assert Counter(event.type for event in events) == {
        "unit.defined": 4,
        "procedure.published": 1,
        "dossier.accepted": 1_434,
        "dossier.step": 8_577,
        "dossier.completed": 1_329,
    }
    due = {event.subject: event.data.due_at for event in events if event.type == "dossier.accepted"}
    ended = {event.subject: event.time for event in events if event.type == "dossier.completed"}
    assert sum(ended[case] > due[case] for case in ended) == 389
    channels = Counter(event.data.channel for event in events if event.type == "dossier.accepted")
    assert channels == {"online": 1_250 + 21, "direct": 109 + 1, "post": 53}


def test_csv_and_xes_of_the_permit_log_are_the_same_bytes() -> None:
    files = [DATA / "receipt.csv.gz", DATA / "receipt.xes.gz"]
    if not all(file.exists() for file in files):
        pytest.skip("the permit log is not beside the repository (shared/data)")
    mapping = load(MAPPINGS / "receipt.yaml")
    from_csv, from_xes = (
        sorted(one.line for one in read_events(file, mapping, CompiledMapping(mapping)) if isinstance(one, MappedEvent))
        for file in files
    )
    assert from_csv == from_xes


def test_the_citys_requests_come_through_whole_and_late_as_the_city_flags_them() -> None:
    kinds: Counter[str] = Counter()
    channels: Counter[str] = Counter()
    due, ended = {}, {}
    for event in imported("boston311_2015_partial.csv.gz", "boston311"):
        kinds[event.type] += 1
        if event.type == "dossier.accepted":
            due[event.subject] = event.data.due_at
            channels[event.data.channel] += 1
        elif event.type == "dossier.completed":
            ended[event.subject] = event.time
    assert kinds["dossier.accepted"] == 121_145
    assert kinds["dossier.completed"] == 121_145 - 19_873
    assert (kinds["unit.defined"], kinds["procedure.published"]) == (1 + 17, 158)
    assert list(due.values()).count(None) == 26_991
    assert channels["online"] == 18_838 + 12_305 + 61
    # Some time after the last due date that the city calls missed.
    snapshot = datetime.fromisoformat("2016-01-13T00:00:00-05:00")
    late = {case for case, day in due.items() if day and ended.get(case, snapshot) > day}
    flags = _flags()
    overdue = {case for case, flag in flags.items() if flag == "OVERDUE"}
    assert {case for case in late if flags[case]} == overdue
    assert len(overdue) == 30_446


def _flags() -> dict[str, str]:
    with gzip.open(DATA / "boston311_2015_partial.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        return {f"BOS-{row['CASE_ENQUIRY_ID']}": row["OnTime_Status"] for row in csv.DictReader(stream)}
