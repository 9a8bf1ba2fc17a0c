"""Whether the stream gets on, for whoever asks over HTTP: a supervisor of processes, a person at night."""

from __future__ import annotations

import time
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaException
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from contract.events.topics import EVENTS
from runtime.http import HEALTH_ROUTES

ASKED_EVERY_S = 10.0
ANSWER_S = 2.0
STALLED_S = 60.0
"""A loop that has not come round for this long hangs, whatever it waits for."""


class StreamHealth:
    """What the loop last noted. Written by the loop, read by the HTTP thread."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._round_at_s = now_s()
        self._trouble = "it has not read from Kafka yet"

    def note_round(self, trouble: str = "") -> None:
        """The loop came round; with a ``trouble`` it goes round in vain."""
        self._round_at_s, self._trouble = self._now_s(), trouble

    def note_trouble(self, cause: str) -> None:
        """The loop waits, and for what."""
        self._trouble = cause

    def trouble(self) -> str:
        """Why nothing gets on, in words; empty while all is well."""
        stalled_s = self._now_s() - self._round_at_s
        if not self._trouble and stalled_s > STALLED_S:
            return f"the stream has been at one batch for {stalled_s:.0f} s; see the store's load and its log"
        return self._trouble


class KafkaWatch:
    """Asks Kafka now and then whether it is there: without brokers a poll brings nothing and says nothing."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._asked_at_s = float("-inf")
        self._is_away = False

    def is_away(self) -> bool:
        """Whether Kafka left the last question unanswered; asks again when that was some time ago."""
        if time.monotonic() - self._asked_at_s > ASKED_EVERY_S:
            try:
                self._consumer.list_topics(EVENTS, ANSWER_S)
                self._is_away = False
            except KafkaException:
                self._is_away = True
            self._asked_at_s = time.monotonic()
        return self._is_away


def make_health_app(health: StreamHealth) -> Starlette:
    """``/healthz`` (the process lives), ``/readyz`` (it gets on, or 503 with the cause) and ``/metrics``."""

    async def readyz(_request: Request) -> Response:
        trouble = health.trouble()
        return PlainTextResponse(f"{trouble}\n", 503) if trouble else PlainTextResponse("ready\n")

    return Starlette(routes=[*HEALTH_ROUTES, Route("/readyz", readyz)])
