"""HTTP load: requests over some kept-open connections, each sending its next as soon as it has its answer."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

import uvloop

from runtime.http import host_and_port


@dataclass
class Load:
    """The outcome of some requests: seconds in all, seconds of each answer, and how many answers had which status."""

    seconds: float = 0.0
    answer_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    def percentile_ms(self, share: float) -> float:
        """The answer time in milliseconds that ``share`` of the requests did not exceed."""
        ordered = sorted(self.answer_s)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def post_all(
    url: str, headers: dict[str, str], bodies: Sequence[bytes], connections: int, rate_per_s: float | None = None
) -> Load:
    """Posts every body to ``url``; with ``rate_per_s`` no sooner than its turn. ConnectionError when cut off."""
    return uvloop.run(_post_all(url, headers, bodies, connections, rate_per_s))


async def _post_all(
    url: str, headers: dict[str, str], bodies: Sequence[bytes], connections: int, rate_per_s: float | None
) -> Load:
    parts = urlsplit(url)
    header_lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{header_lines}Content-Length: "
    load = Load()
    turns = enumerate(bodies)
    loop = asyncio.get_running_loop()
    open_connections = [
        (await loop.create_connection(lambda: _Connection(load), *host_and_port(url)))[1] for _ in range(connections)
    ]
    started = time.perf_counter()
    await asyncio.gather(
        *(connection.run(head.encode(), turns, started, rate_per_s) for connection in open_connections)
    )
    load.seconds = time.perf_counter() - started
    for connection in open_connections:
        connection.close()
    return load


class _Connection(asyncio.Protocol):
    """One connection, reading no more of an answer than its status and length."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._read = b""
        self._answered: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(exc or ConnectionResetError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, separator, body = self._read.partition(b"\r\n\r\n")
        if separator and self._answered and len(body) >= int(head.lower().partition(b"content-length:")[2].split()[0]):
            self._load.statuses[int(head[9:12])] += 1
            self._read = b""
            self._answered.set_result(None)

    async def run(
        self, head: bytes, turns: Iterator[tuple[int, bytes]], started: float, rate_per_s: float | None
    ) -> None:
        """Sends the rest of ``turns``, one after the other."""
        for turn, body in turns:
            if rate_per_s:
                await asyncio.sleep(started + turn / rate_per_s - time.perf_counter())
            sent_at = time.perf_counter()
            self._answered = asyncio.get_running_loop().create_future()
            self._transport.write(b"%s%d\r\n\r\n%s" % (head, len(body), body))
            await self._answered
            self._load.answer_s.append(time.perf_counter() - sent_at)

    def close(self) -> None:
        """Closes it."""
        self._transport.close()
