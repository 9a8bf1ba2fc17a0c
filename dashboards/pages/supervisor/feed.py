"""What the supervisor's page knows: the read API's latest answers, shared by everybody who looks at the page.

A page that shows an answer never waits long for the next one: requests run in the background, and the last good answer
stays, with the time at which it held, when the API is away.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import httpx

REQUEST_TIMEOUT_S = 5.0
FIRST_WAIT_S = 3.0
"""A page without any answer waits at most this long before it says that it has none."""

NEXT_WAIT_S = 1.2
"""A page that has an answer waits at most this long for a newer one that it wants at once."""

FORGET_AFTER_S = 60.0
WORKERS = 6

Problem = Literal["away", "unknown_unit", "bad_period"]
Parameters = Mapping[str, str | int]
Shape = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """The newest good ``data`` of one question, None before the first; ``problem`` hinders a newer one."""

    data: dict[str, Any] | None = None
    problem: Problem | None = None


@dataclass
class _Question:
    answer: Answer = field(default_factory=Answer)
    asked_at: float = float("-inf")
    wanted_at: float = 0.0
    pending: Future[None] | None = None


class Feed:
    """Asks the read API at ``url`` on behalf of all open pages; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=REQUEST_TIMEOUT_S, trust_env=False)
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="page")
        self._lock = threading.Lock()
        self._questions: dict[tuple[str, ...], _Question] = {}

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._http.close()

    def ask(
        self, name: tuple[str, ...], path: str, parameters: Parameters, every_s: float, shape: Shape = dict
    ) -> None:
        """Start a request in the background unless one is under way or was made less than ``every_s`` ago.

        ``name`` says which question it is: ``parameters`` may move with the clock while the question stays the same.
        ``shape`` makes of the answer what the page shows, once for all viewers.
        """
        now = time.monotonic()
        with self._lock:
            for old in [key for key, asked in self._questions.items() if asked.wanted_at < now - FORGET_AFTER_S]:
                if name != old:
                    del self._questions[old]
            question = self._questions.setdefault(name, _Question())
            question.wanted_at = now
            if (question.pending is None or question.pending.done()) and now - question.asked_at >= every_s:
                question.asked_at = now
                question.pending = self._pool.submit(self._fetch, question, path, dict(parameters), shape)

    def latest(self, name: tuple[str, ...], *, at_once: bool = False) -> Answer:
        """The newest answer to a question that was asked; ``at_once`` waits a moment for the one under way."""
        question = self._questions[name]
        pending = question.pending
        without = question.answer.data is None and question.answer.problem is None
        if pending is not None and (at_once or without):
            wait([pending], FIRST_WAIT_S if without else NEXT_WAIT_S)
        return question.answer

    def _fetch(self, question: _Question, path: str, parameters: Parameters, shape: Shape) -> None:
        try:
            answer = self._http.get(path, params=dict(parameters))
            if answer.status_code == httpx.codes.OK:
                question.answer = Answer(shape(answer.json()))
            else:
                question.answer = replace(question.answer, problem=_problem(answer.status_code))
        except (httpx.HTTPError, ValueError):
            question.answer = replace(question.answer, problem="away")


def _problem(status: int) -> Problem:
    if status == httpx.codes.NOT_FOUND:
        return "unknown_unit"
    return "bad_period" if status == httpx.codes.UNPROCESSABLE_ENTITY else "away"
