"""How long after its acceptance a tap is counted in ``/v1/indicators``, while so many events a second come in.

One unit gets a tap every 50 ms; its count is asked for without pause. Taps of one unit are counted in the order they
were accepted in, so the n-th accepted is counted when the count reaches n, and the time of each is known. Accepted is
when ingest has answered 202. The floor is a bare loop beside it: produce, poll, insert, ask for the count.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median

from rich.console import Console

from bench.freshness_paths import Hailong, Path, Taps, bare_loop
from bench.harness.processes import cpu_s, peak_mb
from bench.harness.report import Row, median_ratio, spread
from bench.harness.stack import stores
from sources.reference.load import read, send
from tests.support import wait_until

ROUNDS = 5
RATES_PER_S = (100, 500, 2_000)
TICK_S = 0.05
SECONDS, FULL_SECONDS = 3.0, 20.0
WARM_UP_S = 3.0
LOOK_PAUSE_S = 0.005
CAUGHT_UP_S = 60.0
FLOOR = "bare loop"
SERVICES = ("kafka", "clickhouse", "ingest", "stream", "dashboards")

out = Console(highlight=False)


@dataclass(frozen=True)
class Delay:
    """One run: delays in milliseconds, CPU microseconds for an event, the peak of what stores the events.

    CPU is that of every process on the path, Kafka and the engine included, and of answering the looks at the count.
    """

    p50_ms: float
    p99_ms: float
    cpu_us: float
    peak_mb: float
    achieved_per_s: float


def run(full: bool) -> list[Row]:
    """p50 and p99 at every rate, for hailong and for the bare loop."""
    seconds = FULL_SECONDS if full else SECONDS
    runs: dict[tuple[int, str], list[Delay]] = defaultdict(list)
    with stores(*SERVICES) as ours, bare_loop(ours) as bare:
        send(ours.settings, read(None).events)
        paths: dict[str, Path] = {"hailong": Hailong(ours), FLOOR: bare}
        for path in paths.values():
            delay(path, RATES_PER_S[0], WARM_UP_S)
        for round_number in range(1, ROUNDS + 1):
            for rate in RATES_PER_S:
                for name, path in paths.items():
                    delays = delay(path, rate, seconds)
                    runs[rate, name].append(delays)
                    percentiles = f"p50 {delays.p50_ms:.0f} ms, p99 {delays.p99_ms:.0f} ms"
                    out.print(
                        f"freshness: {rate} events/s, round {round_number} of {ROUNDS}, {name}: {percentiles}",
                        soft_wrap=True,
                    )
    return rows_of(runs)


def delay(path: Path, rate: int, seconds: float) -> Delay:
    """One run at ``rate`` events a second; raises AssertionError when the count does not catch up."""
    taps, done = Taps(), threading.Event()
    before = path.count()
    watch = threading.Thread(target=_watch, args=(path, taps, done))
    watch.start()
    used, started = sum(map(cpu_s, path.pids)), time.monotonic()
    ticks = round(seconds / TICK_S)
    try:
        for tick in range(1, ticks + 1):
            path.tap(round(rate * TICK_S), taps)
            path.pause(max(0.0, started + tick * TICK_S - time.monotonic()))
        took_s = time.monotonic() - started
        wait_until(lambda: bool(taps.seen) and taps.seen[-1] >= before + ticks, CAUGHT_UP_S)
        path.pause(TICK_S)
    finally:
        done.set()
        watch.join()
    assert path.count() - before == len(taps.accepted) == ticks, (
        f"{ticks} taps were sent, {len(taps.accepted)} accepted, not as many counted"
    )
    events = ticks * round(rate * TICK_S)
    delays = sorted(taps.delays_ms(before))
    cpu_us = (sum(map(cpu_s, path.pids)) - used) / events * 1e6
    return Delay(nearest_rank(delays, 0.5), nearest_rank(delays, 0.99), cpu_us, peak_mb(path.pids[0]), events / took_s)


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """The least value that ``share`` of all do not exceed."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def _watch(path: Path, taps: Taps, done: threading.Event) -> None:
    while not done.is_set():
        count = path.count()
        taps.seen_at.append(time.monotonic())
        taps.seen.append(count)
        time.sleep(LOOK_PAUSE_S)


def rows_of(runs: Mapping[tuple[int, str], Sequence[Delay]]) -> list[Row]:
    """Two rows for each rate and path; the ratio says how many times the bare loop's delay it is."""
    rows = []
    for (rate, name), delays in runs.items():
        for share in ("p50_ms", "p99_ms"):
            values = [getattr(each, share) for each in delays]
            floors = [getattr(each, share) for each in runs[rate, FLOOR]]
            rows.append(
                Row(
                    bench="freshness",
                    case=f"{rate} events/s, {name} {share[:3]}",
                    value=median(values),
                    unit="ms",
                    ratio=None if name == FLOOR else median_ratio(values, floors),
                    against="" if name == FLOOR else FLOOR,
                    cpu_us_per_event=median(each.cpu_us for each in delays),
                    peak_mb=median(each.peak_mb for each in delays),
                    note=f"{spread(values)}; sent {median(each.achieved_per_s for each in delays):,.0f}/s",
                )
            )
    return rows
