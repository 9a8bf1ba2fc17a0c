"""Counts different ids with little memory."""

from __future__ import annotations

from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

IDS_AT_ONCE = 2_000_000


class DistinctCount:
    """Keeps eight bytes of each id in a file that it owns; two ids collide with probability 2e-19 (62 random bits)."""

    def __init__(self, file: IO[bytes], ids_at_once: int = IDS_AT_ONCE) -> None:
        self._file = file
        self._ids_at_once = ids_at_once
        self._count = 0

    def add(self, event_id: str) -> None:
        """Adds one id, a UUID in its usual notation."""
        self._file.write(bytes.fromhex(event_id[19:23] + event_id[24:]))
        self._count += 1

    def result(self) -> int:
        """The number of different ids; reads at most ``ids_at_once`` of them into memory at a time."""
        parts = 1
        while self._count > parts * self._ids_at_once:
            parts *= 2
        return sum(self._in_part(part, parts) for part in range(parts))

    def _in_part(self, part: int, parts: int) -> int:
        self._file.seek(0)
        mine = [pa.array([], pa.int64())]
        while block := self._file.read(8 * self._ids_at_once):
            ids = pa.Array.from_buffers(pa.int64(), len(block) // 8, [None, pa.py_buffer(block)])
            mine.append(ids.filter(pc.equal(pc.bit_wise_and(ids, parts - 1), part)))
        return int(pc.count_distinct(pa.chunked_array(mine)).as_py())

    def close(self) -> None:
        """Drops the file."""
        self._file.close()
