"""The cost of a flush of 1,000 events when a day of one province, of ten or of the whole country is stored already.

The flush is the store's part of it: lines stored, every row they touch looked up and recomputed. Its events are of the
last hours of that day and of all provinces stored, so that they touch as many units as there are. The floor is the
flush into one province.
"""

from __future__ import annotations

import random
import time
from itertools import count

from clickhouse_connect.driver.client import Client
from rich.console import Console

from bench.data.provinces import EVENTS_A_PROVINCE, PROVINCES, load_reference, moved, name_of, store_days
from bench.harness.report import Row, median_ratio, spread
from bench.harness.stack import stores
from tests.support import put_lines
from warehouse.migrate import migrate

TIMES = (1, 10, PROVINCES)
EVENTS_A_FLUSH = 1_000
FLUSHES = 15
LATEST = 30_000
"""The newest events of the day, among which a flush draws its own."""

NEWEST = """
SELECT body FROM events WHERE startsWith(unit, {province:String}) AND source = 'bench'
ORDER BY occurred_at DESC, event_id LIMIT {latest:UInt32}
"""

out = Console(highlight=False)


def run(full: bool) -> list[Row]:
    """Seconds of a flush at each volume; the day of the whole country only when ``full``."""
    dice, numbers, stored = random.Random("flush"), count(1_000), 0
    costs: dict[int, list[float]] = {}
    volumes = TIMES if full else TIMES[:2]
    with stores("clickhouse") as ours:
        migrate(ours.client(), "flush")
        client = ours.client("flush")
        load_reference(client, range(max(volumes)))
        for times in volumes:
            out.print(f"flush: the day of all provinces up to {times}")
            store_days(client, range(stored, times))
            stored = times
            latest = _latest(client)
            costs[times] = []
            for _ in range(FLUSHES):
                drawn = dice.choices(latest, k=EVENTS_A_FLUSH)
                lines = [moved(line, dice.randrange(stored), next(numbers), of=name_of(0)) for line in drawn]
                started = time.perf_counter()
                put_lines(client, lines)
                costs[times].append(time.perf_counter() - started)
        parts = client.query("SELECT max(n) FROM (SELECT count() AS n FROM system.parts WHERE active GROUP BY table)")
        most_parts = parts.result_rows[0][0]
    return rows_of(costs, most_parts)


def _latest(client: Client) -> list[bytes]:
    rows = client.query(NEWEST, parameters={"province": name_of(0), "latest": LATEST}).result_rows
    return [str(body).encode() for (body,) in rows]


def rows_of(costs: dict[int, list[float]], most_parts: int) -> list[Row]:
    """One row for each volume, with its ratio to the least."""
    return [
        Row(
            bench="flush",
            case=f"{EVENTS_A_FLUSH:,} events into {times * EVENTS_A_PROVINCE:,} of the day",
            value=sorted(seconds)[len(seconds) // 2],
            unit="s",
            ratio=None if times == TIMES[0] else median_ratio(seconds, costs[TIMES[0]]),
            against="" if times == TIMES[0] else "one province",
            cpu_us_per_event=None,
            peak_mb=None,
            note=f"{spread(seconds)}; at most {most_parts} parts a table at the end",
        )
        for times, seconds in costs.items()
    ]
