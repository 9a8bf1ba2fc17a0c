"""Progress of a reading of Kafka's log from its beginning, kept in the store that it fills."""

from __future__ import annotations

from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from warehouse.sql import statement


class Reading(NamedTuple):
    """One partition of the log: the next offset to read, and the one at which the reading ends."""

    topic: str
    partition: int
    next_offset: int
    end_offset: int


def newest(client: Client) -> tuple[int, list[Reading]]:
    """The number of the newest reading and its partitions; 0 and none before the first."""
    rows = client.query(statement("write", "reread_progress")).result_rows
    return (rows[0][0] if rows else 0), [Reading(*row[1:]) for row in rows]


def note(client: Client, number: int, readings: list[Reading]) -> None:
    """Stores the progress of a reading; of one partition the furthest offset holds."""
    if readings:
        rows = [[number, *reading] for reading in readings]
        client.insert("rereads", rows, column_names=["reread", *Reading._fields])
