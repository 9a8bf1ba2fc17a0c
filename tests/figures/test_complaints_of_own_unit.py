"""A rating complains of a dossier at the dossier's own unit only, whatever was stored before and in any order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from tests.recount import recount
from tests.support import event, put, rating, unit
from tests.warehouse.test_verify import verified
from warehouse.migrate import migrate, migrations
from warehouse.read.counts import counts
from warehouse.read.periods import Period
from warehouse.write.store import _run, new_batch

OWN, OTHER = "H26.07.070", "H26.01.001"
DAY = datetime.fromisoformat("2026-03-13T00:00:00+07:00")
PERIOD = Period(DAY, DAY + timedelta(days=1))
COMPLAINED_OF = "settled[ended_in_time, complained]"
COMPLAINED = frozenset({"settled", COMPLAINED_OF})
TREE = [unit("H26", level="city"), *(unit(code, "H26") for code in (OWN, OTHER))]
STEPS = [
    event("dossier.accepted", "D-1", "2026-03-13T08:00:00+07:00", unit=OWN, due_at="2026-03-14T09:00:00+07:00"),
    # Forwarded: who has it for a while is not the unit that it belongs to.
    event("dossier.step", "D-1", "2026-03-13T08:30:00+07:00", unit=OTHER, step="Xử lý"),
    event("dossier.completed", "D-1", "2026-03-13T09:00:00+07:00", unit=OWN),
]
FOREIGN = [rating(OTHER, f"2026-03-13T10:{n:02}:00+07:00", 1, dossier="D-1", source="foreign") for n in range(40)]
ITS_OWN = rating(OWN, "2026-03-13T11:00:00+07:00", 1, dossier="D-1", source="own")
PETITION = event("petition.received", "P-1", "2026-03-13T12:00:00+07:00", unit="H26", dossier="D-1")
FOLDED_BEFORE = """
INSERT INTO dossier_folds SELECT * REPLACE(bitOr(attributes, bitShiftLeft(1::UInt64, 43)) AS attributes)
FROM dossier_folds FINAL
"""


def complained(store: Client) -> tuple[float, float]:
    """Settled dossiers of the unit, and those of them that a citizen complains of."""
    served = counts(store, {OWN: "all"}, PERIOD, COMPLAINED)["all"]
    settled, of_them = served["settled"], served[COMPLAINED_OF]
    assert isinstance(settled, int | float)
    assert isinstance(of_them, int | float)
    return settled, of_them


def in_both_ways(store: Client, events: list[dict[str, Any]]) -> tuple[float, float]:
    """The same, when the second route and the one of whole days say so too."""
    recounted = recount(events, *PERIOD)
    assert complained(store) == (recounted["settled"], recounted.get(COMPLAINED_OF, 0))
    assert verified(store, date(2026, 3, 13), date(2026, 3, 13)).differences == []
    return complained(store)


def test_ratings_of_another_unit_leave_the_figures_of_a_dossiers_unit(store: Client) -> None:
    put(store, [*TREE, *STEPS])
    put(store, FOREIGN)
    assert in_both_ways(store, [*TREE, *STEPS, *FOREIGN]) == (1, 0)


@pytest.mark.parametrize("complaint", [ITS_OWN, PETITION], ids=["rating", "petition"])
def test_a_rating_of_its_own_unit_and_any_petition_complain(store: Client, complaint: dict[str, Any]) -> None:
    events = [*TREE, *STEPS, *FOREIGN[:2], complaint]
    put(store, events)
    assert in_both_ways(store, events) == (1, 1)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_steps_and_ratings_come_does_not_matter(store: Client, order: tuple[int, ...]) -> None:
    parts = (STEPS, FOREIGN[:2], [ITS_OWN])
    for n in order:
        put(store, parts[n])
    assert complained(store) == (1, 1)


def as_it_was_made(store: Client) -> None:
    """The dossiers as they were when a rating of any unit complained of them."""
    batch = new_batch()
    store.command(FOLDED_BEFORE)
    store.insert("touched", [[batch, "dossier", "D-1"]], column_names=["batch", "kind", "subject"])
    for name in ("dossiers", "dossier_days", "days_of_dossiers", "months_of_dossiers"):
        _run(store, name, [batch], [])


def test_dossiers_of_before_are_made_anew_by_the_migration(store: Client) -> None:
    put(store, [*TREE, *STEPS, *FOREIGN])
    as_it_was_made(store)
    assert complained(store) == (1, 1)
    name = next(name for name, _ in migrations() if name.startswith("0006"))
    database = store.database
    assert database
    store.command(
        "ALTER TABLE migrations DELETE WHERE name = {name:String} SETTINGS mutations_sync = 2", {"name": name}
    )
    assert migrate(store, database) == [name]
    assert in_both_ways(store, [*TREE, *STEPS, *FOREIGN]) == (1, 0)
