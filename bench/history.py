"""Hanoi's five years, 66,274,910 dossiers with their ratings and tickets: rebuilt, asked and measured on disk.

The dossiers are Hanoi's of 2015-2019 (66,274,910 received, 99.18 % on time) on the working days of the five years until
now, which is 10:44 on the last of them. By default the latest month is stored at its full daily volume; with ``--full``
first the latest half year, a tenth of all, and then the rest as well: the waits for the whole are printed beside those
for the tenth. Where a month or half a year is asked for, all of it must be stored.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from clickhouse_connect.driver.client import Client
from rich.console import Console

from bench import questions, raw
from bench.data.generator import Making, calendar_lines, working_days
from bench.data.messages import DAY, reference_set
from bench.freshness import nearest_rank
from bench.harness.processes import cpu_s, peak_mb, wait_quiet
from bench.harness.report import Row, figure
from bench.harness.stack import Stores, stores
from bench.questions import Asker, Waits, Window, asker, of_a_period, of_any_month, of_no_period
from contract.time import VIETNAM
from runtime.progress import follow
from sources.simulation.command import hanoi
from tests.support import put_lines
from warehouse.migrate import migrate
from warehouse.read.counts import units
from warehouse.write.rebuild import rebuild

DOSSIERS = 66_274_910
YEARS_DAYS, HALF_YEAR_DAYS, MONTH_DAYS = 1_826, 183, 30
"""Days until now, this one included. A month is what its rebuild allows in a few minutes on two cores."""

NOW = datetime(DAY.year, DAY.month, DAY.day, 10, 44, tzinfo=VIETNAM)
MONTH = Window(f"{MONTH_DAYS} days", DAY - timedelta(days=MONTH_DAYS - 1))
MONTH_STARTS = datetime.combine(MONTH.start, datetime.min.time(), VIETNAM).astimezone(UTC)
CITY, BRANCH, POINT = "H26", "H26.66.01", "H26.66.01.003"
DATABASE, SOURCE = "history", "bench"

SIZES = """
SELECT table, sum(bytes_on_disk), count() FROM system.parts
WHERE active AND database = {database:String}
GROUP BY table HAVING sum(bytes_on_disk) >= {least:UInt64} ORDER BY 2 DESC
"""
LEAST_BYTES_A_DOSSIER = 0.1

out = Console(highlight=False)


def run(full: bool) -> Iterator[Row]:
    """The rows of the latest month, or with ``full`` of the latest half year and of all."""
    reference = hanoi()
    days = working_days(reference.working_time, DAY - timedelta(days=YEARS_DAYS - 1), DAY)
    making = Making(reference.points, reference.working_time, days, round(DOSSIERS / len(days)))
    with stores("clickhouse") as ours:
        migrate(ours.client(), DATABASE)
        client = ours.client(DATABASE)
        put_lines(client, [message.value for message in reference_set()] + calendar_lines(days))
        before, peer = DAY + timedelta(days=1), "the least answer"
        peers: dict[str, Waits] = {}
        for depth in (HALF_YEAR_DAYS, YEARS_DAYS) if full else (MONTH_DAYS,):
            since = DAY - timedelta(days=depth - 1)
            yield _store(ours, client, making, (since, before - timedelta(days=1)))
            with asker(ours, DATABASE, NOW, full=full) as ask:
                stored = f"{_dossiers(client):,} dossiers"
                yield from _sizes(client, stored)
                # First, because it ends the run when the figures are not right.
                yield from raw.rows_of(client, ask, (CITY, POINT), MONTH, (MONTH_STARTS, NOW.astimezone(UTC)), stored)
                floor, waits = ask.floor(), ask.wait_all([*_asked(since), *of_no_period(SOURCE)], out)
                yield from questions.rows_of("history", stored, waits, peers or dict.fromkeys(waits, floor), peer)
                yield _any_month(client, ask, since, stored, floor)
            before, peers, peer = since, waits, f"the latest {depth} days stored alone"


def _store(ours: Stores, client: Client, making: Making, stretch: tuple[date, date]) -> Row:
    """Makes the raw rows of some days and rebuilds all that is derived from all that is stored."""
    former, started = _events(client), time.monotonic()
    follow(_make(client, making, *stretch), "dossiers made", out)
    new, making_s = _events(client) - former, time.monotonic() - started
    engine = ours.pid("clickhouse")
    wait_quiet(engine)
    before_s, started = cpu_s(engine), time.monotonic()
    follow(rebuild(client, again=True), "events rebuilt", out)
    seconds, events = time.monotonic() - started, _events(client)
    wait_quiet(engine)
    return Row(
        bench="history",
        case=f"rebuild; {_dossiers(client):,} dossiers",
        value=events / seconds,
        unit="events/s",
        ratio=(events / seconds) / (new / making_s),
        against="making raw rows",
        cpu_us_per_event=(cpu_s(engine) - before_s) / events * 1e6,
        peak_mb=peak_mb(engine),
        note=f"{events:,} events in {seconds:,.0f} s; {new:,} raw rows made in {making_s:,.0f} s",
    )


def _make(client: Client, making: Making, first_day: date, last_day: date) -> Iterator[tuple[int, int]]:
    months = list(making.months(first_day, last_day))
    total, done = sum(dossiers for _, dossiers in months), 0
    for first, dossiers in months:
        making.store(client, first, dossiers, NOW, CITY)
        done += dossiers
        yield done, total


def _asked(since: date) -> Iterator[questions.Question]:
    for unit in (CITY, BRANCH, POINT):
        halves = [questions.half_year(DAY)] if unit == CITY else []
        for window in [*questions.windows(DAY), *halves]:
            if window.start >= since:
                yield from of_a_period(unit, window)


def _any_month(client: Client, ask: Asker, since: date, stored: str, floor: Waits) -> Row:
    """All indicators of any unit and any month stored, asked once each."""
    codes = sorted({row.unit for row in units(client)})
    took_ms = ask.once_ms(of_any_month(codes, since, DAY))
    p50, p95, p99 = (nearest_rank(took_ms, share) for share in (0.5, 0.95, 0.99))
    return Row(
        bench="history",
        case=f"indicators of any unit and month; {stored}",
        value=p50,
        unit="ms",
        ratio=p50 / floor.median_ms,
        against="the least answer",
        cpu_us_per_event=None,
        peak_mb=None,
        note=f"p95 {figure(p95)}, p99 {figure(p99)} ms; {len(took_ms)} of {len(codes)} units, each asked once",
    )


def _events(client: Client) -> int:
    return int(client.query("SELECT count() FROM events").result_rows[0][0])


def _dossiers(client: Client) -> int:
    return int(client.query("SELECT countIf(type = 'dossier.accepted') FROM events").result_rows[0][0])


def _sizes(client: Client, stored: str) -> list[Row]:
    dossiers = _dossiers(client)
    parameters = {"database": DATABASE, "least": int(LEAST_BYTES_A_DOSSIER * dossiers)}
    sizes = client.query(SIZES, parameters=parameters).result_rows
    raw_bytes = next(size for table, size, _ in sizes if table == "events")
    return [
        Row(
            bench="history",
            case=f"{table} on disk; {stored}",
            value=size / dossiers,
            unit="bytes/dossier",
            ratio=None if table == "events" else size / raw_bytes,
            against="" if table == "events" else "events",
            cpu_us_per_event=None,
            peak_mb=None,
            note=f"{size / 1e6:,.0f} MB in {parts} parts",
        )
        for table, size, parts in sizes
    ]
