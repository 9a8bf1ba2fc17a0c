"""The wait for the store, against a small HTTP server that answers as the read API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from runtime.settings import Settings
from senders.settled import NotReachable, wait_until_stored
from tests.support import free_port

KEY = SecretStr("key-of-the-tests")


@contextmanager
def answering(*answers: int | None) -> Iterator[Settings]:
    """An API whose counts are these, one after the other, the last for ever; None is a store that is away (503)."""
    waiting = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stored = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(503 if stored is None else 200)
            self.end_headers()
            self.wfile.write(json.dumps({"stored": stored}).encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield Settings(api_url=f"http://127.0.0.1:{server.server_port}", api_key=KEY)
        server.shutdown()


def counts(settings: Settings, accepted: int, stall_s: float = 30) -> tuple[int, list[int]]:
    told: list[int] = []
    return wait_until_stored(settings, "import/x", accepted, told.append, stall_s), told


def test_the_wait_ends_when_all_are_stored() -> None:
    with answering(0, 4, 7) as settings:
        assert counts(settings, 7) == (7, [0, 4, 7])


def test_a_store_that_is_away_for_a_while_is_waited_for() -> None:
    with answering(3, None, None, 7) as settings:
        assert counts(settings, 7) == (7, [3, 3, 3, 7])


def test_a_count_that_stands_still_ends_the_wait() -> None:
    with answering(3) as settings:
        assert counts(settings, 7, stall_s=0.3)[0] == 3


def test_an_api_that_is_not_there_is_told() -> None:
    with pytest.raises(NotReachable, match="ConnectError"):
        counts(Settings(api_url=f"http://127.0.0.1:{free_port()}", api_key=KEY), 7)
