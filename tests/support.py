"""What many tests need: a stack of their own, events built in one line, and patient waiting."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from clickhouse_connect.driver.client import Client
from confluent_kafka import Message
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from contract.events.envelope import canonical, decode, derived_id, recorded, replacement_id
from contract.events.refusals import Refusal
from contract.events.topics import EVENTS
from contract.links.device_token import token_hash
from local.stack import up
from runtime.ingest_client import IngestClient
from runtime.settings import Settings
from warehouse.client import connect
from warehouse.migrate import migrate
from warehouse.write.retraction import take_back
from warehouse.write.store import insert_lines, new_batch, recompute, touched_kinds

SHARED_DATA = Path(__file__).parents[2] / "shared" / "data"
NO_SHARED_DATA = f"the real logs are not here ({SHARED_DATA})"


def free_port() -> int:
    """A loopback port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_settings(state_dir: Path, **values: Any) -> Settings:
    """Settings of a stack that shares nothing with another one on this machine."""
    addresses = {
        name: f"http://127.0.0.1:{free_port()}"
        for name in ("clickhouse_url", "ingest_url", "stream_url", "api_url", "dashboards_url", "feedback_url")
    }
    return Settings(
        state_dir=state_dir,
        kafka=f"127.0.0.1:{free_port()}",
        kafka_controller_port=free_port(),
        outbox_path=state_dir / "data" / "outbox.sqlite",
        api_key=SecretStr("key-of-the-tests"),
        clickhouse_password=SecretStr("password-of-the-tests"),
        **{**addresses, **values},
    )


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a small HTTP server on loopback that answers with this handler, until the end of the block."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@dataclass
class Stack:
    """A running local stack."""

    settings: Settings

    @property
    def key(self) -> str:
        """The key of its one-stop systems."""
        return self.settings.api_key.get_secret_value()

    def send(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Sends events through ingest; the rejected entries."""
        with IngestClient(self.settings.ingest_url, self.key, patience_s=120) as client:
            return client.send([json.dumps(event).encode() for event in events]).rejected

    def get(self, path: str, **query: Any) -> Any:
        """The read API's answer as JSON; raises on an HTTP error."""
        answer = httpx.get(f"{self.settings.api_url}{path}", params=query, timeout=30, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def figures(self, unit: str, **query: Any) -> dict[str, dict[str, Any]]:
        """Indicators of a unit by id."""
        return {entry["id"]: entry for entry in self.get("/v1/indicators", unit=unit, **query)["indicators"]}

    def wait_stored(self, source: str, count: int, timeout_s: float = 60) -> None:
        """Waits until so many distinct events of a source are stored and no figure is left to be made."""
        wait_until(lambda: self.get("/v1/counts", source=source)["stored"] >= count, timeout_s)
        # The count of a unit-hour can hold an event already whose own batch has its figures still before it.
        wait_until(lambda: not sum(one["in_hand"] + one["unread"] for one in self.log_account().values()), timeout_s)

    def log_account(self) -> dict[str, dict[str, float]]:
        """Messages by topic and state, from one look at the stream's metrics."""
        answer = httpx.get(f"{self.settings.stream_url}/metrics", trust_env=False)
        found: defaultdict[str, dict[str, float]] = defaultdict(dict)
        for family in text_string_to_metric_families(answer.raise_for_status().text):
            if family.name == "hailong_stream_log_messages":
                for sample in family.samples:
                    found[sample.labels["topic"]][sample.labels["state"]] = sample.value
        return found

    def pid(self, name: str) -> int:
        """The process id of one of its processes."""
        return int((self.settings.state_dir / "run" / f"{name}.pid").read_text().split()[0])

    def kill(self, name: str) -> None:
        """Ends one process as a power cut would."""
        os.kill(self.pid(name), 9)

    def revive(self) -> None:
        """Starts what is not running, as ``hailong up`` does."""
        up(self.settings)


def wait_until(true: Callable[[], bool], timeout_s: float, pause_s: float = 0.1) -> float:
    """Seconds until ``true()``; AssertionError when that took longer than ``timeout_s``."""
    started = time.monotonic()
    while True:
        try:
            if true():
                return time.monotonic() - started
        except httpx.HTTPError as fault:
            trouble: str = repr(fault)
        else:
            trouble = "not yet"
        assert time.monotonic() - started < timeout_s, f"waited {timeout_s} s in vain: {trouble}"
        time.sleep(pause_s)


def event(
    kind: str, subject: str, time: str, *, unit: str, key: str = "", source: str = "test", **data: Any
) -> dict[str, Any]:
    """An event as a sender writes it; the same arguments give the same id."""
    identity = derived_id(source, kind, subject, time, unit, key, json.dumps(data, sort_keys=True))
    return {
        "specversion": "1.0",
        "id": identity,
        "type": kind,
        "source": source,
        "time": time,
        "subject": subject,
        "data": {"unit": unit, **data},
    }


def unit(code: str, parent: str | None = None, level: str = "service_point", **data: Any) -> dict[str, Any]:
    """The definition of a unit."""
    parts = {"name_vi": f"Đơn vị {code}", "name_en": f"Unit {code}", "level": level, "valid_from": "2010-01-01", **data}
    if parent:
        parts["parent"] = parent
    return event("unit.defined", code, "2024-01-01T00:00:00+07:00", unit=code, **parts)


def rating(unit_code: str, time: str, score: int = 4, key: str = "", **data: Any) -> dict[str, Any]:
    """A tapped rating on four faces."""
    source = data.pop("source", "test")
    parts = {"channel": "tablet", "scale": "csat4", "score": score, "device": "TAB-T", **data}
    return event("rating.submitted", "TAB-T", time, unit=unit_code, key=key, source=source, **parts)


def token_of(device: str) -> str:
    """The token that the tests give a tablet."""
    return f"token-of-{device}"


def paired(device: str, unit_code: str, time: str = "2025-07-01T00:00:00Z", **data: Any) -> dict[str, Any]:
    """The pairing of a tablet with that token."""
    return event("device.paired", device, time, unit=unit_code, token_sha256=token_hash(token_of(device)), **data)


def tapped(device: str, unit_code: str, time: str, score: int = 4, **data: Any) -> dict[str, Any]:
    """A rating as a tablet's page sends it, each one new."""
    parts = {"channel": "tablet", "scale": "csat4", "score": score, "device": device, "language": "vi", **data}
    sent = event("rating.submitted", device, time, unit=unit_code, source=f"tablet/{device}", **parts)
    return sent | {"id": str(uuid4())}


def in_place_of(former: dict[str, Any], time: str, score: int, **data: Any) -> dict[str, Any]:
    """The rating that a citizen gives of the same dossier instead."""
    data = former["data"] | {"score": score, **data, "replaces": {"id": former["id"], "time": former["time"]}}
    return former | {"id": replacement_id(UUID(former["id"])), "time": time, "data": data}


def message(value: bytes | None, place: tuple[str, int] = (EVENTS, 0), offset: int = 0) -> Message:
    """A Kafka message as the stream polls it."""
    return Message(topic=place[0], partition=place[1], offset=offset, value=value)


@contextmanager
def own_store(engine: Settings, database: str) -> Iterator[Client]:
    """A client of an empty, migrated database of this name, which several tests may read; dropped at the end."""
    with connect(engine, database="default") as client:
        migrate(client, database)
        with connect(engine, database=database) as store:
            yield store
        client.command(f"DROP DATABASE {database}")


def put(store: Client, events: Iterable[dict[str, Any]]) -> None:
    """Stores events as one batch and makes their figures, the way the stream does."""
    put_lines(store, [logged(body) for body in events])


def put_lines(store: Client, lines: Sequence[bytes]) -> None:
    """The same with events as ingest wrote them."""
    batch = new_batch()
    insert_lines(store, batch, lines)
    kinds = touched_kinds(store, [batch])
    assert "unreadable" not in kinds
    recompute(store, [batch], kinds)
    take_back(store, [batch], kinds)


def logged(body: dict[str, Any], recorded_at: datetime | None = None) -> bytes:
    """An event as ingest would write it to Kafka."""
    found = decode(json.dumps(body).encode())
    assert not isinstance(found, Refusal), found
    return recorded(canonical(found), recorded_at or datetime.now(UTC), "system")
