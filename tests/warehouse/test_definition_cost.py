"""A definition makes anew what it can change, and nothing else; nothing of it is lost when it is broken off."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from tests.figures.test_zones import zone
from tests.support import event, logged, put, unit
from tests.warehouse.test_deadlines import calendar, procedure
from tests.warehouse.test_exactness import BrokenOffError
from warehouse.verify.all_units import rules_of
from warehouse.verify.dossiers import fold
from warehouse.write import store as warehouse_store
from warehouse.write.store import insert_lines, new_batch, recompute, touched_kinds

LATER = {"time": "2026-02-01T00:00:00+07:00"}
TREE = [
    unit("H26", level="city", calendar="VN"),
    unit("H26.1", "H26"),
    unit("H26.2", "H26"),
    unit("Y", level="external"),
]


def made_anew(store: Client, events: list[dict[str, Any]]) -> set[str]:
    """The dossiers that a batch makes anew."""
    batch = new_batch()
    insert_lines(store, batch, [logged(body) for body in events])
    recompute(store, [batch], touched_kinds(store, [batch]))
    touched = "SELECT subject FROM touched WHERE batch = {batch:UInt64} AND kind = 'dossier'"
    return {row[0] for row in store.query(touched, parameters={"batch": batch}).result_rows}


def accepted(code: str, where: str, day: str, of: str = "P", **data: Any) -> dict[str, Any]:
    return event("dossier.accepted", code, f"2026-11-{day}T09:00:00+07:00", unit=where, procedure=of, **data)


STORED = [
    accepted("EARLY", "H26.1", "02"),
    accepted("LATE", "H26.1", "23"),
    accepted("OTHER", "H26.2", "23", of="Q"),
    accepted("GIVEN", "H26.2", "23", due_at="2026-11-25T17:00:00+07:00"),
    accepted("ELSEWHERE", "Y", "23"),
    accepted("UNKNOWN", "Z", "23"),
]


@pytest.fixture
def office(store: Client) -> Client:
    """Four units, two procedures, one calendar, and dossiers at most of the units."""
    put(store, [*TREE, *calendar(()), procedure("P", term=3), procedure("Q", term=3)])
    put(store, STORED)
    return store


def day(date: str, *sessions: list[str]) -> dict[str, Any]:
    data: dict[str, Any] = {"unit": "H26", "calendar": "VN", "date": date, "sessions": list(sessions)}
    return event("calendar.day_defined", f"VN/{date}", LATER["time"], **data)


HOURS = (["08:00", "12:00"], ["13:00", "17:00"])
ALL_OF_VN = {"EARLY", "LATE", "OTHER", "GIVEN"}
CHANGES: list[tuple[str, list[dict[str, Any]], set[str]]] = [
    ("a new unit", [unit("H26.3", "H26")], set()),
    ("a unit of which there are dossiers already", [unit("Z", "H26")], {"UNKNOWN"}),
    ("the same again", TREE, set()),
    ("a new name", [unit("H26", level="city", calendar="VN", name_vi="Hà Nội") | LATER], set()),
    ("another calendar", [unit("H26.2", "H26", calendar="NONE") | LATER], {"OTHER", "GIVEN"}),
    ("another calendar above", [unit("H26", level="city", calendar="NONE") | LATER], ALL_OF_VN),
    ("a parent that has one", [unit("Y", "H26") | LATER], {"ELSEWHERE"}),
    ("the zone that it had", [zone("VN", "Asia/Ho_Chi_Minh")], set()),
    ("another zone", [zone("VN", "Asia/Tokyo")], ALL_OF_VN),
    (
        "another name of a procedure",
        [procedure("Q", term=3) | LATER | {"id": "0193568e-0000-7000-8000-0000000000f1"}],
        set(),
    ),
    ("another term", [procedure("Q", term=4) | LATER], {"OTHER"}),
    ("a day as it was", [day("2026-11-24", *HOURS)], set()),
    ("a day off, for those that reach so far", [day("2026-11-24")], {"LATE", "OTHER", "GIVEN"}),
    ("a day behind all", [day("2026-12-18")], set()),
]


@pytest.mark.parametrize(
    ("events", "expected"), [change[1:] for change in CHANGES], ids=[change[0] for change in CHANGES]
)
def test_only_what_a_definition_can_change_is_made_anew(
    office: Client, events: list[dict[str, Any]], expected: set[str]
) -> None:
    assert made_anew(office, events) == expected


def due_by_dossier(store: Client) -> dict[str, Any]:
    return {str(row[0]): row[1] for row in store.query("SELECT dossier, due_at FROM dossiers FINAL").result_rows}


def walked(events: list[dict[str, Any]]) -> dict[str, Any]:
    rules = rules_of([body for body in events if not body["type"].startswith("dossier.")])
    dossiers = [body for body in events if body["type"].startswith("dossier.")]
    due_at = {body["subject"]: fold([body], rules).due_at for body in dossiers}
    return {code: at and at.astimezone(UTC).replace(tzinfo=None) for code, at in due_at.items()}


def test_definitions_in_any_order_broken_off_anywhere_reach_every_dossier(
    store: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is broken off after 0, 1, 2 … of its statements, as kill -9 would, and read again."""
    events = [*TREE, *calendar(()), procedure("P", term=3), procedure("Q", term=3), *STORED]
    # Each at a time of its own, for of two words of one instant nobody can say which is the newer.
    changes = [
        body for _, definitions, _ in CHANGES for body in definitions if body not in TREE and "NONE" not in str(body)
    ]
    events += [body | {"time": f"2026-02-{n + 1:02}T00:00:00+07:00"} for n, body in enumerate(changes)]
    dice, run = random.Random(81), warehouse_store._run
    dice.shuffle(events)
    for number in range(0, len(events), 7):
        batch = events[number : number + 7]

        def runs_so_many(client: Client, name: str, *rest: Any, left: list[int] = [number % 22]) -> None:  # noqa: B006
            if not left[0]:
                raise BrokenOffError
            left[0] -= 1
            run(client, name, *rest)

        with monkeypatch.context() as broken, suppress(BrokenOffError):
            broken.setattr(warehouse_store, "_run", runs_so_many)
            put(store, batch)
        put(store, batch)
    assert due_by_dossier(store) == walked(events)


def test_a_definition_broken_off_before_its_last_figure_is_made_is_made_again(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dossier's own row is new already when it ends: what hangs on it must be made all the same."""
    run = warehouse_store._run

    def until_days(client: Client, name: str, *rest: Any) -> None:
        if name == "dossier_days":
            raise BrokenOffError
        run(client, name, *rest)

    change = [procedure("Q", term=5) | LATER]
    with monkeypatch.context() as broken, suppress(BrokenOffError):
        broken.setattr(warehouse_store, "_run", until_days)
        put(office, change)
    assert made_anew(office, change) == {"OTHER"}
    assert made_anew(office, change) == set()
