"""What the supervisor's page keeps in memory over a working day: eight simulated hours at sixty times the clock.

Every hour of the day other people look: they open pages of several units, stay for the hour and leave. Whatever the
page keeps of them, or of the day, shows as growth from the end of the first hour to the end of the last.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rich.console import Console

from bench.freshness import nearest_rank
from bench.harness.processes import children, resident_mb
from bench.harness.report import Row
from bench.harness.stack import stores
from bench.watchers import SERVICES, WHOLE, watch
from local.demo.replay import Sent, Stop, replay
from runtime.clock import ReplayClock, clock_from
from runtime.ingest_client import IngestClient
from sources.reference.load import read, send
from sources.simulation.calendar import from_clock, instant, rfc3339
from sources.simulation.day import timed_events
from sources.simulation.place import reference_from

HOURS, SPEED = 8, 60
HOUR_S = 3_600 / SPEED
BEGINS_S = 8 * 3_600
SET_UP_S = 60.0
"""Starting the stack and loading what came before takes about as long; the clock stands still meanwhile."""

VIEWERS = 10
QUERIES = (WHOLE, "unit=H26.66.01", "unit=H26.66.02", "unit=H26.66.01.003&lang=en", "unit=H26&heat=OPS_WAIT_AVG")
SEED = 41

out = Console(highlight=False)


def run(full: bool) -> Iterator[Row]:
    """One row, the growth; nothing unless ``full``, for it takes nine minutes."""
    if not full:
        out.print("workday: at full length only")
        return
    reference = reference_from(read(None).events)
    day = reference.working_time.last_completed(from_clock(datetime.now(UTC)))
    told = timed_events(reference, day, SEED, 1.0)
    begins = datetime.fromisoformat(rfc3339(instant(day) + BEGINS_S))
    clock = ReplayClock(begins, datetime.now(UTC) + timedelta(seconds=SET_UP_S), SPEED, HOURS * HOUR_S)
    with stores(*SERVICES, clock=str(clock)) as ours:
        key = ours.settings.api_key.get_secret_value()
        send(ours.settings, read(None).events)
        stop, so_far = Stop(), deque([Sent()], maxlen=1)
        with IngestClient(ours.settings.ingest_url, key) as client:
            asked = (client, told, clock_from(str(clock)), stop, so_far.append)
            feeder = threading.Thread(target=replay, args=asked)
            feeder.start()
            try:
                page = children(ours.pid("dashboards"))[0]
                kept_mb, refreshes_s, failed = [], [], 0
                time.sleep(max(0.0, (clock.anchor - datetime.now(UTC)).total_seconds()))
                for hour in range(1, HOURS + 1):
                    found = asyncio.run(watch(ours.settings.dashboards_url, VIEWERS, HOUR_S, QUERIES))
                    kept_mb.append(resident_mb(page))
                    refreshes_s += found.refreshes_s
                    failed += found.failed
                    out.print(
                        f"workday: hour {hour}, {so_far[-1].sent:,} events sent, the page keeps {kept_mb[-1]:.0f} MB"
                    )
            finally:
                stop.request()
                feeder.join()
    yield Row(
        bench="workday",
        case=f"{HOURS} hours at {SPEED}x, {VIEWERS} at once, new ones each hour: growth of the page's memory",
        value=100 * (kept_mb[-1] / kept_mb[0] - 1),
        unit="%",
        ratio=None,
        against="",
        cpu_us_per_event=None,
        peak_mb=max(kept_mb),
        note=f"MB at the end of each hour: {', '.join(f'{mb:.0f}' for mb in kept_mb)}; {so_far[-1].accepted:,} events; "
        f"refresh p95 {nearest_rank(sorted(refreshes_s), 0.95):.2f} s, {len(refreshes_s)} refreshes, {failed} failed",
    )
