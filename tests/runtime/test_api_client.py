"""The one client of the read API: what comes back as an answer, and what as which exception."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from runtime.api_client import ApiAwayError, ApiBodyError, ApiClient, ApiStatusError, ApiTimeoutError
from tests.support import free_port, serving


@contextmanager
def api(status: int, body: str, wait: threading.Event | None = None, **headers: str) -> Iterator[tuple[str, list[str]]]:
    """The address of a server that gives this answer, and the paths and keys that it was asked with."""
    received: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received.append(f"{self.path} {self.headers.get('Authorization', '')}".strip())
            if wait:
                wait.wait(1)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Logs nothing."""

    with serving(Handler) as address:
        yield address, received


def test_an_answer_is_an_object_or_bytes_as_they_are() -> None:
    with api(200, '{"units": []}') as (url, received), ApiClient(url, 5, "secret") as client:
        assert client.get("/v1/units", {"unit": "H26", "limit": 2}) == {"units": []}
        assert client.get_bytes("/v1/units") == b'{"units": []}'
    assert received == ["/v1/units?unit=H26&limit=2 Bearer secret", "/v1/units Bearer secret"]


def test_a_refusal_carries_status_sentence_and_the_wait_that_it_asks_for() -> None:
    busy = '{"detail": "too much at once"}'
    with (
        api(503, busy, Retry_After="7") as (url, _),
        ApiClient(url, 5) as client,
        pytest.raises(ApiStatusError) as refused,
    ):
        client.get("/v1/ratings")
    error = refused.value
    assert (error.status, error.detail, error.retry_after_s) == (503, "too much at once", 7)
    assert error.body == busy


@pytest.mark.parametrize("body", ["<html>", "[1]", '"text"'])
def test_a_refusal_without_a_sentence_and_an_answer_that_is_no_object_are_errors_too(body: str) -> None:
    with api(404, body) as (url, _), ApiClient(url, 5) as client, pytest.raises(ApiStatusError) as refused:
        client.get("/v1/units")
    assert (refused.value.detail, refused.value.retry_after_s) == ("", None)
    with api(200, body) as (url, _), ApiClient(url, 5) as client, pytest.raises(ApiBodyError):
        client.get("/v1/units")


def test_an_api_that_is_late_is_distinguished_from_one_that_is_away() -> None:
    with ApiClient(f"http://127.0.0.1:{free_port()}", 5) as client, pytest.raises(ApiAwayError) as away:
        client.get("/v1/units")
    assert not isinstance(away.value, ApiTimeoutError)
    never = threading.Event()
    with api(200, "{}", never) as (url, _), ApiClient(url, 5) as client, pytest.raises(ApiTimeoutError):
        client.get("/v1/units", timeout_s=0.2)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_question_to_this_machine_goes_to_no_proxy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with api(200, "{}") as (proxy, at_proxy), api(200, "{}") as (url, at_api):
        monkeypatch.setenv(name, proxy)
        with ApiClient(url, 5, "secret") as client:
            client.get("/v1/units")
    assert (at_proxy, at_api) == ([], ["/v1/units Bearer secret"])
