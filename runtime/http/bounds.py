"""Bounds of one connection to an HTTP service: time without progress, bytes of headers, a place among the others.

uvicorn has time limits for idle connections between requests only. Without these, whoever opens a thousand connections
and sends nothing shuts everybody else out.
"""

from __future__ import annotations

import asyncio
import resource
import time
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from runtime.telemetry import log

HEAD_S = 10.0
"""A request's head must have come by then, from its first byte on (of a new connection: from its opening on)."""
BODY_WINDOW_S = 30.0
BODY_LEAST_BYTES = 1_000
"""A body must bring so many bytes in each such stretch of time, or its end."""
ANSWER_S = 60.0
"""Whoever takes nothing of the answer for so long is let go."""
MOST_HEAD_BYTES = 32_768
MOST_CONNECTIONS = 4_000
"""Open at once, and never more than four fifths of the process's descriptors."""
MOST_DESCRIPTORS = 65_536
CHECK_S = 2.0
LINGER_S = 1.0
LOG_EVERY_S = 60.0
RETRY_AFTER_S = 5


def raise_descriptor_limit() -> int:
    """Raises the soft limit of open files as far as the system lets this process; the limit then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def most_connections() -> int:
    """How many connections this process may hold open."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, soft * 4 // 5)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with these bounds."""

    # Connections that have sent no whole head yet, those that wait longest first: they make room when all is full.
    _without_head: ClassVar[dict[BoundedProtocol, None]] = {}
    _full_logged_s = float("-inf")

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._check: asyncio.TimerHandle | None = None
        # When the head that is awaited began; None while a body or an answer is under way.
        self._head_since_s: float | None = self.loop.time()
        self._head_bytes = 0
        self._in_body = False
        self._is_refused = False
        self._window_since_s = self.loop.time()
        self._window_bytes = 0
        self._unsent_since_s: float | None = None
        self._unsent_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Takes the connection, or answers 503 when there are too many that all are at work."""
        super().connection_made(transport)
        if len(self.connections) > most_connections():
            longest = next(iter(self._without_head), None)
            self._log_full()
            if longest is None:
                self._answer_and_close(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            longest._answer_and_close(HTTPStatus.REQUEST_TIMEOUT)
        self._without_head[self] = None
        self._check = self.loop.call_later(CHECK_S, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Ends what belongs to the connection."""
        self._without_head.pop(self, None)
        if self._check:
            self._check.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._is_refused:
            return
        super().data_received(data)
        if self._head_since_s is not None and self.parser is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._answer_and_close(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        self._head_since_s, self._head_bytes = self.loop.time(), 0

    def on_headers_complete(self) -> None:
        """A whole head."""
        self._head_since_s = None
        self._without_head.pop(self, None)
        self._in_body = True
        self._window_since_s, self._window_bytes = self.loop.time(), 0
        if sum(len(name) + len(value) for name, value in self.headers) + len(self.url) > MOST_HEAD_BYTES:
            self._answer_and_close(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some bytes of a body."""
        self._window_bytes += len(body)
        # A head that was too large has no cycle.
        if self.cycle is not None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._in_body = False
        if self.cycle is not None:
            super().on_message_complete()

    def _look(self) -> None:
        """Looks, every few seconds, whether the client still makes progress."""
        now_s = self.loop.time()
        self._check = self.loop.call_later(CHECK_S, self._look)
        is_answered = self.cycle is None or self.cycle.response_complete
        if self._head_since_s is not None and is_answered:
            if now_s - self._head_since_s > HEAD_S:
                self._answer_and_close(HTTPStatus.REQUEST_TIMEOUT)
        elif self._in_body and not self.flow.read_paused:
            # The rest of a body that was answered already is read for a while, so that its sender sees the answer.
            if self._window_bytes >= BODY_LEAST_BYTES and not is_answered:
                self._window_since_s, self._window_bytes = now_s, 0
            elif now_s - self._window_since_s > BODY_WINDOW_S:
                self._answer_and_close(HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._window_since_s, self._window_bytes = now_s, 0
        self._look_at_answer(now_s)

    def _look_at_answer(self, now_s: float) -> None:
        unsent_bytes = self.transport.get_write_buffer_size()
        if not unsent_bytes or unsent_bytes != self._unsent_bytes:
            self._unsent_since_s, self._unsent_bytes = now_s, unsent_bytes
        elif self._unsent_since_s is not None and now_s - self._unsent_since_s > ANSWER_S:
            self.transport.abort()

    def _answer_and_close(self, status: HTTPStatus) -> None:
        """Says so, unless an answer has begun or nothing was ever asked, and closes the connection."""
        self._without_head.pop(self, None)
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        # To the rest of a body whose request is answered, or is being answered, there is nothing to say.
        if not (self.cycle and self._in_body and self.cycle.response_started):
            retry = f"retry-after: {RETRY_AFTER_S}\r\n" if status is HTTPStatus.SERVICE_UNAVAILABLE else ""
            head = (
                f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: text/plain\r\nconnection: close\r\n{retry}"
            )
            text = status.phrase
            self.transport.write(f"{head}content-length: {len(text)}\r\n\r\n{text}".encode())
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        # Closed at once, with bytes of the client still unread, the answer would be lost on its way.
        if len(self.connections) > most_connections() * 1.1:
            self.transport.close()
        else:
            self.loop.call_later(LINGER_S, self.transport.close)

    @classmethod
    def _log_full(cls) -> None:
        now_s = time.monotonic()
        if now_s - cls._full_logged_s > LOG_EVERY_S:
            cls._full_logged_s = now_s
            remedy = "raise the limit of open files (nofile), or let a proxy in front bound connections by address"
            log.warning("connections_at_their_bound", bound=most_connections(), remedy=remedy)
