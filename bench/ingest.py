"""Ingest: events a second and answer times, one event a request and many lines a request, Kafka up and away.

Beside it in every round: a FastAPI endpoint that only reads the body, and a bare loop over kafka-python's ``send`` of
the same messages to the same broker. Kafka is away by SIGSTOP of the benchmark's own broker.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from rich.console import Console

from bench.data.messages import Logged, message_set, reference_set
from bench.harness.load import Load, post_all
from bench.harness.processes import cpu_s, peak_mb, require_alive, running
from bench.harness.report import Row, median_ratio, spread
from bench.harness.stack import Stores, stores
from bench.ingest_floors import KEY_END
from contract.events.topics import EVENTS
from runtime.kafka import create_topics
from tests.support import free_port, wait_until

ROUNDS = 5
SINGLES = 6_000
LINES = 40_000
FULL_SCALE = 3
LINES_A_REQUEST = 2_000
TABLETS = 32
FILES = 2
LIVE_RATE_PER_S = 2_000.0
HTTP_FLOOR = "FastAPI, body only"
SEND_FLOOR = "kafka-python send"
PENDING = "hailong_outbox_pending_events"
LOOK_S = 0.02

out = Console(highlight=False)


@dataclass
class Run:
    """One case of one round. ``load`` has the answer times where there were requests."""

    events: int
    seconds: float
    cpu_s: float
    peak_mb: float
    load: Load | None = None

    @property
    def per_s(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def run(full: bool) -> list[Row]:
    """The rows of every case; ``full`` takes three times the events."""
    scale = FULL_SCALE if full else 1
    messages = message_set("ratings", LINES * scale)
    with stores("kafka") as ours, door(ours) as (ingest, url), floor(ours) as (bare, bare_url):
        create_topics(ours.settings)
        contest = Contest(ours, ingest, url, bare, bare_url, messages, SINGLES * scale)
        contest.introduce()
        for number in range(1, ROUNDS + 1):
            out.print(f"ingest: round {number} of {ROUNDS}")
            contest.round()
        return contest.rows()


@contextmanager
def door(ours: Stores) -> Iterator[tuple[int, str]]:
    """The ingest process on the stores' Kafka: its process id and address."""
    command = [sys.executable, "-m", "commands.main", "ingest"]
    with running(command, ours.environment(), ours.logs / "ingest.log") as pid:
        wait_up(ours.settings.ingest_url, pid, ours.logs / "ingest.log")
        yield pid, ours.settings.ingest_url


@contextmanager
def floor(ours: Stores) -> Iterator[tuple[int, str]]:
    """The server that only reads: its process id and address."""
    url, log = f"http://127.0.0.1:{free_port()}", ours.logs / "floor.log"
    with running([sys.executable, "-m", "bench.ingest_floors", "http", url], ours.environment(), log) as pid:
        wait_up(url, pid, log)
        yield pid, url


def wait_up(url: str, pid: int, log: Path) -> None:
    """Waits until a server answers; ProcessEndedError when it ended instead."""

    def healthy() -> bool:
        require_alive(pid, log)
        return httpx.get(f"{url}/healthz", trust_env=False).is_success

    wait_until(healthy, 30)


