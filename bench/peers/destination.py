"""The command line of every peer, and the plain table that it inserts into."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client

# The events' own text goes in unread by the program; the engine takes it apart.
JSON_SETTINGS = {
    "async_insert": 0,
    "input_format_skip_unknown_fields": 1,
    "date_time_input_format": "best_effort",
    "input_format_json_read_objects_as_strings": 1,
}


@dataclass(frozen=True)
class Task:
    """Where to read and where to write; ``batch`` and ``interval_s`` bound what is inserted at once."""

    kafka: str
    topic: str
    group: str
    clickhouse: str
    table: str
    insert_format: str
    batch: int
    interval_s: float

    def client(self) -> Client:
        """A client of the engine."""
        parts = urlsplit(self.clickhouse)
        return clickhouse_connect.get_client(
            host=parts.hostname or "",
            port=parts.port or 8123,
            password=os.environ.get("HAILONG_CLICKHOUSE_PASSWORD", ""),
            settings=JSON_SETTINGS,
            autogenerate_session_id=False,
        )

    def insert(self, client: Client, lines: bytes) -> None:
        """Stores events, one a line."""
        client.raw_insert(self.table, insert_block=lines, fmt=self.insert_format)


def task() -> Task:
    """The task of the command line, as ``arguments`` writes it."""
    kafka, topic, group, clickhouse, table, insert_format, batch, interval_s = sys.argv[1:]
    return Task(kafka, topic, group, clickhouse, table, insert_format, int(batch), float(interval_s))


def arguments(task: Task) -> list[str]:
    """The command line of a task."""
    fields = (task.kafka, task.topic, task.group, task.clickhouse, task.table, task.insert_format)
    return [*fields, str(task.batch), str(task.interval_s)]
