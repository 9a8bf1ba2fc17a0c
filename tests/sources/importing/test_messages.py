"""What an import says while it waits, and how it ends, against a small server in the place of all services."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console

from runtime.ingest_client import IngestError
from runtime.settings import Settings
from sources.importing.importer import run
from sources.send_all import send_with_progress
from tests.support import free_port, serving

MAPPING = """
mapping: thu
rows: case
case: Số
unit: {constant: X1}
time: {zone: Asia/Ho_Chi_Minh, formats: "%d/%m/%Y"}
events:
  - {event: dossier.accepted, time: Nhận}
"""


class World:
    """Ingest, read API and stream in one: ``away`` answers 503 so many times; then all is taken, or ``refused``."""

    def __init__(self) -> None:
        self.away = 0
        self.refused: dict[str, str] = {}
        self.stored = True
        self.ids: set[str] = set()
        self.work = (0, 0)

    def take(self, lines: list[bytes]) -> tuple[int, dict[str, Any]]:
        if self.away:
            self.away -= 1
            return 503, {"detail": "full"}
        if self.refused:
            return 202, {
                "accepted": 0,
                "rejected": [{"index": n, "id": None, **self.refused} for n in range(len(lines))],
            }
        self.ids |= {json.loads(line)["id"] for line in lines}
        return 202, {"accepted": len(lines), "rejected": []}

    def tell(self, path: str) -> str:
        if path.startswith("/v1/counts"):
            return json.dumps({"rows": len(self.ids), "stored": len(self.ids) if self.stored else 0})
        if path.startswith("/v1/reference"):
            return json.dumps({"events": []})
        name = "hailong_stream_log_messages"
        states = zip(("in_hand", "unread"), self.work, strict=True)
        return "".join([f"# TYPE {name} gauge\n", *(f'{name}{{topic="t",state="{s}"}} {n}\n' for s, n in states)])


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def settings(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(200, world.tell(self.path))

        def do_POST(self) -> None:
            status, answer = world.take(self.rfile.read(int(self.headers["Content-Length"])).splitlines())
            self._answer(status, json.dumps(answer))

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    monkeypatch.setattr("sources.wait_until_stored.POLL_S", 0.02)
    monkeypatch.setattr("sources.wait_until_stored.QUIET_S", 0.1)
    monkeypatch.setattr("sources.wait_until_stored.STALL_S", 0.2)
    monkeypatch.setattr("sources.wait_until_stored.WORKING_STALL_S", 0.4)
    monkeypatch.setattr("runtime.progress.LINE_EVERY_S", 0.0)
    monkeypatch.setenv("COLUMNS", "200")
    with serving(Handler) as url:
        key = SecretStr("key-of-the-tests")
        yield Settings(state_dir=tmp_path, api_url=url, ingest_url=url, stream_url=url, api_key=key)


def imported(settings: Settings, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    folder = settings.state_dir
    (folder / "map.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "so.csv").write_text("Số,Nhận\n1,02/05/2024\n2,02/05/2024\n", encoding="utf-8")
    code = run(settings, folder / "so.csv", folder / "map.yaml")
    return code, capsys.readouterr().out


def test_an_ingest_that_takes_nothing_is_told_at_once(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    world.away = 1
    code, text = imported(settings, capsys)
    assert code == 0
    assert f"ingest at {settings.ingest_url} does not take events (503" in text
    assert "trying again for 300 s" in text


def test_that_all_was_known_is_told(world: World, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert "none: all of it was known already" not in imported(settings, capsys)[1]
    code, text = imported(settings, capsys)
    assert code == 0
    assert "none: all of it was known already, nothing was changed" in text
    assert len(world.ids) == 2


def test_a_stream_that_works_on_them_is_told_and_the_exit_code_says_that_not_all_is_counted(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    world.stored, world.work = False, (2, 5)
    code, text = imported(settings, capsys)
    assert code == 3
    assert "the stream works on 2 messages, 5 more are before it" in text
    assert "2 of 2 events are not in the figures yet" in text
    assert "the stream still works on 7 messages" in text


def test_without_a_stream_the_reason_names_it(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    world.stored = False
    gone = settings.model_copy(update={"stream_url": f"http://127.0.0.1:{free_port()}"})
    code, text = imported(gone, capsys)
    assert code == 3
    assert f"the stream at {gone.stream_url} does not answer" in text


def test_that_nothing_of_the_first_batch_was_taken_is_told_at_once(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    world.refused = {"reason": "unknown_unit", "detail": "data.unit: no unit has the code 'X1'"}
    code, text = imported(settings, capsys)
    assert code == 1
    assert "none of the first 2 events was taken: unknown_unit: data.unit: no unit has the code 'X1'" in text
    assert "so.csv: line 2, case 1, column constant: unknown_unit" in text


def test_a_simulation_without_units_ends_after_the_first_batch(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.ingest_client.BATCH_EVENTS", 2)
    world.refused = {"reason": "unknown_unit", "detail": "data.unit: no unit has the code 'X1'"}
    events = iter([b"{}"] * 100)
    with pytest.raises(IngestError, match=r"none of 2 events: unknown_unit: .*hailong reference load"):
        send_with_progress(settings, events, 100, Console(file=io.StringIO()), "events", "")
    assert len(list(events)) >= 94