class Contest:
    """All cases over the same messages, round after round."""

    def __init__(
        self, ours: Stores, ingest: int, url: str, bare: int, bare_url: str, messages: Sequence[Logged], singles: int
    ) -> None:
        self._ours = ours
        self._ingest, self._url = ingest, url
        self._bare, self._bare_url = bare, bare_url
        self._messages = messages
        self._lines = [as_sent(message.value) for message in messages]
        self._singles = singles
        self._runs: dict[str, list[Run]] = defaultdict(list)
        self._broker = ours.pid("kafka")
        self._file = ours.settings.state_dir / "messages"
        self._file.write_bytes(b"\n".join(message.key + KEY_END + message.value for message in messages))

    def introduce(self) -> None:
        """Sends the units to ingest, and lets every program do a little of everything untimed."""
        self._post(self._url, "application/x-ndjson", [b"\n".join(as_sent(m.value) for m in reference_set())], FILES)
        for url in (self._url, self._bare_url):
            self._post(url, "application/cloudevents+json", renamed(self._lines[:500]), TABLETS)
        self._drained()

    def round(self) -> None:
        """Every case once."""
        self._runs[SEND_FLOOR].append(self._send())
        self._runs[HTTP_FLOOR].append(self._single(self._bare, self._bare_url))
        self._runs["single"].append(self._single(self._ingest, self._url))
        self._drained()
        self._runs["lines"].append(self._many(until_delivered=True))
        os.kill(self._broker, signal.SIGSTOP)
        try:
            self._runs["single, Kafka away"].append(self._single(self._ingest, self._url))
            self._runs["lines, Kafka away"].append(self._many(until_delivered=False))
        finally:
            os.kill(self._broker, signal.SIGCONT)
        self._runs["backlog"].append(self._recover())
        self._drained()

    def _single(self, pid: int, url: str) -> Run:
        bodies = renamed(self._lines[: self._singles])
        with measured(pid, len(bodies)) as run:
            run.load = self._post(url, "application/cloudevents+json", bodies, TABLETS)
        return run

    def _many(self, *, until_delivered: bool) -> Run:
        lines = renamed(self._lines)
        bodies = [b"\n".join(lines[n : n + LINES_A_REQUEST]) for n in range(0, len(lines), LINES_A_REQUEST)]
        with measured(self._ingest, len(lines)) as run:
            run.load = self._post(self._url, "application/x-ndjson", bodies, FILES)
            if until_delivered:
                self._drained()
        return run

    def _recover(self) -> Run:
        """The backlog of the outage leaves while new events come at the live rate."""
        pending = self._pending()
        began = time.perf_counter()
        bodies = renamed(self._lines[: int(LIVE_RATE_PER_S)])
        with measured(self._ingest, pending + len(bodies)) as run:
            self._post(self._url, "application/cloudevents+json", bodies, TABLETS, LIVE_RATE_PER_S)
            self._drained()
        run.seconds = time.perf_counter() - began
        return run

    def _send(self) -> Run:
        command = [sys.executable, "-m", "bench.ingest_floors", "send"]
        command += [self._ours.settings.kafka, EVENTS, str(self._file)]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return Run(len(self._messages), result["seconds"], result["cpu_s"], result["peak_mb"])

    def _post(
        self, url: str, kind: str, bodies: Sequence[bytes], connections: int, rate_per_s: float | None = None
    ) -> Load:
        key = self._ours.settings.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
        load = post_all(f"{url}/v1/events", headers, bodies, connections, rate_per_s)
        if set(load.statuses) != {202}:
            raise AssertionError(f"{url} answered {dict(load.statuses)}")
        return load

    def _pending(self) -> int:
        text = httpx.get(f"{self._url}/metrics", trust_env=False, timeout=30).text
        return int(next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{PENDING} ")))

    def _drained(self) -> None:
        wait_until(lambda: self._pending() == 0, 60, LOOK_S)

    def rows(self) -> list[Row]:
        """The medians."""
        rows = [self._row(SEND_FLOOR, ""), self._row(HTTP_FLOOR, "")]
        rows += [self._row(case, SEND_FLOOR) for case in ("lines", "lines, Kafka away")]
        rows += [self._row(case, HTTP_FLOOR) for case in ("single", "single, Kafka away")]
        for share in (0.5, 0.99):
            rows += [self._latency(case, share) for case in (HTTP_FLOOR, "single", "single, Kafka away")]
        drained = [run.per_s for run in self._runs["backlog"]]
        live = [LIVE_RATE_PER_S] * len(drained)
        note = f"new events coming meanwhile; {spread(drained)}"
        ratio = median_ratio(drained, live)
        rows.append(Row("ingest", "backlog leaves", median(drained), "events/s", ratio, "live rate", None, None, note))
        return rows

    def _row(self, case: str, against: str) -> Row:
        runs = self._runs[case]
        per_s = [run.per_s for run in runs]
        ratio = median_ratio(per_s, [run.per_s for run in self._runs[against]]) if against else None
        cpu_us = median(run.cpu_s / run.events for run in runs) * 1e6
        peak = max(run.peak_mb for run in runs)
        return Row("ingest", case, median(per_s), "events/s", ratio, against, cpu_us, peak, spread(per_s))

    def _latency(self, case: str, share: float) -> Row:
        times_ms = [run.load.percentile_ms(share) for run in self._runs[case] if run.load]
        floors = [run.load.percentile_ms(share) for run in self._runs[HTTP_FLOOR] if run.load]
        ratio = None if case == HTTP_FLOOR else median_ratio(times_ms, floors)
        note = f"{TABLETS} senders at once; {spread(times_ms)}"
        return Row("ingest", f"{case}, p{share * 100:.0f}", median(times_ms), "ms", ratio, HTTP_FLOOR, None, None, note)


@contextmanager
def measured(pid: int, events: int) -> Iterator[Run]:
    """Time, processor time and peak memory of a process over the block."""
    # Linux counts the peak anew from here.
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    result = Run(events, 0.0, 0.0, 0.0)
    started, used_s = time.perf_counter(), cpu_s(pid)
    yield result
    result.seconds, result.cpu_s = time.perf_counter() - started, cpu_s(pid) - used_s
    result.peak_mb = peak_mb(pid)


def as_sent(value: bytes) -> bytes:
    """A message of the log without the fields that ingest added."""
    return value[: value.rindex(b',"recordedtime":')] + b"}"


def renamed(lines: Sequence[bytes]) -> list[bytes]:
    """The same events under new ids, so that ingest takes none for a repeated one."""
    fresh = []
    for line in lines:
        head, mark, rest = line.partition(b'"id":"')
        fresh.append(head + mark + str(uuid.uuid4()).encode() + rest[36:])
    return fresh
