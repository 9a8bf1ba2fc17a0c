"""Slow, silent and too many connections: they are let go, and who sends properly is served meanwhile."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.ingest.test_http import HOME, KEY, LINES, Ingest, ingest_in, raw, tap, told
from tests.support import wait_until

QUICK = "import runtime.http.bounds as b; b.HEAD_S = b.BODY_WINDOW_S = 1.0; b.CHECK_S = 0.2; b.LINGER_S = 0.2"
SLOW_CONNECTIONS = 1_000
HEAD = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {LINES}\r\n"


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    with ingest_in(tmp_path_factory.mktemp("bounds"), HOME, run_first=QUICK) as running:
        yield running


def address(ingest: Ingest) -> tuple[str, int]:
    return ingest.http.base_url.host, ingest.http.base_url.port or 0


def answer_to(ingest: Ingest, *parts: bytes, pause_s: float = 0) -> str:
    """All that comes back on one connection until it is closed."""
    with socket.create_connection(address(ingest), timeout=30) as line:
        for part in parts:
            line.sendall(part)
            time.sleep(pause_s)
        received = b""
        while more := line.recv(65_536):
            received += more
        return received.decode()


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [b"POST /v1/ev"],
        [HEAD.encode()],
        [HEAD.encode() + b"Content-Length: 500\r\n\r\n"],
        [HEAD.encode() + b"Content-Length: 500\r\n\r\n" + b"{"],
        [HEAD.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + b"5\r\nabc"],
    ],
    ids=["nothing", "a part of a line", "no end of the head", "no body", "a part of a body", "a part of a chunk"],
)
def test_who_sends_no_more_is_answered_408_and_let_go(ingest: Ingest, parts: list[bytes]) -> None:
    assert answer_to(ingest, *parts).startswith("HTTP/1.1 408 ")


def test_a_body_byte_by_byte_is_not_waited_for(ingest: Ingest) -> None:
    head = HEAD.encode() + b"Content-Length: 500\r\n\r\n"
    with socket.create_connection(address(ingest), timeout=30) as line:
        line.sendall(head)
        with pytest.raises(OSError, match=r"reset|[Bb]roken"):  # noqa: PT012 the send that fails is one of many
            for _ in range(300):
                line.sendall(b" ")
                time.sleep(0.05)


def test_a_body_that_goes_on_slowly_but_steadily_is_taken(ingest: Ingest) -> None:
    body = b"\n".join(raw(tap()) for _ in range(30))
    pieces = [body[at : at + 2_000] for at in range(0, len(body), 2_000)]
    assert len(pieces) * 0.4 > 1.5

    def slowly() -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            time.sleep(0.4)

    assert told(ingest.post(slowly())) == (202, 30, [])


def test_a_head_that_is_too_large_is_431(ingest: Ingest) -> None:
    for header in (b"X: " + b"x" * 40_000, b"\r\n".join(b"X%d: %s" % (n, b"x" * 1_000) for n in range(40))):
        assert answer_to(ingest, HEAD.encode() + header + b"\r\n\r\n").startswith("HTTP/1.1 431 ")
        assert answer_to(ingest, HEAD.encode() + header).startswith("HTTP/1.1 431 ")


def test_a_sender_that_asks_whether_to_go_on_is_told_so(ingest: Ingest) -> None:
    body = raw(tap())
    head = f"{HEAD}Expect: 100-continue\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    answer = answer_to(ingest, head, body, pause_s=0.3)
    assert answer.startswith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 ")
    refused = answer_to(ingest, head.replace(KEY.encode(), b"wrong"))
    assert refused.startswith("HTTP/1.1 403 ")


@contextmanager
def many_descriptors() -> Iterator[None]:
    """Room for all the connections of these tests."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < SLOW_CONNECTIONS * 2:
        pytest.skip(f"only {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, SLOW_CONNECTIONS * 2), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("first", [b"", b"POST /v1/ev"], ids=["silent", "begun"])
def test_taps_pass_while_a_thousand_slow_connections_hang(tmp_path: Path, first: bytes) -> None:
    with many_descriptors(), ingest_in(tmp_path, HOME) as ingest, ExitStack() as held:
        for _ in range(SLOW_CONNECTIONS):
            line = held.enter_context(socket.create_connection(address(ingest), timeout=10))
            if first:
                line.sendall(first)
        waits_s = []
        for _ in range(10):
            started = time.monotonic()
            assert told(ingest.send(tap())) == (202, 1, [])
            waits_s.append(time.monotonic() - started)
        print(f"slowest tap {max(waits_s):.2f} s")


def test_of_too_many_connections_those_that_send_nothing_make_room(tmp_path: Path) -> None:
    bound = "import runtime.http.bounds as b; b.MOST_CONNECTIONS = 40; b.HEAD_S = 600"
    with ingest_in(tmp_path, HOME, run_first=bound) as ingest, ExitStack() as held:
        for _ in range(100):
            held.enter_context(socket.create_connection(address(ingest), timeout=10))
        ingest.http.close()
        for _ in range(5):
            answer = answer_to(ingest, tap_request())
            assert answer.startswith("HTTP/1.1 202 ")
        wait_until(lambda: "connections_at_their_bound" in (tmp_path / "ingest.log").read_text(), 10)


def test_when_all_connections_are_at_work_one_more_is_503(tmp_path: Path) -> None:
    bound = "import runtime.http.bounds as b; b.MOST_CONNECTIONS = 20"
    with ingest_in(tmp_path, HOME, run_first=bound) as ingest, ExitStack() as held:
        ingest.http.close()
        for _ in range(20):
            line = held.enter_context(socket.create_connection(address(ingest), timeout=10))
            line.sendall(HEAD.encode() + b"Content-Length: 500\r\n\r\n")
        time.sleep(0.5)
        answer = answer_to(ingest, tap_request())
        assert answer.startswith("HTTP/1.1 503 ")
        assert "retry-after: 5" in answer
        held.close()
        wait_until(lambda: answer_to(ingest, tap_request()).startswith("HTTP/1.1 202 "), 10)


def tap_request() -> bytes:
    body = raw(tap())
    return f"{HEAD}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
