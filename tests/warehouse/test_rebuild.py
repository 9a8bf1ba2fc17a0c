"""A rebuild: derived rows from raw ones, whatever was spoilt, broken off or came meanwhile."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from stream.reread import reread
from tests.support import Stack, event, put, rating, unit
from tests.warehouse.test_deadlines import UNITS as CALENDAR_UNITS
from tests.warehouse.test_deadlines import calendar, procedure
from tests.warehouse.test_exactness import a_day, expected, figures, hours, hours_expected
from warehouse.client import connect
from warehouse.models.order import derived_tables, reference_tables
from warehouse.write import rebuild as warehouse_rebuild
from warehouse.write.rebuild import rebuild
from warehouse.write.reread_progress import newest, note
from warehouse.write.slices import Slice, cut

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 11)


def contents(store: Client) -> dict[str, list[Any]]:
    """Every derived table as it is read, without versions."""
    return {
        table: sorted(store.query(f"SELECT * FROM {table} FINAL").result_rows, key=repr)
        for table in (*reference_tables(), *derived_tables())
        # Rows of zeros, which take something back, are not made again.
        if table not in {"dossier_days", "days_of_dossiers", "months_of_dossiers"}
    }


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of the tests in many slices."""
    monkeypatch.setattr(warehouse_rebuild, "SLICE_EVENTS", 100)


def test_slices_are_whole_days_or_units_of_one_day() -> None:
    counts = [(MONDAY, "A", 2), (MONDAY, "B", 2), (TUESDAY, "C", 3), (WEDNESDAY, "A", 6), (WEDNESDAY, "B", 9)]
    assert cut(counts, most=8) == [
        Slice(MONDAY, TUESDAY, "A", "C", 7),
        Slice(WEDNESDAY, WEDNESDAY, "A", "A", 6),
        Slice(WEDNESDAY, WEDNESDAY, "B", "B", 9),
    ]


@pytest.mark.usefixtures("small_slices")
def test_rebuilding_what_is_right_changes_nothing(store: Client) -> None:
    put(store, [*a_day(31), *CALENDAR_UNITS, procedure("P", term=2), *calendar()])
    raw, before = store.query("SELECT count() FROM events").result_rows, contents(store)
    steps = list(rebuild(store))
    assert steps[0].done == 0
    assert steps[-1].done == steps[-1].total
    assert contents(store) == before
    assert store.query("SELECT count() FROM events").result_rows == raw


@pytest.mark.usefixtures("small_slices")
def test_emptied_tables_come_back_with_all_their_figures(store: Client) -> None:
    events = a_day(32)
    on_duty = {"starts_at": f"{MONDAY}T08:00:00+07:00", "ends_at": f"{MONDAY}T17:00:00+07:00"}
    shift = event("staff.shift", "CB-1", f"{MONDAY}T07:50:00+07:00", unit="H26.9", **on_duty)
    reference = [*CALENDAR_UNITS, procedure("P", term=2), *calendar()]
    put(store, [*events, *reference, shift])
    before = contents(store)
    list(rebuild(store, from_empty=True))
    assert contents(store) == before
    assert len(before["shifts"]) == 1
    assert figures(store) == expected([*events, *reference])
    assert hours(store) == hours_expected(events)


def test_every_table_but_raw_events_and_what_work_is_done_is_rebuilt(store: Client) -> None:
    kept = "SELECT name FROM system.tables WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree')"
    others = {row[0] for row in store.query(kept).result_rows} - {*reference_tables(), *derived_tables()}
    kept_for_good = {"events", "heartbeats", "retracted_sources"}
    work = {"migrations", "rebuild_slices", "rereads", "retraction_slices", "touched", "applied_rules", "rule_changes"}
    assert others == kept_for_good | work


