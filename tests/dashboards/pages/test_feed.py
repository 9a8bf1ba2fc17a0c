"""The pages' questions in the background: one request for all viewers, and the last good answer while there is none."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dashboards.pages.parts.direct import Direct
from dashboards.pages.parts.feed import Feed
from dashboards.pages.parts.questions import Question
from runtime.api_client import ApiClient
from tests.support import free_port

NUMBER: Question[Any] = Question("/n", at_once=True)


class Api(ThreadingHTTPServer):
    """A read API on the loopback that answers with ``status``."""

    status = 200
    requests = 0


class _ApiHandler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.requests += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b'{"n": 42}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api(("127.0.0.1", 0), _ApiHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def feed(api: Api) -> Iterator[Feed]:
    with ApiClient(f"http://127.0.0.1:{api.server_port}", 5) as client, Feed(client) as feed:
        yield feed


@pytest.mark.parametrize(("status", "problem"), [(503, "busy"), (404, "not_there"), (422, "question")])
def test_the_last_good_answer_stays_when_the_api_has_none(api: Api, feed: Feed, status: int, problem: str) -> None:
    for answer_with in (200, status):
        api.status = answer_with
        answer = feed.ask(NUMBER)
    assert (answer.data, answer.problem) == ({"n": 42}, problem)


def test_many_viewers_share_one_request(api: Api, feed: Feed) -> None:
    for _ in range(20):
        assert feed.ask(replace(NUMBER, every_s=60)).data == {"n": 42}
    assert api.requests == 1


def test_parameters_that_follow_the_clock_leave_a_question_the_same(api: Api, feed: Feed) -> None:
    hourly = replace(NUMBER, every_s=60)
    for minute in range(3):
        feed.ask(hourly, {"unit": "A"}, {"to": minute})
    assert api.requests == 1
    feed.ask(hourly, {"unit": "B"}, {"to": 0})
    assert api.requests == 2


@pytest.mark.parametrize(("status", "problem"), [(503, "busy"), (404, "not_there"), (422, "question")])
def test_a_page_that_waits_is_given_the_same_problems(api: Api, status: int, problem: str) -> None:
    api.status = status
    with ApiClient(f"http://127.0.0.1:{api.server_port}", 5) as client:
        answer = Direct(client).ask(NUMBER)
    assert (answer.data, answer.problem) == (None, problem)


def test_without_a_connection_both_ways_say_that_the_api_is_away() -> None:
    with ApiClient(f"http://127.0.0.1:{free_port()}", 5) as client, Feed(client) as feed:
        assert feed.ask(NUMBER).problem == Direct(client).ask(NUMBER).problem == "away"


def test_an_answer_that_has_not_the_expected_shape_is_a_problem(feed: Feed) -> None:
    def shape(_: Any) -> Any:
        raise ValueError("no ratings")

    assert feed.ask(replace(NUMBER, shape=shape)).problem == "busy"
