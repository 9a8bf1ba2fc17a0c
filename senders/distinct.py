"""Counts different ids in little memory."""

from __future__ import annotations

from typing import IO
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc

PART_IDS = 2_000_000


class DistinctCount:
    """Keeps eight bytes of each id in a file, which it owns; two ids of a million million share them by chance."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._count = 0

    def add(self, event_id: str) -> None:
        """Takes in one id."""
        self._file.write(UUID(event_id).bytes[8:])
        self._count += 1

    def result(self) -> int:
        """How many different ids were added; looks at so many at once as memory should hold."""
        parts = self._count // PART_IDS + 1
        return sum(self._in_part(part, parts) for part in range(parts))

    def _in_part(self, part: int, parts: int) -> int:
        self._file.seek(0)
        seen = []
        while block := self._file.read(8 * PART_IDS):
            ids = pa.Array.from_buffers(pa.uint64(), len(block) // 8, [None, pa.py_buffer(block)])
            mine = (
                ids
                if parts == 1
                else ids.filter(pc.equal(pc.subtract(ids, pc.multiply(pc.divide(ids, parts), parts)), part))
            )
            seen.append(mine)
        return int(pc.count_distinct(pa.chunked_array(seen, pa.uint64())).as_py())

    def close(self) -> None:
        """Drops the file."""
        self._file.close()
