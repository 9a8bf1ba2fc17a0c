"""A file's bytes, unpacked when it is compressed, and never without a bound."""

from __future__ import annotations

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sources.files.rows import FileError

FREE_BYTES = 200_000_000
LARGEST_RATIO = 200
"""Exports shrink to a tenth or a fiftieth; a file that unpacks to more than this is an attack on memory or disk."""


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The file's bytes; gzip is recognised by its first two bytes, not by the name.

    Reading raises ``FileError`` for a compressed file that is damaged, cut short, or unpacks without end.
    """
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if packed:
            with gzip.open(raw, "rb") as unpacked:
                yield io.BufferedReader(_Bounded(path, unpacked), 1 << 16)
        else:
            yield raw


@contextmanager
def seekable(path: Path) -> Iterator[IO[bytes]]:
    """As ``opened``, for readers that go back and forth: a compressed file is unpacked into a temporary one."""
    with opened(path) as stream:
        if stream.seekable():
            yield stream
            return
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy)
            copy.seek(0)
            yield copy


class _Bounded(io.RawIOBase):
    def __init__(self, path: Path, unpacked: gzip.GzipFile) -> None:
        self._path = path
        self._unpacked = unpacked
        self._left = max(FREE_BYTES, LARGEST_RATIO * path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            n_bytes = self._unpacked.readinto(buffer)
        except (gzip.BadGzipFile, EOFError, zlib.error) as fault:
            message = f"{self._path}: the compressed file is damaged or cut short ({fault}); fetch it again"
            raise FileError(message) from fault
        self._left -= n_bytes
        if self._left < 0:
            raise FileError(f"{self._path}: unpacks to over {LARGEST_RATIO} times its size; unpack it first")
        return n_bytes
