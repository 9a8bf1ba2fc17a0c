"""Events of older rules, or written to the log past the door: they are read within today's bounds and stop nothing."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from dashboards.api.context import to_json_value
from tests.support import event, put, put_lines, unit
from tests.warehouse.test_deadlines import calendar, procedure
from tests.warehouse.test_verify import verified
from warehouse.migrate import migrate, migrations

SENTINELS = ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00Z", "1989-12-31T23:59:59Z",
             "2100-01-01T00:00:00Z")  # fmt: skip
BROKEN_SESSIONS: tuple[list[list[str]], ...] = (
    [["eight", "12:00"]],
    [["08:00"]],
    [[]],
    [["08:00+07:00", "12:00"]],
)
DAY = (date(2026, 3, 13), date(2026, 3, 14))


def admitted_before(body: dict[str, Any]) -> bytes:
    """The event as ingest logged it when its rules were laxer."""
    assert isinstance(decode(json.dumps(body).encode()), Refusal)
    return json.dumps({**body, "recordedtime": "2026-03-14T01:00:00.000Z", "sender": "system"}).encode()


def of_dossier(kind: str, code: str, time: str, **data: Any) -> dict[str, Any]:
    return event(kind, code, f"2026-03-{time}+07:00", unit="B.1", key=str(uuid4()), **data)


@pytest.fixture
def old_store(store: Client) -> Client:
    """Dossiers with each sentinel as appointment, as limit of a step and of acceptance, on leave and settled."""
    put(store, [unit("B", level="city", calendar="VN"), unit("B.1", "B"), *calendar(()), procedure("P", term=3)])
    for number, sentinel in enumerate(SENTINELS):
        code = f"OLD-{number}"
        put_lines(
            store,
            [
                admitted_before(of_dossier("dossier.accepted", code, "13T08:00:00", procedure="P", due_at=sentinel)),
                admitted_before(of_dossier("dossier.accepted", f"{code}-a", "13T08:00:00", accept_due=sentinel)),
                admitted_before(
                    of_dossier("dossier.step", f"{code}-a", "13T09:00:00", step="x", step_due=sentinel, electronic=True)
                ),
                admitted_before(of_dossier("dossier.rescheduled", f"{code}-a", "13T09:30:00", new_due=sentinel)),
            ],
        )
        put(store, [of_dossier("dossier.supplement_requested", code, "13T10:00:00")])
        put(store, [of_dossier("dossier.apology_sent", code, "13T11:00:00")])
        put(store, [of_dossier("dossier.completed", f"{code}-a", "13T14:00:00")])
    return store


def test_an_appointment_of_the_year_9999_is_none_and_both_routes_say_so(old_store: Client) -> None:
    due = old_store.query("SELECT dossier, due_at FROM dossiers FINAL ORDER BY dossier").result_rows
    assert len(due) == 2 * len(SENTINELS)
    assert {code for code, at in due if at is not None and not 2026 <= at.year < 2100} == set()
    assert verified(old_store, *DAY).differences == []


def test_dossiers_stored_with_such_appointments_are_made_anew_by_the_update(old_store: Client) -> None:
    spoilt = "ALTER TABLE dossiers UPDATE due_at = toDateTime64('2299-12-31 00:00:00', 3, 'UTC') WHERE 1"
    old_store.command(spoilt, settings={"mutations_sync": 2})
    name = next(name for name, _ in migrations() if "bounded" in name)
    old_store.command(f"ALTER TABLE migrations DELETE WHERE name = '{name}'", settings={"mutations_sync": 2})
    database = str(old_store.database)
    assert migrate(old_store, database) == [name]
    assert verified(old_store, *DAY).differences == []


def test_a_value_beyond_the_calendar_is_left_out_of_an_answer() -> None:
    assert to_json_value(datetime(9999, 12, 31, 23, 59, 59)) is None  # noqa: DTZ001 as the store's client gives it
    assert to_json_value(datetime(2026, 3, 13, 1)) == "2026-03-13T08:00:00+07:00"  # noqa: DTZ001


def test_rules_written_past_the_door_stop_nothing(store: Client) -> None:
    put(store, [unit("B", level="city", calendar="VN"), unit("B.1", "B"), *calendar(())])
    broken: list[dict[str, Any]] = [
        event("calendar.day_defined", "VN/2026-03-13", "2026-03-14T00:00:00Z", unit="B", calendar="VN",
              date="2026-03-13", sessions=sessions, key=str(sessions))
        for sessions in BROKEN_SESSIONS
    ]  # fmt: skip
    terms = [
        event("procedure.published", "P", "2026-03-01T00:00:00Z", unit="B", name_vi="P", term=3,
              cutoffs=[{"valid_from": day, "at": "15:00"}])
        for day in ("20261105", "", "9999-12-31", "never")
    ]  # fmt: skip
    put_lines(store, [admitted_before(body) for body in [*broken, *terms] if is_refused(body)])
    put(store, [of_dossier("dossier.accepted", "AFTER", "13T08:00:00", procedure="P")])
    assert store.query("SELECT count() FROM dossiers FINAL WHERE dossier = 'AFTER'").result_rows == [(1,)]


def is_refused(body: dict[str, Any]) -> bool:
    return isinstance(decode(json.dumps(body).encode()), Refusal)
