"""The stack of the fault tests: every process may be killed, frozen or scripted, every hop between them made ill."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from confluent_kafka import Consumer, TopicPartition
from pydantic import SecretStr

from contract.topics import EVENTS, REFERENCE
from local import kafka
from local.processes import Daemon
from runtime.kafka import create_topics
from senders.client import IngestClient
from tests.faults.child import CLOCK, SCRIPT
from tests.faults.known import QUIET_DEFINITIONS, Event, Truth, lines, quiet_batch
from tests.faults.proxy import Proxy
from tests.support import own_settings, wait_until
from warehouse.client import connect
from warehouse.migrate import migrate

SERVICES = ("ingest", "stream", "api")
NAMES = ("kafka", "clickhouse", *SERVICES)
READY_S = 60.0
SETTLED_S = 60.0
PATIENCE_S = 60.0
BATCH = 60
# One for all: making one costs as much as a dozen requests. None outlives its request, as processes come and go.
HTTP = httpx.Client(timeout=20, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


class Harness:
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
        self.door = f"http://127.0.0.1:{self.hops['ingest'].port}"
        self.key = self.inner.api_key.get_secret_value()
        self.truths: list[Truth] = []
        self._changed: dict[str, dict[str, Any]] = {}
        self._quiet = count(1)

    # ---- its processes -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts all, with tables, topics and a quiet place."""
        self.revive("kafka", "clickhouse")
        server = connect(self.inner, database="default")
        migrate(server, self.inner.clickhouse_database)
        server.close()
        create_topics(self.inner)
        self.store = connect(self.inner)
        self.revive()
        self.send(QUIET_DEFINITIONS)

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
                return [sys.executable, "-m", "tests.faults.child", name.partition("-")[0], name]

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

    # ---- what goes in and comes out ------------------------------------------------------------------------------

    def send(self, events: Sequence[Event], truth: Truth | None = None, patience_s: float = PATIENCE_S) -> list[Any]:
        """Sends events in small batches until each is answered; the rejected entries. ``truth`` notes what it heard."""
        rejected: list[Any] = []
        with IngestClient(self.door, self.key, patience_s=patience_s) as client:
            for start in range(0, len(events), BATCH):
                batch = events[start : start + BATCH]
                ids = {body["id"] for body in batch if truth and body["source"] == truth.source}
                if truth:
                    truth.sent |= ids
                answer = client.post(lines(batch))
                rejected += answer["rejected"]
                refused = {batch[entry["index"]]["id"] for entry in answer["rejected"]}
                assert answer["accepted"] + len(answer["rejected"]) == len(batch)
                if truth:
                    truth.acknowledged |= ids - refused
        return rejected

    @contextmanager
    def sending(self, events: Sequence[Event], truth: Truth, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Sends beside what is done in the block; at its end all was answered."""
        with ThreadPoolExecutor(1) as sender:
            sent = sender.submit(self.send, events, truth, patience_s)
            yield
            assert sent.result(timeout=2 * patience_s) == []

    def post(self, events: Iterable[Event]) -> httpx.Response:
        """One request, tried once."""
        return self.post_lines(lines(events))

    def post_lines(self, some: Iterable[bytes]) -> httpx.Response:
        """One request of lines that need not be events, tried once."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        url = f"{self.door}/v1/events"
        return HTTP.post(url, content=b"\n".join(some), headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        """The read API's answer."""
        answer = HTTP.get(f"{self.inner.api_url}{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def metric(self, name: str, of: str = "ingest_url") -> float:
        """One figure that a process tells about itself."""
        text = HTTP.get(f"{getattr(self.inner, of)}/metrics").text
        return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} "))

    def settle(self, timeout_s: float = SETTLED_S) -> None:
        """Waits until all that was acknowledged is in Kafka and all that is in Kafka is committed, twice over.

        The second time for a quiet batch, behind which nothing can still be under way.
        """
        self._wait_committed(timeout_s)
        self.send(quiet_batch(next(self._quiet)))
        self._wait_committed(timeout_s)

    def wait_delivered(self, timeout_s: float = SETTLED_S) -> None:
        """Waits until Kafka has all that ingest took."""
        wait_until(lambda: self.metric("hailong_outbox_pending_events") == 0, timeout_s, pause_s=0.05)

    def _wait_committed(self, timeout_s: float) -> None:
        self.wait_delivered(timeout_s)
        asking = Consumer(
            {"bootstrap.servers": self.settings.kafka, "group.id": self.settings.stream_group, "log_level": 2}
        )
        try:
            places = [(REFERENCE, 0), *((EVENTS, number) for number in range(self.settings.kafka_partitions))]
            ends = {}
            for place in places:
                ends[place] = asking.get_watermark_offsets(TopicPartition(*place), timeout=20)[1]
            open_places = [TopicPartition(*place) for place, end in ends.items() if end]

            behind: dict[tuple[str, int], tuple[int, int]] = {}

            def committed() -> bool:
                behind.clear()
                for place in asking.committed(open_places, timeout=20):
                    if place.offset < (end := ends[place.topic, place.partition]):
                        behind[place.topic, place.partition] = place.offset, end
                return not behind

            try:
                wait_until(committed, timeout_s, pause_s=0.05)
            except AssertionError as late:
                raise AssertionError(f"the stream stands still (committed, end): {behind}") from late
        finally:
            asking.close()


def is_ok(url: str) -> bool:
    """Whether an address answers 200."""
    try:
        return HTTP.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
