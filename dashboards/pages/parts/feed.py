"""Asks in the background for pages that refresh by themselves; everybody who looks shares one answer to a question.

A page that shows an answer never waits long for the next one: requests run in the background, and the last good answer
stays, with the time at which it held, when the API is away.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Any

from dashboards.pages.parts.questions import NOTHING, A, Answer, Question, problem_of
from runtime.api_client import ApiClient, ApiError, Parameters

REQUEST_TIMEOUT_S = 5.0
FIRST_WAIT_S = 3.0
"""A page without any answer waits at most this long before it says that it has none."""

NEXT_WAIT_S = 1.2
"""A page that has an answer waits at most this long for a newer one that it wants at once."""

FORGET_AFTER_S = 60.0
WORKERS = 6

Key = tuple[object, ...]


@dataclass
class _Running:
    answer: Answer[Any] = field(default_factory=Answer)
    requested_at: float = float("-inf")
    wanted_at: float = 0.0
    pending: Future[None] | None = None


class Feed:
    """Asks the read API behind ``client`` on behalf of all open pages; safe to use from several threads."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="page")
        self._lock = threading.Lock()
        self._running: dict[Key, _Running] = {}

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def start(self, question: Question[Any], fixed: Parameters = NOTHING, moving: Parameters = NOTHING) -> None:
        """Starts a request unless one is under way or was made less than the question's ``every_s`` ago."""
        key, now = _key(question, fixed), time.monotonic()
        with self._lock:
            for old in [known for known, running in self._running.items() if running.wanted_at < now - FORGET_AFTER_S]:
                if key != old:
                    del self._running[old]
            running = self._running.setdefault(key, _Running())
            running.wanted_at = now
            is_due = now - running.requested_at >= question.every_s
            if is_due and (running.pending is None or running.pending.done()):
                running.requested_at = now
                parameters = {**fixed, **question.parameters, **moving}
                running.pending = self._pool.submit(self._fetch, running, question, parameters)

    def ask(self, question: Question[A], fixed: Parameters = NOTHING, moving: Parameters = NOTHING) -> Answer[A]:
        """The newest answer; waits a moment for the first one, and for one that is wanted at once."""
        self.start(question, fixed, moving)
        running = self._running[_key(question, fixed)]
        pending = running.pending
        is_first = running.answer.data is None and running.answer.problem is None
        if pending is not None and (question.at_once or is_first):
            wait([pending], FIRST_WAIT_S if is_first else NEXT_WAIT_S)
        return running.answer

    def _fetch(self, running: _Running, question: Question[Any], parameters: Parameters) -> None:
        try:
            answer = self._client.get(question.path, parameters, timeout_s=REQUEST_TIMEOUT_S)
            running.answer = Answer(question.shape(answer))
        except ApiError as error:
            running.answer = replace(running.answer, problem=problem_of(error))
        except ValueError:
            # The answer does not have the form that the question's `shape` needs.
            running.answer = replace(running.answer, problem="busy")


def _key(question: Question[Any], fixed: Parameters) -> Key:
    return question.path, question.name, *sorted({**fixed, **question.parameters}.items())
