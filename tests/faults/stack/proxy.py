"""A TCP hop that can be slowed, frozen, cut and reset: what stands between two processes when the network is ill."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

PIECE_BYTES = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards one loopback port to another; the faults are attributes that may be set at any time.

    ``delay_s`` is added to each piece in each direction. ``frozen`` keeps connections open and forwards nothing, as a
    half-open one does. ``cut_after`` resets a connection once so many bytes went up; ``cuts`` counts. ``watch`` sees
    what goes up.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.delay_s = 0.0
        self.frozen = False
        self.cut_after: int | None = None
        self.cuts = 0
        self.watch: Callable[[bytes], None] = lambda _piece: None
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self._thread.start()

    @property
    def is_ill(self) -> bool:
        """Whether any fault is set."""
        return bool(self.delay_s or self.frozen or self.cut_after is not None)

    def heal(self) -> None:
        """Takes every fault away and resets the connections, which may be in the middle of anything."""
        self.delay_s, self.frozen, self.cut_after, self.watch = 0.0, False, None, lambda _piece: None
        self.reset()

    def reset(self) -> None:
        """Ends every connection with a reset on both sides."""
        asyncio.run_coroutine_threadsafe(self._reset(), self._loop).result(timeout=10)

    def close(self) -> None:
        """Stops for good."""
        self.reset()
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(timeout=10)

    def _run(self) -> None:
        self._serving = self._loop.create_task(self._serve())
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._serving)
        self._loop.close()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connected, sock=self._listener)
        try:
            await server.serve_forever()
        finally:
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            _abort(writer)
            return
        self._writers |= {writer, back}
        with suppress(OSError):
            await asyncio.gather(self._forward(reader, back, up=True), self._forward(onward, writer, up=False))
        self._writers -= {writer, back}
        for side in (writer, back):
            _abort(side)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        passed = 0
        while piece := await reader.read(PIECE_BYTES):
            while self.frozen:
                await asyncio.sleep(0.05)
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if up:
                self.watch(piece)
                passed += len(piece)
                if self.cut_after is not None and passed > self.cut_after:
                    self.cuts += 1
                    writer.write(piece[: len(piece) // 2])
                    await writer.drain()
                    raise ConnectionResetError
            writer.write(piece)
            await writer.drain()
        # Either side's end is the end of both: none of our protocols closes one direction alone.
        raise ConnectionResetError

    async def _reset(self) -> None:
        for writer in self._writers:
            _abort(writer)


def _abort(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()
