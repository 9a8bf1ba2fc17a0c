"""The sender's connection to ingest: what it waits for, how long, and by which way it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from runtime.addresses import uses_proxy
from runtime.ingest_client import (
    Absence,
    AsyncIngestClient,
    IngestClient,
    IngestError,
    Rejection,
    absence_text,
    post_event,
    retry_after_s,
)
from tests.support import free_port, serving

NOW = datetime(2026, 11, 30, 10, 56, 25, tzinfo=UTC)
TAKEN: tuple[int, dict[str, str], str] = (202, {}, json.dumps({"accepted": 1, "rejected": []}))


@contextmanager
def door(*answers: tuple[int, dict[str, str], str]) -> Iterator[tuple[str, list[str]]]:
    """The address of a server that gives these answers one after the other, the last for ever, and what it was sent."""
    waiting, received = list(answers), list[str]()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            status, headers, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with serving(Handler) as address:
        yield address, received


def retry_after(text: str, **others: str) -> float | None:
    return retry_after_s(httpx.Headers({"Retry-After": text, **others}), NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("Mon, 30 Nov 2026 10:56:55 GMT", 30),
        ("Monday, 30-Nov-26 10:56:55 GMT", 30),
        ("Mon Nov 30 10:56:55 2026", 30),
        ("Mon, 30 Nov 2026 09:00:00 GMT", 0),
        *((text, None) for text in ("", "soon", "-5", "1.5", "Mon, 99 Nov 2026 10:56:55 GMT")),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_anything_else_says_nothing(text: str, seconds: float | None) -> None:
    assert retry_after(text) == seconds


def test_a_date_is_held_against_the_answers_own_clock() -> None:
    theirs = NOW - timedelta(hours=3)
    until = format_datetime(theirs + timedelta(seconds=20), usegmt=True)
    assert retry_after(until, Date=format_datetime(theirs, usegmt=True)) == 20


@pytest.mark.parametrize("header", ["Mon, 30 Nov 2020 10:56:25 GMT", "later", "1e3", "0"])
def test_a_door_under_maintenance_is_waited_for_whatever_it_says(header: str) -> None:
    with door((503, {"Retry-After": header}, ""), TAKEN) as (url, received), IngestClient(url, "key") as client:
        assert client.send([b"{}"]).accepted == 1
    assert received == ["{}", "{}"]


def test_a_wait_beyond_the_patience_ends_with_it() -> None:
    busy = (503, {"Retry-After": "99999999"}, "busy")
    failure = pytest.raises(IngestError, match="no answer in 0 s")
    with door(busy) as (url, received), IngestClient(url, "key", patience_s=0.3) as client, failure:
        client.send([b"{}"])
    assert len(received) == 2


def test_what_is_waited_for_is_told_at_once() -> None:
    absences: list[Absence] = []
    url = f"http://127.0.0.1:{free_port()}"
    with IngestClient(url, "key", patience_s=0.5, on_absence=absences.append) as client, pytest.raises(IngestError):
        client.send([b"{}"])
    (absence,) = absences
    assert absence.left_s > 0.3
    assert f"ingest at {url} does not take events (ConnectError" in absence_text(absence)


def test_the_next_batch_is_not_waited_for_when_one_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.ingest_client.BATCH_EVENTS", 1)
    absences: list[Absence] = []
    url = f"http://127.0.0.1:{free_port()}"
    with IngestClient(url, "key", patience_s=0.3, on_absence=absences.append) as client, pytest.raises(IngestError):
        client.send([b"1", b"2", b"3"])
    assert len(absences) == 1


@pytest.mark.parametrize("url", ["127.0.0.1:18080", "ftp://127.0.0.1:1", "http://127.0.0.1:bad"])
def test_an_address_that_is_none_is_told_at_once(url: str) -> None:
    with pytest.raises((IngestError, httpx.InvalidURL)), IngestClient(url, "key") as client:
        client.send([b"{}"])


@pytest.mark.parametrize("body", ["<html>sign in</html>", "[]", "{}", '{"accepted": "all", "rejected": 0}'])
def test_another_server_in_ingests_place_is_told(body: str) -> None:
    failure = pytest.raises(IngestError, match="what answers there is not ingest")
    with door((202, {}, body)) as (url, _), IngestClient(url, "key") as client, failure:
        client.send([b"{}"])


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_the_key_goes_to_no_proxy_when_ingest_is_on_this_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with door(TAKEN) as (proxy, at_proxy), door(TAKEN) as (url, at_ingest):
        monkeypatch.setenv(name, proxy)
        with IngestClient(url, "key") as client:
            assert client.send([b"{}"]).accepted == 1
    assert (at_proxy, at_ingest) == ([], ["{}"])


@pytest.mark.parametrize(
    ("url", "outside"),
    [
        *((f"http://{host}:18080", False) for host in ("127.0.0.1", "127.8.0.1", "localhost", "[::1]", "[::]")),
        *((f"http://{host}:18080", False) for host in ("10.1.2.3", "172.20.0.4", "192.168.1.9", "[fd00::5]", "ingest")),
        *((f"http://{host}", False) for host in ("169.254.1.1", "[::ffff:10.0.0.1]", "ingest.local", "A.INTERNAL.")),
        *((f"https://{host}", True) for host in ("hailong.hanoi.gov.vn", "8.8.8.8", "[2001:4860:4860::8888]")),
        ("https://localhost.example.com", True),
    ],
)
def test_only_hosts_outside_are_reached_through_the_proxy(url: str, outside: bool) -> None:
    assert uses_proxy(url) is outside


REFUSED = json.dumps(
    {"accepted": 0, "rejected": [{"index": 0, "id": None, "reason": "unknown_unit", "detail": "no X"}]}
)


def test_one_event_is_sent_by_one_try_and_its_rejection_comes_back() -> None:
    with door(TAKEN, (202, {}, REFUSED), (503, {}, "busy")) as (url, received):
        assert post_event(url, "key", {"id": "1"}) is None
        assert str(post_event(url, "key", {"id": "2"})) == "unknown_unit: no X"
        with pytest.raises(IngestError, match="503"):
            post_event(url, "key", {"id": "3"})
    assert [json.loads(body) for body in received] == [{"id": "1"}, {"id": "2"}, {"id": "3"}]


def test_a_service_sends_one_event_or_several_and_learns_of_the_first_rejection() -> None:
    async def send(url: str) -> list[Rejection | None]:
        client = AsyncIngestClient(url, "key")
        return [await client.post([{"id": "1"}]), await client.post([{"id": "2"}, {"id": "3"}])]

    with door(TAKEN, (202, {}, REFUSED)) as (url, received):
        assert asyncio.run(send(url)) == [None, Rejection("unknown_unit", "no X")]
    assert [json.loads(body) for body in received] == [{"id": "1"}, [{"id": "2"}, {"id": "3"}]]


@pytest.mark.parametrize("answer", [(401, {}, ""), (503, {}, "busy"), (202, {}, "<html>")])
def test_whatever_else_a_service_is_answered_is_an_error(answer: tuple[int, dict[str, str], str]) -> None:
    with door(answer) as (url, _), pytest.raises(IngestError):
        asyncio.run(AsyncIngestClient(url, "key").post([{"id": "1"}]))
    with pytest.raises(IngestError):
        asyncio.run(AsyncIngestClient(f"http://127.0.0.1:{free_port()}", "key").get_devices())
