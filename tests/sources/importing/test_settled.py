"""The wait for the store, against a small HTTP server that answers as the read API does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest
from pydantic import SecretStr

from runtime.settings import Settings
from sources.wait_until_stored import Counts, NotReachable, WaitResult, counts_now, wait_until_stored
from tests.support import free_port, serving

KEY = SecretStr("key-of-the-tests")


Answer = tuple[int, int] | None
"""Rows and those of them in every figure; None is a store that is away (503)."""
LOG = """
# TYPE hailong_stream_log_messages gauge
hailong_stream_log_messages{{topic="hailong.events",state="in_hand"}} {in_hand}
hailong_stream_log_messages{{topic="hailong.events",state="unread"}} {unread}
"""


@contextmanager
def answering(*answers: Answer, log: Iterable[tuple[int, int]] | None = None) -> Iterator[Settings]:
    """An API with these counts, one after the other, the last for ever; ``log`` is what the stream has in hand and has
    not read, likewise. Without it nobody answers in the stream's place.
    """
    waiting, work = list(answers), list(log or ())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                in_hand, unread = work.pop(0) if len(work) > 1 else work[0]
                self._answer(200, LOG.format(in_hand=in_hand, unread=unread))
                return
            counts = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            rows, stored = counts or (0, 0)
            self._answer(503 if counts is None else 200, json.dumps({"rows": rows, "stored": stored}))

        def _answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with serving(Handler) as address:
        stream = address if log else f"http://127.0.0.1:{free_port()}"
        yield Settings(api_url=address, stream_url=stream, api_key=KEY)


def wait(
    settings: Settings, accepted: int, *, stall_s: float = 30, before: Counts | None = None
) -> tuple[WaitResult, list[int], list[str]]:
    counts, doings = list[int](), list[str]()

    def show(stored: int, doing: str) -> None:
        counts.append(stored)
        doings.append(doing)

    return wait_until_stored(settings, "import/x", accepted, show, before, stall_s), counts, doings


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.wait_until_stored.POLL_S", 0.02)
    monkeypatch.setattr("sources.wait_until_stored.QUIET_S", 0.1)


def test_the_wait_ends_when_all_are_in_every_figure() -> None:
    with answering((0, 0), (7, 4), (7, 7)) as settings:
        assert wait(settings, 7)[:2] == (WaitResult(Counts(7, 7)), [0, 4, 7])


def test_a_store_that_is_away_for_a_while_is_waited_for_and_told() -> None:
    with answering((3, 3), None, None, (7, 7)) as settings:
        settled, counts, doings = wait(settings, 7)
    assert (settled.counts.stored, counts) == (7, [3, 3, 3, 7])
    assert doings[1] == "the store does not answer; waiting for it"


def test_a_stream_that_works_is_no_store_that_stands_still() -> None:
    with answering(*[(7, 0)] * 40, (7, 7), log=[(7, 2)] * 40 + [(0, 0)]) as settings:
        settled, _, doings = wait(settings, 7, stall_s=0.1)
    assert settled == WaitResult(Counts(7, 7))
    assert doings[0] == "the stream works on 7 messages, 2 more are before it"


def test_counts_that_stand_still_end_the_wait_with_the_reason() -> None:
    with answering((3, 3)) as settings:
        settled, _, _ = wait(settings, 7, stall_s=0.2)
        assert settled.counts == Counts(3, 3)
        assert f"the stream at {settings.stream_url} does not answer" in settled.reason
    with answering((3, 3), log=[(0, 0)]) as settings:
        assert "4 events still wait in ingest's outbox" in wait(settings, 7, stall_s=0.2)[0].reason
    with answering((7, 3), log=[(0, 0)]) as settings:
        assert "4 are in no figure yet" in wait(settings, 7, stall_s=0.2)[0].reason


def test_with_former_imports_the_wait_goes_on_until_the_new_ones_are_counted() -> None:
    with answering(*[(10, 10)] * 3, *[(14, 11)] * 3, (14, 14), log=[(4, 0)] * 6 + [(0, 0)]) as settings:
        assert wait(settings, 8, before=Counts(10, 10))[0].counts == Counts(14, 14)


def test_an_api_that_is_not_there_is_told() -> None:
    nowhere = Settings(api_url=f"http://127.0.0.1:{free_port()}", api_key=KEY)
    with pytest.raises(NotReachable, match="ConnectError"):
        wait(nowhere, 7)
    assert counts_now(nowhere, "import/x") is None


def test_a_proxy_for_the_outside_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with answering((7, 7)) as settings:
        assert wait(settings, 7)[0].counts.stored == 7
