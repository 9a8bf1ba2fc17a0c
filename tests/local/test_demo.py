"""The demo: what it sends and when, what it says at the end, and that it leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from local import stack
from local.demo import demo
from local.demo.replay import Sent, Stop, replay
from local.demo.report import print_summary
from runtime.clock import ReplayClock
from runtime.ingest_client import IngestClient
from runtime.settings import Settings
from sources.simulation.calendar import instant, rfc3339
from sources.simulation.day import TimedEvent
from tests.support import own_settings, wait_until

MORNING = instant(date(2026, 11, 20)) + 7 * 3_600


class Door(HTTPServer):
    """Answers as ingest does, refusing every event whose id is ``bad``, and keeps what came with the time it came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.came: list[tuple[float, str]] = []


class Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Door)
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        ids = [json.loads(line)["id"] for line in lines]
        self.server.came += [(time.monotonic(), each) for each in ids]
        rejected = [{"index": n, "id": "bad", "reason": "unknown_unit"} for n, each in enumerate(ids) if each == "bad"]
        body = json.dumps({"accepted": len(ids) - len(rejected), "rejected": rejected}).encode()
        self.send_response(202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def door() -> Iterator[Door]:
    server = Door()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def events(*seconds: int) -> list[TimedEvent]:
    return [(MORNING + after, {"id": str(after)}) for after in seconds]


def clock_of(seconds: float, speed: float) -> ReplayClock:
    return ReplayClock(datetime.fromisoformat(rfc3339(MORNING)), datetime.now(UTC), speed, seconds)


def send(door: Door, day: list[TimedEvent], clock: ReplayClock, stop: Stop) -> Sent:
    with IngestClient(f"http://127.0.0.1:{door.server_port}", "key") as client:
        return replay(client, day, clock, stop, lambda _sent: None)


def test_an_event_is_sent_when_the_clock_reaches_it_and_not_before(door: Door) -> None:
    began = time.monotonic()
    sent = send(door, events(-90_000, 0, 600, 1_200), clock_of(seconds=10, speed=1_000), Stop())
    assert (sent.sent, sent.accepted) == (4, 4)
    waited = [at - began for at, _ in door.came]
    assert [event for _, event in door.came] == ["-90000", "0", "600", "1200"]
    assert waited[2] >= 0.6
    assert waited[3] >= 1.2


def test_refusals_are_counted_and_a_stop_ends_the_day(door: Door) -> None:
    stop = Stop()
    threading.Timer(1.0, stop.request).start()
    day = [(MORNING, {"id": "bad"}), *events(1, 3_600)]
    sent = send(door, day, clock_of(seconds=60, speed=10), stop)
    assert (sent.sent, sent.accepted, len(sent.refused), sent.unanswered) == (2, 1, 1, 0)


@pytest.mark.parametrize(
    ("sent", "stored", "even"),
    [
        (Sent(sent=10, accepted=9, refused=[{"reason": "unknown_unit", "detail": "unit"}]), 9, True),
        (Sent(sent=10, accepted=10), 9, False),
        (Sent(sent=10, accepted=10), 11, False),
        (Sent(sent=10, accepted=9), 9, False),
        (Sent(sent=10, accepted=10), None, False),
        (Sent(sent=10, accepted=10, unanswered=5), 15, True),
    ],
)
def test_the_balance_is_even_only_when_every_accepted_event_is_stored_once(
    sent: Sent, stored: int | None, even: bool
) -> None:
    out = Console(record=True)
    assert print_summary(out, sent, stored) is even
    printed = out.export_text()
    assert "accepted" in printed
    assert ("unknown_unit" in printed) is bool(sent.refused)


def test_seconds_must_be_positive(tmp_path: Path) -> None:
    assert demo.run(own_settings(tmp_path), seconds=0, seed=1) == 2


def environment(settings: Settings) -> dict[str, str]:
    ours = {name: getattr(settings, name) for name in Settings.model_fields if name.endswith("_url")}
    ours |= {name: getattr(settings, name) for name in ("state_dir", "kafka", "kafka_controller_port")}
    return os.environ | {f"HAILONG_{name.upper()}": str(value) for name, value in ours.items()}


@contextmanager
def demo_running(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "commands.main", "demo", *arguments]
    with subprocess.Popen(
        command, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def living(settings: Settings) -> list[str]:
    ours = settings.model_copy(update={"state_dir": settings.state_dir / "demo"})
    return [row.name for row in stack.status(ours) if row.alive]


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_a_short_demo_ends_by_itself_with_an_even_balance_and_leaves_nothing_behind(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    mine = tmp_path / "data" / "mine"
    mine.parent.mkdir()
    mine.write_text("kept")
    with demo_running(settings, "--seconds", "15") as running:
        printed, _ = running.communicate(timeout=500)
    assert running.returncode == 0, printed
    for expected in ("tablet", "supervisor", "Send an event yourself", "stored", "Tỷ lệ hài lòng"):
        assert expected in printed
    assert living(settings) == []
    assert mine.read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "demo"]


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_a_demo_survives_a_killed_ingest_and_stops_on_sigterm_with_a_summary(tmp_path: Path) -> None:
    settings = own_settings(tmp_path)
    with demo_running(settings, "--seconds", "300") as running:
        pid_file = tmp_path / "run" / "ingest.pid"
        wait_until(lambda: (tmp_path / "endpoints.json").exists() or running.poll() is not None, timeout_s=240)
        again = demo.run(settings, seconds=1, seed=1)
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
        up = [sys.executable, "-m", "commands.main", "up"]
        subprocess.run(up, env=environment(settings), check=True, capture_output=True, timeout=200)
        time.sleep(10)
        running.send_signal(signal.SIGTERM)
        printed, _ = running.communicate(timeout=200)
    assert again == 2
    assert running.returncode == 0, printed
    assert "stored" in printed
    assert living(settings) == []