def test_spoilt_rows_are_made_right_again(store: Client) -> None:
    events = a_day(33)
    put(store, events)
    counted = {"hours_of_ratings": "satisfied", "hours_of_tickets": "served", "hours_of_events": "events"}
    # Of rows of one version the last written stays, so a rebuild goes before what a former rule made.
    for table in [table for table in derived_tables() if "s_of_" in table]:
        column = counted.get(table)
        spoilt = f"{column} + 1 AS {column}" if column else "arrayMap(mark -> mark + 1, marks) AS marks"
        store.command(f"INSERT INTO {table} SELECT * REPLACE ({spoilt}) FROM {table} FINAL")
    assert figures(store) != expected(events)
    list(rebuild(store))
    assert figures(store) == expected(events)
    assert hours(store) == hours_expected(events)


def test_rows_that_went_missing_come_back(store: Client) -> None:
    events = a_day(34)
    put(store, events)
    for missing in (("dossiers", "dossier_days", "ratings"), ("ticket_shares", "due_days", "days_of_dossiers")):
        for table in missing:
            store.command(f"TRUNCATE TABLE {table}")
        list(rebuild(store, again=True))
        assert figures(store) == expected(events), missing
        assert hours(store) == hours_expected(events), missing


@pytest.mark.usefixtures("small_slices")
def test_a_broken_off_rebuild_goes_on_and_live_events_are_counted(store: Client) -> None:
    events, late = a_day(35), a_day(36)
    put(store, events)
    store.command("TRUNCATE TABLE dossiers")
    steps = rebuild(store)
    next(steps)
    gone_through = next(steps).done
    put(store, late)
    steps.close()
    resumed = list(rebuild(store))
    assert resumed[0].done == gone_through > 0
    assert figures(store) == expected(events + late)
    assert hours(store) == hours_expected(events + late)
    assert next(rebuild(store, again=True)).done == 0


def test_a_rebuilt_appointment_follows_its_calendar(store: Client) -> None:
    accepted = event("dossier.accepted", "D1", "2026-11-20T16:00:00+07:00", unit="H26.1", procedure="P")
    put(store, [unit("H26", level="city", calendar="VN"), unit("H26.1", "H26"), procedure("P", term=2), *calendar()])
    put(store, [accepted])
    before = contents(store)["dossiers"]
    list(rebuild(store, from_empty=True))
    assert contents(store)["dossiers"] == before


def test_an_empty_store_has_nothing_to_rebuild(store: Client) -> None:
    assert [tuple(step) for step in rebuild(store)] == [(0, 0)]


@pytest.mark.stack
def test_raw_rows_come_back_from_the_log_though_the_reading_was_broken_off(stack: Stack) -> None:
    taps = [rating("RR", "2026-11-20T09:00:00+07:00", key=str(n), source="test/reread") for n in range(300)]
    assert stack.send([unit("RR", level="external"), *taps]) == []
    stack.wait_stored("test/reread", 300)
    store = connect(stack.settings)
    for table in ("events", "ratings", "hours_of_ratings", "hours_of_events"):
        store.command(f"DELETE FROM {table} WHERE unit = 'RR'")
    assert stack.get("/v1/counts", source="test/reread")["stored"] == 0
    done, total = list(reread(stack.settings, again=True))[-1]
    assert done == total >= 301
    assert stack.get("/v1/counts", source="test/reread")["stored"] == 300
    assert stack.figures("RR", **{"from": "2026-11-20", "to": "2026-11-21"})["SAT_CSAT"]["n"] == 300


@pytest.mark.stack
def test_a_reading_of_the_log_goes_on_where_it_was_broken_off(stack: Stack) -> None:
    taps = [rating("RR", "2026-11-20T09:00:00+07:00", key=str(n), source="test/reread") for n in range(300)]
    assert stack.send([unit("RR", level="external"), *taps]) == []
    stack.wait_stored("test/reread", 300)
    broken_off = reread(stack.settings, again=True)
    _, total = next(broken_off)
    broken_off.close()
    store = connect(stack.settings)
    number, readings = newest(store)
    longest = max(readings, key=lambda reading: reading.end_offset - reading.next_offset)
    note(store, number, [longest._replace(next_offset=longest.end_offset - 100)])
    resumed = list(reread(stack.settings))
    assert resumed[0] == (longest.end_offset - longest.next_offset - 100, total)
    assert resumed[-1] == (total, total)
    assert newest(store)[0] == number
