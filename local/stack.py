"""The stack on this machine: its processes, how each is started, and how each shows that it is ready."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from local import kafka
from local.processes import Daemon, StackError, require_free_port
from local.state import forget, in_force, write_endpoints
from runtime.service_client import is_ready
from runtime.settings import Settings

READY_TIMEOUT_S = 90.0
READY_ANSWER_S = 2.0
STOP_TIMEOUT_S = 15.0
MIGRATE_TIMEOUT_S = 180.0
POLL_INTERVAL_S = 0.1


def _kafka_command(settings: Settings) -> list[str]:
    host, port = _host_port(settings.kafka)
    data = settings.state_dir / "data" / "kafka"
    return kafka.command(settings.state_dir, host, port, settings.kafka_controller_port, data)


def _clickhouse_command(settings: Settings) -> list[str]:
    port = _host_port(settings.clickhouse_url)[1]
    data = settings.state_dir / "data" / "clickhouse"
    return [sys.executable, "-m", "local.clickhouse", "--path", str(data), "--port", str(port)]


def _cli(name: str) -> Callable[[Settings], list[str]]:
    return lambda _settings: [sys.executable, "-m", "commands.main", name]


def _ok(field: str, path: str) -> Callable[[Settings], bool]:
    return lambda settings: is_ready(getattr(settings, field) + path, READY_ANSWER_S)


@dataclass(frozen=True)
class Process:
    """One process of the stack.

    ``addresses`` are the settings that say where it listens; ``ready`` asks it whether it can serve;
    ``needs_schema`` is true when tables and topics must be there before it starts.
    """

    name: str
    command: Callable[[Settings], list[str]]
    addresses: tuple[str, ...]
    ready: Callable[[Settings], bool]
    needs_schema: bool = True


def _kafka_ready(settings: Settings) -> bool:
    return kafka.answers(settings.kafka)


def _dashboards_ready(settings: Settings) -> bool:
    addresses = f"{settings.api_url}/readyz", f"{settings.dashboards_url}/_stcore/health"
    return all(is_ready(address, READY_ANSWER_S) for address in addresses)


# The stack, in the order of starting: name, command line, where it listens, how its readiness is checked.
PROCESSES = (
    Process("kafka", _kafka_command, ("kafka", "kafka_controller_port"), _kafka_ready, needs_schema=False),
    Process("clickhouse", _clickhouse_command, ("clickhouse_url",), _ok("clickhouse_url", "/ping"), needs_schema=False),
    Process("ingest", _cli("ingest"), ("ingest_url",), _ok("ingest_url", "/readyz")),
    Process("stream", _cli("stream"), ("stream_url",), _ok("stream_url", "/readyz")),
    Process("feedback", _cli("feedback"), ("feedback_url",), _ok("feedback_url", "/readyz")),
    Process("dashboards", _cli("dashboards"), ("api_url", "dashboards_url"), _dashboards_ready),
)


@dataclass(frozen=True)
class Row:
    """One process as ``hailong status`` shows it; ``ready`` is only asked of a living one."""

    name: str
    pid: int | None
    alive: bool
    address: str
    ready: bool


def up(
    settings: Settings,
    only: Collection[str] | None = None,
    env: Mapping[str, str] | None = None,
    report: Callable[[str], None] = lambda _line: None,
) -> Settings:
    """Start every process that is not alive, wait until all are ready and write ``endpoints.json``.

    ``only`` names the processes to care for (all when None). ``env`` are further variables for every process, such
    as ``HAILONG_CLOCK``. While any process of the stack lives, the environment it was started with holds, whatever
    ``settings`` and ``env`` say. ``report`` gets a line for each step. Tables and topics are brought up to date
    whenever a process that needs them is among those cared for and any was started.
    Returns the settings in force; raises StackError.
    """
    settings, variables = in_force(settings, env or {}, _any_alive(settings))
    launch = _Launch(settings, variables, report)
    chosen = [process for process in PROCESSES if only is None or process.name in only]
    for process in chosen:
        if launch.daemon(process).pid() is None:
            for host, port, setting in _listening(settings, process):
                require_free_port(host, port, setting)
    stores = [process for process in chosen if not process.needs_schema]
    services = [process for process in chosen if process.needs_schema]
    launch.bring_up(stores)
    if services and (launch.started or any(launch.daemon(process).pid() is None for process in services)):
        report("bringing tables and topics up to date")
        _migrate(settings, variables)
    launch.bring_up(services)
    write_endpoints(settings)
    report("ready")
    return settings


def down(settings: Settings) -> None:
    """Stop every process of the stack, the last started first, and forget its environment."""
    state_dir = settings.state_dir.resolve()
    for process in reversed(PROCESSES):
        Daemon(state_dir, process.name).stop(STOP_TIMEOUT_S)
    forget(state_dir)


def status(settings: Settings) -> list[Row]:
    """Every process of the stack, in the order of starting."""
    settings, _variables = in_force(settings, {}, _any_alive(settings), keep=False)
    rows = []
    for process in PROCESSES:
        pid = Daemon(settings.state_dir, process.name).pid()
        address = " ".join(str(getattr(settings, field)) for field in process.addresses)
        rows.append(Row(process.name, pid, pid is not None, address, pid is not None and process.ready(settings)))
    return rows


def _any_alive(settings: Settings) -> bool:
    return any(Daemon(settings.state_dir.resolve(), process.name).pid() for process in PROCESSES)


class _Launch:
    """One call of ``up``: what it started, to keep a process that died by itself apart from one killed before."""

    def __init__(self, settings: Settings, variables: Mapping[str, str], report: Callable[[str], None]) -> None:
        self.started: set[str] = set()
        self._settings = settings
        self._variables = variables
        self._report = report

    def daemon(self, process: Process) -> Daemon:
        return Daemon(self._settings.state_dir, process.name)

    def bring_up(self, processes: Sequence[Process]) -> None:
        """Start those that are not alive, together, and wait until every one is ready."""
        for process in processes:
            if self.daemon(process).pid() is None:
                self._start(process)
        for process in processes:
            self._wait_ready(process)

    def _start(self, process: Process) -> None:
        self._report(f"starting {process.name}")
        self.daemon(process).start(process.command(self._settings), self._variables)
        self.started.add(process.name)

    def _wait_ready(self, process: Process) -> None:
        daemon = self.daemon(process)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            if daemon.pid() is None:
                if process.name in self.started:
                    ended = f"{process.name} ended while starting"
                    raise StackError(f"{ended}; the end of {daemon.log}:\n{daemon.log_tail()}")
                self._start(process)  # it was killed a moment ago and only now left the process table
            elif process.ready(self._settings):
                return
            if time.monotonic() > deadline:
                late = f"{process.name} was not ready within {READY_TIMEOUT_S:.0f} s"
                raise StackError(f"{late}; the end of {daemon.log}:\n{daemon.log_tail()}")
            time.sleep(POLL_INTERVAL_S)


def _migrate(settings: Settings, environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "commands.main", "migrate"]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=MIGRATE_TIMEOUT_S
        )
    except subprocess.TimeoutExpired as error:
        raise StackError(f"hailong migrate did not end within {MIGRATE_TIMEOUT_S:.0f} s") from error
    if done.returncode != 0:
        output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise StackError(f"hailong migrate failed against {settings.clickhouse_url} and {settings.kafka}:\n{output}")


def _listening(settings: Settings, process: Process) -> list[tuple[str, int, str]]:
    """Host, port and variable of each address of a process."""
    listening = []
    for field in process.addresses:
        value = getattr(settings, field)
        host, port = _host_port(settings.kafka)[0], value
        if isinstance(value, str):
            host, port = _host_port(value)
        listening.append((host, port, f"HAILONG_{field.upper()}"))
    return listening


def _host_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.hostname not in ("127.0.0.1", "localhost", "::1") or parts.port is None:
        raise StackError(f"the local stack listens on the loopback only, not on {address}; name 127.0.0.1 and a port")
    return parts.hostname, parts.port
