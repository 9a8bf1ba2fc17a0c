"""The readers of the log into the store: ``hailong stream`` with all that it does, and shovels that only move bytes.

The clock of every contender starts when its consumer group has its partitions (starting an interpreter is not
counted) and stops when its last offset is committed, which each does only after its rows are stored and, for
hailong, counted in every figure. CPU is that of the program from start to stop and of the engine from the start
until it is quiet again, so that merges left behind are counted too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.harness.processes import cpu_s, peak_mb, require_alive, running, tail, wait_quiet
from bench.harness.report import ROOT
from bench.harness.stack import LOOK_INTERVAL_S, Committed, Log, Stores
from bench.peers.destination import Task, arguments
from contract.events.topics import EVENTS, REFERENCE
from tests.support import free_port

PEERS_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
STALLED_S = 30.0
"""A run without any progress for so long is given up."""
CLI = (sys.executable, "-m", "commands.main")

TYPED = """
CREATE TABLE {table}
(id UUID, type String, source String, subject String, time DateTime64(3, 'UTC'), recordedtime DateTime64(3, 'UTC'),
sender String, data String)
ENGINE = MergeTree ORDER BY (type, time)
"""
LINES = "CREATE TABLE {table} (line String) ENGINE = MergeTree ORDER BY tuple()"


class InexactError(Exception):
    """After a run the store does not hold exactly the events that were sent, so its speed has no meaning."""


@dataclass(frozen=True)
class Measured:
    """One run: ``events`` in ``seconds``, CPU seconds of the program, the engine and the broker, the program's peak."""

    events: int
    seconds: float
    program_s: float
    engine_s: float
    broker_s: float
    peak_mb: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU for an event, program and engine."""
        return (self.program_s + self.engine_s) / self.events * 1e6


@dataclass(frozen=True)
class Filled:
    """Stores whose log holds one message set and the reference data; the ends are next offsets by partition."""

    stores: Stores
    log: Log
    ends: Mapping[int, int]
    reference_ends: Mapping[int, int]

    @property
    def events(self) -> int:
        """How many messages the set has."""
        return sum(self.ends.values())


class Contender(Protocol):
    """Something that can carry the log into the store."""

    def measure(self, filled: Filled, run: str) -> Measured:
        """One run under a name that no run had before; raises InexactError."""


@dataclass(frozen=True)
class Peer:
    """A program of bench/peers, run by ``python``; it is measured up to ``limit`` events when that is given."""

    module: str
    python: Path = Path(sys.executable)
    schema: str = TYPED
    insert_format: str = "JSONEachRow"
    limit: int | None = None
    needs: str | None = None

    def is_installed(self) -> bool:
        """Whether the package it ``needs`` can be imported by its ``python``."""
        look = [str(self.python), "-c", f"import {self.needs}"]
        try:
            return self.needs is None or subprocess.run(look, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            return False

    def measure(self, filled: Filled, run: str) -> Measured:
        """One run into a table of its own."""
        settings, client = filled.stores.settings, filled.stores.client()
        client.command(f"CREATE DATABASE {run}")
        client.command(self.schema.format(table=f"{run}.rows"))
        limits = (settings.flush_max_events, settings.flush_interval_s)
        task = Task(settings.kafka, EVENTS, run, settings.clickhouse_url, f"{run}.rows", self.insert_format, *limits)
        command = [str(self.python), "-m", f"bench.peers.{self.module}", *arguments(task)]
        limit = self.limit or filled.events
        measured = _timed(filled, run, command, filled.stores.environment(), limit)
        stored = int(client.query(f"SELECT count() FROM {run}.rows").result_rows[0][0])
        if stored < limit or (self.limit is None and stored != limit):
            raise InexactError(f"{self.module} stored {stored} of {limit} events")
        client.command(f"DROP DATABASE {run} SYNC")
        return measured


class Hailong:
    """The product as its users run it."""

    def measure(self, filled: Filled, run: str) -> Measured:
        """One run into a database of its own; the reference data are in it before the clock starts."""
        stores, first = filled.stores, f"{run}_reference"
        subprocess.run([*CLI, "migrate"], env=_environment(stores, run, first), check=True, capture_output=True)
        _place(filled, first, filled.ends, dict.fromkeys(filled.reference_ends, 0))
        log = stores.logs / f"{first}.log"
        with (
            running([*CLI, "stream"], _environment(stores, run, first), log) as pid,
            closing(Committed(stores.settings, first, REFERENCE, list(filled.reference_ends))) as committed,
        ):
            _wait_for(committed, sum(filled.reference_ends.values()), pid, log)
        before = _counted(stores, run)
        _place(filled, run, dict.fromkeys(filled.ends, 0), filled.reference_ends)
        measured = _timed(filled, run, [*CLI, "stream"], _environment(stores, run, run), filled.events)
        stored, counted = (now - then for now, then in zip(_counted(stores, run), before, strict=True))
        if (stored, counted) != (filled.events, filled.events):
            raise InexactError(f"hailong stored {stored} and counted {counted} of {filled.events} events")
        stores.client().command(f"DROP DATABASE {run} SYNC")
        return measured


def _environment(stores: Stores, database: str, group: str) -> dict[str, str]:
    return stores.environment(
        clickhouse_database=database,
        stream_group=group,
        stream_instance=group,
        stream_url=f"http://127.0.0.1:{free_port()}",
    )


def _place(filled: Filled, group: str, events: Mapping[int, int], reference: Mapping[int, int]) -> None:
    filled.log.place(group, EVENTS, events)
    filled.log.place(group, REFERENCE, reference)


def _counted(stores: Stores, database: str) -> tuple[int, int]:
    """Distinct events stored, and events in the figures by unit and hour."""
    client = stores.client(database)
    stored = client.query("SELECT uniqExact(event_id) FROM events").result_rows[0][0]
    return int(stored), int(client.query("SELECT sum(events) FROM hours_of_events FINAL").result_rows[0][0])


def _timed(filled: Filled, group: str, command: Sequence[str], environment: Mapping[str, str], limit: int) -> Measured:
    """Runs the program from its start until it has committed ``limit`` messages; ends it and waits for the engine."""
    settings, log = filled.stores.settings, filled.stores.logs / f"{group}.log"
    engine, broker = (filled.stores.pid(name) for name in ("clickhouse", "kafka"))
    wait_quiet(engine)
    with (
        closing(Committed(settings, group, EVENTS, list(filled.ends))) as committed,
        running(command, environment, log) as pid,
    ):
        _wait_assigned(filled.log, group, pid, log)
        started = time.monotonic()
        before = [cpu_s(each) for each in (pid, engine, broker)]
        events = _wait_for(committed, limit, pid, log)
        seconds = time.monotonic() - started
        program_s, broker_s, peak = cpu_s(pid) - before[0], cpu_s(broker) - before[2], peak_mb(pid)
    wait_quiet(engine)
    return Measured(events, seconds, program_s, cpu_s(engine) - before[1], broker_s, peak)


def _wait_assigned(log: Log, group: str, pid: int, output: Path) -> None:
    deadline = time.monotonic() + STALLED_S
    while not log.has_assigned(group):
        require_alive(pid, output)
        if time.monotonic() > deadline:
            raise TimeoutError(f"the group {group} got no partitions; the end of the output:\n{tail(output)}")
        time.sleep(LOOK_INTERVAL_S)


def _wait_for(committed: Committed, limit: int, pid: int, output: Path) -> int:
    """Waits until so many messages are committed; how many are."""
    seen, deadline = 0, time.monotonic() + STALLED_S
    while (count := committed.count()) < limit:
        require_alive(pid, output)
        if count > seen:
            seen, deadline = count, time.monotonic() + STALLED_S
        if time.monotonic() > deadline:
            stalled = f"stalled when {count} of {limit} messages were committed"
            raise TimeoutError(f"{stalled}; the end of the output:\n{tail(output)}")
        time.sleep(LOOK_INTERVAL_S)
    return count
