"""A rating in place of another of the same dossier: both are kept, and one counts, whatever comes when."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from tests.support import event, in_place_of, put, rating
from warehouse.read.counts import counts
from warehouse.read.evidence import ratings
from warehouse.read.periods import Period

UNIT = "H26.1"
DAY = datetime.fromisoformat("2026-03-13T00:00:00+07:00")
PERIOD = Period(DAY, DAY + timedelta(days=2))
MEASURES = ("answered", "satisfied", "settled", "settled[complained]")
STEPS = [
    event("dossier.accepted", "D-1", "2026-03-13T08:00:00+07:00", unit=UNIT),
    event("dossier.completed", "D-1", "2026-03-13T09:00:00+07:00", unit=UNIT),
]
BAD = rating(UNIT, "2026-03-13T10:15:00+07:00", 1, dossier="D-1", reasons=["asked_for_money"])
GOOD = in_place_of(BAD, "2026-03-13T16:30:00+07:00", 4, reasons=[])
BAD_AGAIN = in_place_of(GOOD, "2026-03-14T09:00:00+07:00", 2)


def found(store: Client) -> tuple[int, ...]:
    """The measures of both days, in their order."""
    counted: dict[str, Any] = dict(counts(store, {UNIT: "all"}, PERIOD, frozenset(MEASURES))["all"])
    return tuple(counted[name] for name in MEASURES)


def test_each_new_answer_stands_in_place_of_the_one_before(store: Client) -> None:
    seen = []
    for events in (STEPS, [BAD], [GOOD], [BAD_AGAIN]):
        put(store, events)
        seen.append(found(store))
    assert seen == [(0, 0, 1, 0), (1, 0, 1, 1), (1, 1, 1, 0), (1, 0, 1, 1)]
    assert store.query("SELECT count() FROM events FINAL WHERE type = 'rating.submitted'").result_rows == [(3,)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_in_which_they_come_does_not_matter(store: Client, order: tuple[int, ...]) -> None:
    ratings_sent = [(BAD, GOOD, BAD_AGAIN)[n] for n in order]
    for body in (*ratings_sent, *STEPS, ratings_sent[0]):
        put(store, [body])
    assert found(store) == (1, 0, 1, 1)


@pytest.mark.parametrize("table", ["hours_of_ratings", "dossier_folds", "dossiers", "dossier_days", "days_of_dossiers"])
def test_what_was_made_before_the_new_answer_was_seen_does_not_come_back(store: Client, table: str) -> None:
    put(store, [*STEPS, BAD])
    former = store.query(f"SELECT * FROM {table} FINAL")
    put(store, [GOOD])
    rows = store.query(f"SELECT * FROM {table} FINAL ORDER BY ALL").result_rows
    assert former.row_count
    assert rows != former.result_rows
    store.insert(table, former.result_rows, column_names=former.column_names)
    assert store.query(f"SELECT * FROM {table} FINAL ORDER BY ALL").result_rows == rows


@pytest.mark.parametrize(
    "former",
    [
        BAD | {"data": BAD["data"] | {"unit": "H26.2"}},
        BAD | {"data": BAD["data"] | {"dossier": "D-2"}},
        BAD | {"time": "2026-03-13T09:59:59+07:00"},
    ],
    ids=["unit", "dossier", "time"],
)
def test_a_rating_of_another_unit_dossier_or_time_stays(store: Client, former: dict[str, Any]) -> None:
    put(store, [*STEPS, BAD, in_place_of(former, "2026-03-13T16:30:00+07:00", 4)])
    assert found(store)[0] == 2 - (former["data"]["unit"] != UNIT)
    assert found(store)[3] == 1


def test_the_list_is_what_was_counted_and_no_accusation_goes_from_it(store: Client) -> None:
    put(store, [*STEPS, BAD, GOOD])
    rows = ratings(store, [UNIT], PERIOD, 10)
    assert [(row["score"], row["replaced"], row["total"]) for row in rows] == [(4, False, 1)]
    severe = ratings(store, [UNIT], PERIOD, 10, reasons=["asked_for_money"])
    assert [(row["score"], row["replaced"]) for row in severe] == [(1, True)]
