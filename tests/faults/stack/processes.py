"""The processes of the fault tests' stack: each may be killed, frozen or scripted, every hop between them made ill."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from local import kafka
from local.processes import Daemon
from runtime.kafka import create_topics
from tests.faults.stack.child import CLOCK, SCRIPT
from tests.faults.stack.proxy import Proxy
from tests.support import own_settings, wait_until
from warehouse.client import connect
from warehouse.migrate import migrate

SERVICES = ("ingest", "stream", "api")
NAMES = ("kafka", "clickhouse", *SERVICES)
READY_S = 60.0
# One for all: making one costs as much as a dozen requests. None outlives its request, as processes come and go.
HTTP = httpx.Client(timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class Processes:
    """One stack. ``settings`` are those of its services, which meet through the proxies ``hops``: senders to ingest,
    services to Kafka, services to ClickHouse. ``inner`` are the addresses behind them."""

    def __init__(self, state_dir: Path, **values: Any) -> None:
        self.inner = own_settings(state_dir.resolve(), **values)
        self.hops = {
            "ingest": Proxy(urlsplit(self.inner.ingest_url).port or 0),
            "kafka": Proxy(int(self.inner.kafka.rpartition(":")[2])),
            "clickhouse": Proxy(urlsplit(self.inner.clickhouse_url).port or 0),
        }
        self.settings = self.inner.model_copy(
            update={
                "kafka": f"127.0.0.1:{self.hops['kafka'].port}",
                "clickhouse_url": f"http://127.0.0.1:{self.hops['clickhouse'].port}",
            }
        )
        self._changed: dict[str, dict[str, Any]] = {}

    def start(self) -> None:
        """Starts all, with tables and topics."""
        self.revive("kafka", "clickhouse")
        server = connect(self.inner, database="default")
        migrate(server, self.inner.clickhouse_database)
        server.close()
        create_topics(self.inner)
        self.store = connect(self.inner)
        self.revive()

    def stop(self) -> None:
        """Ends everything."""
        for hop in self.hops.values():
            hop.heal()
        for name in ("stream-1", *reversed(NAMES)):
            self.daemon(name).stop(timeout_s=10)
        for hop in self.hops.values():
            hop.close()

    def daemon(self, name: str) -> Daemon:
        """One of its processes."""
        return Daemon(self.inner.state_dir, name)

    def thaw(self, name: str) -> None:
        """Lets one go on that was stopped."""
        os.kill(self.pid(name), signal.SIGCONT)

    def revive(self, *names: str, timeout_s: float = READY_S) -> None:
        """Starts those (all when none is named) that do not run, and waits until they serve."""
        chosen = names or NAMES
        for name in chosen:
            if self.daemon(name).pid() is None:
                self.daemon(name).start(self._command(name), self.environment(name))
        for name in chosen:
            wait_until(lambda name=name: self._ready(name), timeout_s, pause_s=0.05)  # type: ignore[misc]

    def pid(self, name: str) -> int:
        """The process id of one that runs."""
        pid = self.daemon(name).pid()
        assert pid, f"{name} does not run: {self.daemon(name).log_tail()}"
        return pid

    def kill(self, name: str) -> None:
        """Ends one as a power cut would."""
        os.kill(self.pid(name), signal.SIGKILL)
        wait_until(lambda: self.daemon(name).pid() is None, 10, pause_s=0.01)

    def end(self, name: str) -> None:
        """Ends one in good order."""
        self.daemon(name).stop(timeout_s=20)

    @contextmanager
    def running_with(self, name: str, **values: Any) -> Iterator[None]:
        """One of them started anew with other settings; with its own again afterwards."""
        self.end(name)
        self._changed[name] = values
        try:
            self.revive(name)
            yield
        finally:
            del self._changed[name]
            self.end(name)
            self.revive(name)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """One of them stopped by the scheduler, alive and deaf."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def script(self, name: str, place: str, victim: str = "", signal_number: int = signal.SIGKILL) -> Path:
        """Tells a process what to do when it is next at ``place``; the file returned is there once it was done."""
        folder = self.inner.state_dir / "scripts" / name
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / SCRIPT
        done = path.with_suffix(".done")
        done.unlink(missing_ok=True)
        told = {"place": place, "pid": self.pid(victim) if victim else 0, "signal": signal_number}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(told))
        fresh.replace(path)
        return done

    def forget_scripts(self) -> None:
        """Takes back what was scripted and did not happen."""
        for path in (self.inner.state_dir / "scripts").glob(f"*/{SCRIPT}"):
            path.unlink()

    def shift_clock(self, seconds: float) -> None:
        """Sets ingest's clock this much off the wall's, at once."""
        fresh = self.inner.state_dir / f"{CLOCK}.new"
        fresh.write_text(str(seconds))
        fresh.replace(self.inner.state_dir / CLOCK)

    def _command(self, name: str) -> list[str]:
        folder = self.inner.state_dir
        match name:
            case "kafka":
                return self._kafka_command()
            case "clickhouse":
                port = str(urlsplit(self.inner.clickhouse_url).port)
                data = str(folder / "data" / "clickhouse")
                return [sys.executable, "-m", "local.clickhouse", "--path", data, "--port", port]
            case _:
                return [sys.executable, "-m", "tests.faults.stack.child", name.partition("-")[0], name]

    def _kafka_command(self) -> list[str]:
        host, _, port = self.inner.kafka.partition(":")
        data = self.inner.state_dir / "data" / "kafka"
        command = kafka.command(self.inner.state_dir, host, int(port), self.inner.kafka_controller_port, data)
        # Clients go where the broker says it is: through the proxy.
        properties = Path(command[-1])
        advertised = f"advertised.listeners=PLAINTEXT://{self.inner.kafka}"
        text = properties.read_text()
        assert advertised in text
        properties.write_text(text.replace(advertised, f"advertised.listeners=PLAINTEXT://{self.settings.kafka}"))
        return command

    def environment(self, name: str) -> dict[str, str]:
        """The variables that one of them is started with."""
        values = self.settings.model_dump() | self._changed.get(name, {})
        if name == "stream-1":
            values |= {"stream_instance": name, "stream_url": self.inner.dashboards_url}
        ours = {
            f"HAILONG_{field.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for field, value in values.items()
        }
        others = {field: value for field, value in os.environ.items() if not field.startswith("HAILONG_")}
        return {**others, **ours}

    def _ready(self, name: str) -> bool:
        match name:
            case "kafka":
                return kafka.answers(self.inner.kafka)
            case "clickhouse":
                return is_ok(f"{self.inner.clickhouse_url}/ping")
            case "ingest":
                return is_ok(f"{self.inner.ingest_url}/readyz")
            case "stream":
                return is_ok(f"{self.inner.stream_url}/metrics")
            case "stream-1":
                return is_ok(f"{self.inner.dashboards_url}/metrics")
            case _:
                return is_ok(f"{self.inner.api_url}/readyz")


def is_ok(url: str) -> bool:
    """Whether an address answers 200."""
    try:
        return HTTP.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
