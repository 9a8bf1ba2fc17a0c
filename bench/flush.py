"""What a flush of 1,000 events costs when a day of one province, of ten or of the whole country is stored already.

The flush is the store's part of it: lines stored, everything they touch found and made anew. Its events are of the last
hours of that day and of all provinces stored, so that they touch as many units as there are. The floor is the flush
into one province.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from itertools import count

from clickhouse_connect.driver.client import Client
from rich.console import Console

from bench.messages import message_set, reference_set
from bench.report import Row, median_ratio, spread
from bench.stack import stores
from warehouse.migrate import migrate
from warehouse.store import insert_lines, new_batch, recompute, touched_kinds

TIMES = (1, 10, 60)
EVENTS_A_PROVINCE = 100_000
EVENTS_A_FLUSH = 1_000
FLUSHES = 15
LATEST = 30_000
"""The newest events of the day, among which a flush draws its own."""
STORED_AT_ONCE = 50_000
ID_AT = b'"id":"'

out = Console(highlight=False)


def run(full: bool) -> list[Row]:
    """Seconds of a flush at each volume; the day of the whole country only when ``full``."""
    lines = [message.value for message in message_set("mix", EVENTS_A_PROVINCE)]
    reference = [message.value for message in reference_set()]
    dice, numbers, stored = random.Random("flush"), count(1_000), 0
    costs: dict[int, list[float]] = {}
    with stores("clickhouse") as ours:
        migrate(ours.client(), "flush")
        client = ours.client("flush")
        for times in TIMES if full else TIMES[:2]:
            for province in range(stored, times):
                out.print(f"flush: storing the day of province {province + 1} of {times}", soft_wrap=True)
                for batch in (reference, *_cut(lines)):
                    _flush(client, [_of_province(line, province, province) for line in batch])
            stored = times
            costs[times] = []
            for _ in range(FLUSHES):
                drawn = dice.choices(lines[-LATEST:], k=EVENTS_A_FLUSH)
                made = [_of_province(line, dice.randrange(stored), next(numbers)) for line in drawn]
                started = time.perf_counter()
                _flush(client, made)
                costs[times].append(time.perf_counter() - started)
        parts = client.query("SELECT max(n) FROM (SELECT count() AS n FROM system.parts WHERE active GROUP BY table)")
        most_parts = parts.result_rows[0][0]
    return rows_of(costs, most_parts)


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


def _cut(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (lines[start : start + STORED_AT_ONCE] for start in range(0, len(lines), STORED_AT_ONCE))


def _of_province(line: bytes, province: int, number: int) -> bytes:
    """The same event of another province, under an id of its own."""
    begins = line.index(ID_AT) + len(ID_AT)
    moved = line[:begins] + b"%08x" % number + line[begins + 8 :]
    return moved.replace(b"H26", b"P%02d" % province)


def _flush(client: Client, lines: Sequence[bytes]) -> None:
    batch = new_batch()
    insert_lines(client, batch, lines)
    recompute(client, [batch], touched_kinds(client, [batch]))
