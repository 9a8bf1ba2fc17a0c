"""Answer times for a supervisor of one province: with a day of the whole country stored, and with his own alone."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client
from rich.console import Console

from bench.data.provinces import CLOSED, PROVINCES, load_reference, name_of, store_days
from bench.harness.processes import wait_quiet
from bench.harness.report import Row
from bench.harness.stack import Stores, stores
from bench.questions import Waits, asker, of_a_period, of_no_period, rows_of, windows
from warehouse.migrate import migrate

DATABASE = "country"
SOURCE = "bench"

out = Console(highlight=False)


def run(full: bool) -> list[Row]:
    """Milliseconds of each question of today, of the whole country; nothing unless ``full``, for it takes minutes."""
    if not full:
        out.print("country: at full length only")
        return []
    with stores("clickhouse") as ours:
        migrate(ours.client(), DATABASE)
        client = ours.client(DATABASE)
        load_reference(client, range(PROVINCES))
        alone = _stored(ours, client, range(1))
        among = _stored(ours, client, range(1, PROVINCES))
        events = client.query("SELECT count() FROM events").result_rows[0][0]
    stored = f"a day of {PROVINCES} provinces, {events:,} events"
    return rows_of("country", stored, among, alone, "one province stored alone")


def _stored(ours: Stores, client: Client, provinces: range) -> dict[str, Waits]:
    out.print(f"country: the day of all provinces up to {provinces.stop}")
    store_days(client, provinces)
    wait_quiet(ours.pid("clickhouse"))
    units = (name_of(0), f"{name_of(0)}.66.01", f"{name_of(0)}.66.01.003")
    with asker(ours, DATABASE, CLOSED, full=True) as ask:
        today = windows(CLOSED.date())[0]
        questions = [question for unit in units for question in of_a_period(unit, today)]
        return ask.wait_all([*questions, *of_no_period(SOURCE)], out)
