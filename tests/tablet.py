"""A tablet's page in a real browser, its own server, and a loopback door that answers as ingest does and can fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.events.envelope import AnyEvent, decode
from contract.events.refusals import Refusal
from feedback_app.app import make_app
from runtime.settings import Settings
from tests.support import Stack, free_port, paired, token_of, unit

MM = 96 / 25.4
POINT = 96 / 72
"""CSS pixels."""

SET_UP = "/?device=TAB-01&unit=H26.66.01.004&counter=Q3&name=Phường+Cửa+Nam#token=secret-01"


class Door(ThreadingHTTPServer):
    """Ingest's door. ``troubles`` are used up one a request: a status, or "hang" (stores, then does not answer).

    Heartbeats are kept apart: they come when they come, and meet no trouble.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _DoorHandler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.troubles: list[int | str] = []
        self.posts: list[tuple[float, str, list[AnyEvent]]] = []
        self.heartbeats: list[AnyEvent] = []
        self.configuration: dict[str, Any] = {"version": "default", "values": {}}
        self.refused_units: set[str] = set()
        self.closing = threading.Event()

    @property
    def ids(self) -> list[str]:
        """The id of every rating that came, repeated ones too."""
        return [str(event.id) for _, _, events in self.posts for event in events]

    @property
    def last(self) -> AnyEvent:
        """The newest rating that came."""
        return self.posts[-1][2][-1]


class _DoorHandler(BaseHTTPRequestHandler):
    server: Door

    def do_OPTIONS(self) -> None:
        self._answer(200, "")

    def do_GET(self) -> None:
        clock = {"server_time": datetime.now(UTC).isoformat(), "clock_speed": 1}
        self._answer(200, json.dumps({**clock, **self.server.configuration}))

    def do_POST(self) -> None:
        raw = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        events = [decode(json.dumps(item).encode()) for item in raw]
        beats = [read for read in events if not isinstance(read, Refusal) and read.type == "device.seen"]
        if beats:
            self.server.heartbeats += beats
            self._answer(202, json.dumps({"accepted": len(beats), "rejected": []}))
            return
        trouble = self.server.troubles.pop(0) if self.server.troubles else None
        rejected = []
        for index, read in enumerate(events):
            if isinstance(read, Refusal):
                rejected.append({"index": index, "id": read.id, "reason": read.reason, "detail": read.detail})
            elif read.data.unit in self.server.refused_units:
                detail = f"unit: {read.data.unit} is not known"
                rejected.append({"index": index, "id": str(read.id), "reason": "unknown_unit", "detail": detail})
        kept = [read for read in events if not isinstance(read, Refusal)]
        self.server.posts.append((time.monotonic(), self.headers["Authorization"], kept))
        if trouble == "hang":
            self.server.closing.wait(30)
        elif isinstance(trouble, int):
            self._answer(trouble, "{}")
        else:
            self._answer(202, json.dumps({"accepted": len(raw) - len(rejected), "rejected": rejected}))

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "Authorization, Content-Type")
        self.send_header("Access-Control-Expose-Headers", "Retry-After")
        if status == 503:
            self.send_header("Retry-After", "3")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing: requests are in ``posts``."""


class PageServer:
    """The page's own server, which can go away and come back at the same address."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._server: uvicorn.Server | None = None

    def start(self) -> None:
        """Returns when it answers."""
        port = int(self.settings.feedback_url.rpartition(":")[2])
        config = uvicorn.Config(
            make_app(self.settings), port=port, log_config=None, ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        until(lambda: self._server is not None and self._server.started)

    def stop(self) -> None:
        """Returns when the port is free."""
        if self._server:
            self._server.should_exit = True
            self._thread.join()
            self._server = None


def until(condition: Callable[[], bool], timeout_s: float = 20, page: Page | None = None) -> None:
    """Waits for a condition; the page, when given, lives on meanwhile."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        if page:
            page.wait_for_timeout(50)
        else:
            time.sleep(0.02)


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    thread = threading.Thread(target=door.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield door
    door.closing.set()
    door.shutdown()
    thread.join()
    door.server_close()


@pytest.fixture
def server(door: Door) -> Iterator[PageServer]:
    server = PageServer(Settings(feedback_url=f"http://127.0.0.1:{free_port()}", ingest_url=door.url))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def context(browser: Browser, server: PageServer) -> Iterator[BrowserContext]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, base_url=server.settings.feedback_url, has_touch=True
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tablet's page; an error in a script or against the content security policy fails the test."""
    faults: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert faults == []


def set_up(page: Page, address: str = SET_UP) -> None:
    page.goto(address)
    expect(page.get_by_role("radio").first).to_be_visible()


def offline_ready(page: Page) -> None:
    page.evaluate("() => navigator.serviceWorker.ready")


def stand_still(page: Page) -> None:
    """From here on only we move the page's clock; one that is merely installed goes on with the wall's."""
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def tap(page: Page, name: str = "Hài lòng") -> None:
    page.get_by_role("radio", name=name, exact=True).tap()
    expect(page.locator(".thanks")).to_be_visible()


def narrowest_gap(boxes: list[Any]) -> float:
    """The least distance between two of the boxes, in CSS pixels."""

    def gap(one: Any, other: Any) -> float:
        across = max(one["x"], other["x"]) - min(one["x"] + one["width"], other["x"] + other["width"])
        down = max(one["y"], other["y"]) - min(one["y"] + one["height"], other["y"] + other["height"])
        return float(max(across, down))

    return min(gap(one, other) for index, one in enumerate(boxes) for other in boxes[:index])


def known_tablet(stack: Stack, device: str, unit_code: str) -> str:
    """Tells the stack of a unit and its tablet; the tablet's set-up address."""
    assert stack.send([unit(unit_code), paired(device, unit_code)]) == []
    return f"{stack.settings.feedback_url}/?device={device}&unit={unit_code}#token={token_of(device)}"
