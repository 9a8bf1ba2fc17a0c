"""The stack on this machine: which processes there are, how each is started, and how it tells that it is ready."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from contract.devices import device_token
from local import kafka
from local.processes import Daemon, StackError, require_free_port
from runtime.settings import Settings

READY_TIMEOUT_S = 90.0
STOP_TIMEOUT_S = 15.0
MIGRATE_TIMEOUT_S = 180.0
POLL_INTERVAL_S = 0.1
DEMO_DEVICE = "TAB-H26-01-1"


def _kafka_command(settings: Settings) -> list[str]:
    host, port = _host_port(settings.kafka)
    data = settings.state_dir / "data" / "kafka"
    return kafka.command(settings.state_dir, host, port, settings.kafka_controller_port, data)


def _clickhouse_command(settings: Settings) -> list[str]:
    port = _host_port(settings.clickhouse_url)[1]
    data = settings.state_dir / "data" / "clickhouse"
    return [sys.executable, "-m", "local.clickhouse", "--path", str(data), "--port", str(port)]


def _cli(name: str) -> Callable[[Settings], list[str]]:
    return lambda _settings: [sys.executable, "-m", "runtime.cli", name]


def _ok(field: str, path: str) -> Callable[[Settings], bool]:
    return lambda settings: _get_ok(getattr(settings, field) + path)


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


def _stream_ready(_settings: Settings) -> bool:
    return True  # it listens nowhere: to be alive is all it can show


def _dashboards_ready(settings: Settings) -> bool:
    return _get_ok(f"{settings.api_url}/readyz") and _get_ok(f"{settings.dashboards_url}/_stcore/health")


# The stack, in the order of starting: name, command line, where it listens, how it tells that it is ready.
PROCESSES = (
    Process("kafka", _kafka_command, ("kafka", "kafka_controller_port"), _kafka_ready, needs_schema=False),
    Process("clickhouse", _clickhouse_command, ("clickhouse_url",), _ok("clickhouse_url", "/ping"), needs_schema=False),
    Process("ingest", _cli("ingest"), ("ingest_url",), _ok("ingest_url", "/readyz")),
    Process("stream", _cli("stream"), (), _stream_ready),
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
    settings, variables = _in_force(settings, env or {})
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
    _write_private(settings.state_dir / "endpoints.json", _endpoints(settings))
    report("ready")
    return settings


def down(settings: Settings) -> None:
    """Stop every process of the stack, the last started first, and forget its environment."""
    state_dir = settings.state_dir.resolve()
    for process in reversed(PROCESSES):
        Daemon(state_dir, process.name).stop(STOP_TIMEOUT_S)
    for name in ("stack.json", "endpoints.json"):
        (state_dir / name).unlink(missing_ok=True)


def status(settings: Settings) -> list[Row]:
    """Every process of the stack, in the order of starting."""
    settings, _variables = _in_force(settings, {}, keep=False)
    rows = []
    for process in PROCESSES:
        pid = Daemon(settings.state_dir, process.name).pid()
        address = " ".join(str(getattr(settings, field)) for field in process.addresses)
        rows.append(Row(process.name, pid, pid is not None, address, pid is not None and process.ready(settings)))
    return rows


def _in_force(settings: Settings, env: Mapping[str, str], *, keep: bool = True) -> tuple[Settings, dict[str, str]]:
    """The settings and the whole environment of the stack: those of its living processes, or else these ones."""
    state_dir = settings.state_dir.resolve()
    kept = state_dir / "stack.json"
    if kept.exists() and any(Daemon(state_dir, process.name).pid() for process in PROCESSES):
        ours = json.loads(kept.read_text())
    else:
        ours = {**_variables(settings), **env}
        ours["HAILONG_API_KEY"] = ours["HAILONG_API_KEY"] or (_api_key(state_dir) if keep else "")
        if keep:
            _write_private(kept, ours)
    values = {name: ours[f"HAILONG_{name.upper()}"] for name in Settings.model_fields}
    others = {name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")}
    return Settings.model_validate(values), {**others, **ours}


def _variables(settings: Settings) -> dict[str, str]:
    values = settings.model_dump()
    values["state_dir"] = settings.state_dir.resolve()
    # A stack with a state folder of its own must not share its outbox with another one.
    own_outbox = settings.state_dir / "data" / "outbox.sqlite"
    values["outbox_path"] = (
        settings.outbox_path if "outbox_path" in settings.model_fields_set else own_outbox
    ).resolve()
    return {
        f"HAILONG_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
    }


def _api_key(state_dir: Path) -> str:
    """The key of this state folder, made once."""
    path = state_dir / "secret.json"
    if not path.exists():
        _write_private(path, {"api_key": secrets.token_urlsafe(32)})
    key: str = json.loads(path.read_text())["api_key"]
    return key


def _endpoints(settings: Settings) -> dict[str, str]:
    api_key = settings.api_key.get_secret_value()
    return {
        "ingest": settings.ingest_url,
        "api": settings.api_url,
        "dashboards": settings.dashboards_url,
        "feedback": settings.feedback_url,
        "clickhouse": settings.clickhouse_url,
        "kafka": settings.kafka,
        "api_key": api_key,
        "device_token": device_token(api_key, DEMO_DEVICE),
    }


class _Launch:
    """One call of ``up``: what it started, so that what dies by itself is told from what was killed before."""

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
    command = [sys.executable, "-m", "runtime.cli", "migrate"]
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


def _get_ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def _write_private(path: Path, content: Mapping[str, str]) -> None:
    """Write JSON that only this user may read; readers see the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(content, indent=2) + "\n")
    fresh.replace(path)
