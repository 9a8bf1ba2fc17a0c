"""What every connection to the store is told."""

from __future__ import annotations

import re

import pytest
from clickhouse_connect.driver.client import Client

from tests.support import put, rating, unit

MONTHS = [f"{year}-{month:02}" for year in (2024, 2025) for month in range(1, 13)]


@pytest.mark.parametrize("table", ["events", "ratings"])
def test_looking_at_touched_hours_leaves_the_parts_of_other_months_alone(store: Client, table: str) -> None:
    put(store, [unit("H26", level="city")])
    put(store, [rating("H26", f"{month}-15T09:00:00+07:00", key=month) for month in MONTHS])
    looked = store.query(
        f"EXPLAIN indexes = 1 SELECT count() FROM {table} FINAL "
        "WHERE (unit, toStartOfHour(occurred_at)) IN (SELECT 'H26', toDateTime('2025-03-15 02:00:00', 'UTC'))"
    )
    plan = "\n".join(str(row[0]) for row in looked.result_rows)
    chosen, of_all = map(int, re.findall(r"Parts: (\d+)/(\d+)", plan)[-1])
    first_chosen, all_parts = map(int, re.findall(r"Parts: (\d+)/(\d+)", plan)[0])
    assert all_parts >= len(MONTHS)
    assert (first_chosen, chosen, of_all) == (1, 1, 1)


def test_every_key_holds_what_its_partition_is_made_of(store: Client) -> None:
    tables = store.query(
        "SELECT name, partition_key, sorting_key FROM system.tables "
        "WHERE database = currentDatabase() AND engine LIKE '%Replacing%' AND partition_key != ''"
    ).result_rows
    assert len(tables) > 5
    for name, partition, key in tables:
        column = re.fullmatch(r"toYYYYMM\((\w+)\)", partition)
        assert column, f"{name}: no month"
        assert re.search(rf"\b{column[1]}\b", key), f"{name}: two rows of one key could lie in two months"
