"""How old the supervisor's page is for fifty viewers at once, while events come in; and the memory of its process.

A viewer speaks the page's own protocol without a browser: it asks for the page, then for its live part as often as
the page wants, and waits for each answer as a browser does. A refresh lasts from one finished picture to the next; it
cannot be shorter than what the page itself asks for.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import websockets
from rich.console import Console
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.freshness import nearest_rank
from bench.freshness_paths import Hailong, Taps
from bench.harness.processes import children, cpu_s, resident_mb
from bench.harness.report import Row
from bench.harness.stack import stores
from sources.reference.load import read, send

WATCHERS = (1, 10, 50)
RATE_PER_S, TICK_S = 500, 0.1
SECONDS, FULL_SECONDS = 20.0, 120.0
WARM_UP_S = 5.0
SERVICES = ("kafka", "clickhouse", "ingest", "stream", "dashboards")
WHOLE = "unit=H26"
LARGEST_BYTES, LONGEST_S = 50_000_000, 60.0

out = Console(highlight=False)


@dataclass(frozen=True)
class Wanted:
    """The page that a viewer looks at, and the part of it to ask for again and how often."""

    query: str
    page: str = ""
    fragment: str = ""
    every_s: float = 0.7


@dataclass
class Watched:
    """The refreshes of all viewers in seconds, and how many pages said that they failed."""

    refreshes_s: list[float] = field(default_factory=list)
    failed: int = 0


def run(full: bool) -> Iterator[Row]:
    """A row for each number of viewers."""
    seconds = FULL_SECONDS if full else SECONDS
    with stores(*SERVICES) as ours:
        send(ours.settings, read(None).events)
        path, over = Hailong(ours), threading.Event()
        feeder = threading.Thread(target=_feed, args=(path, over))
        feeder.start()
        try:
            # Streamlit runs as a child of the dashboards.
            page = children(ours.pid("dashboards"))[0]
            asyncio.run(watch(ours.settings.dashboards_url, 1, WARM_UP_S))
            for viewers in WATCHERS:
                before_s, before_mb = cpu_s(page), resident_mb(page)
                watched = asyncio.run(watch(ours.settings.dashboards_url, viewers, seconds))
                ordered = sorted(watched.refreshes_s)
                p50, p95 = nearest_rank(ordered, 0.5), nearest_rank(ordered, 0.95)
                yield Row(
                    bench="watchers",
                    case=f"{viewers} at once, {RATE_PER_S} events/s, refresh p95",
                    value=p95,
                    unit="s",
                    ratio=None,
                    against="",
                    cpu_us_per_event=(cpu_s(page) - before_s) / len(ordered) * 1e6,
                    peak_mb=resident_mb(page),
                    note=f"p50 {p50:.2f} s, {len(ordered)} refreshes, {watched.failed} failed; CPU of the page's "
                    "process "
                    f"for a refresh; it grew by {resident_mb(page) - before_mb:+.0f} MB",
                )
        finally:
            over.set()
            feeder.join()


async def watch(url: str, viewers: int, seconds: float, queries: Sequence[str] = (WHOLE,)) -> Watched:
    """So many look for so long at the pages of ``queries``, in turn; then all of them leave."""
    watched = Watched()
    until = time.monotonic() + seconds
    # Nobody opens fifty pages in one instant.
    await asyncio.gather(*(_view(url, until, n / viewers, queries[n % len(queries)], watched) for n in range(viewers)))
    return watched


async def _view(url: str, until: float, delay_s: float, query: str, watched: Watched) -> None:
    """One viewer: opens the page, then asks for its live part as often as it wants."""
    await asyncio.sleep(delay_s)
    address = f"ws://{urlsplit(url).netloc}/_stcore/stream"
    protocols = [websockets.Subprotocol("streamlit")]
    async with websockets.connect(address, subprotocols=protocols, max_size=LARGEST_BYTES) as socket:
        wanted = await _picture(socket, Wanted(query), watched)
        finished_at = time.monotonic()
        while finished_at < until:
            await asyncio.sleep(wanted.every_s)
            wanted = await _picture(socket, wanted, watched)
            now = time.monotonic()
            watched.refreshes_s.append(now - finished_at)
            finished_at = now


async def _picture(socket: websockets.ClientConnection, wanted: Wanted, watched: Watched) -> Wanted:
    """Asks for the page, or for its live part after the first time, and waits until all of it has come."""
    request = BackMsg()
    request.rerun_script.query_string = wanted.query
    request.rerun_script.page_script_hash = wanted.page
    request.rerun_script.fragment_id = wanted.fragment
    request.rerun_script.is_auto_rerun = bool(wanted.fragment)
    await socket.send(request.SerializeToString())
    while True:
        received = await asyncio.wait_for(socket.recv(decode=False), LONGEST_S)
        message = ForwardMsg.FromString(received)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            wanted = replace(wanted, page=message.new_session.page_script_hash)
        elif kind == "auto_rerun":
            wanted = replace(wanted, fragment=message.auto_rerun.fragment_id, every_s=message.auto_rerun.interval)
        elif kind == "delta" and message.delta.new_element.HasField("exception"):
            watched.failed += 1
        elif kind == "script_finished":
            return wanted


def _feed(path: Hailong, over: threading.Event) -> None:
    taps, started, tick = Taps(), time.monotonic(), 0
    while not over.is_set():
        tick += 1
        path.tap(round(RATE_PER_S * TICK_S), taps)
        path.pause(max(0.0, started + tick * TICK_S - time.monotonic()))
