"""XES (IEEE 1849) event logs, read as they stream by.

A trace's own attributes come out as columns with ``case:`` in front, as process-mining tables name them; attributes
inside attributes are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from senders.rows import CASE_PREFIX, Cell, FileError, Row

_CHUNK_BYTES = 1 << 16
_VALUES = {"string", "date", "int", "float", "boolean", "id"}


def xes_rows(path: Path, stream: IO[bytes], wanted: frozenset[str]) -> Iterator[Row]:
    """One row an event, the trace's attributes with it; a trace without events is one row that is no event.

    Raises ``FileError`` for broken XML, and for any document type: XES has none, and entities can be bombs.
    """
    collector = _Collector(path, wanted)
    try:
        while chunk := stream.read(_CHUNK_BYTES):
            collector.parser.Parse(chunk, False)
            yield from collector.take()
        collector.parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise FileError(f"{path}: line {fault.lineno}: broken XML: {expat.errors.messages[fault.code]}") from fault
    yield from collector.take()
    if not collector.is_log:
        raise FileError(f"{path}: not a XES log: the outermost element must be <log>")


class _Collector:
    """What the parser has seen of the current trace, and the rows of those that are complete."""

    def __init__(self, path: Path, wanted: frozenset[str]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.is_log = False
        self._path = path
        self._wanted = wanted
        self._depth = 0
        self._done: list[Row] = []
        self._case: dict[str, Cell] | None = None
        self._event: dict[str, Cell] | None = None
        self._case_line = self._event_line = 0
        self._events: list[tuple[int, dict[str, Cell]]] = []

    def take(self) -> list[Row]:
        done, self._done = self._done, []
        return done

    def _refuse_doctype(self, *_: object) -> None:
        raise FileError(f"{self._path}: line {self.parser.CurrentLineNumber}: a XES log must not have a DOCTYPE")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        name = tag.rpartition(":")[2]
        if self._depth == 1:
            self.is_log = name == "log"
        elif self._depth == 2 and name == "trace":
            self._case, self._events, self._case_line = {}, [], self.parser.CurrentLineNumber
        elif self._case is not None and self._depth == 3:
            if name == "event":
                self._event, self._event_line = {}, self.parser.CurrentLineNumber
            elif name in _VALUES:
                self._keep(self._case, CASE_PREFIX + attributes.get("key", ""), attributes)
        elif self._event is not None and self._depth == 4 and name in _VALUES:
            self._keep(self._event, attributes.get("key", ""), attributes)

    def _keep(self, target: dict[str, Cell], column: str, attributes: dict[str, str]) -> None:
        if column in self._wanted:
            target[column] = attributes.get("value")

    def _end(self, _tag: str) -> None:
        if self._depth == 3 and self._event is not None:
            self._events.append((self._event_line, self._event))
            self._event = None
        elif self._depth == 2 and self._case is not None:
            # A trace's attributes may also stand behind its events.
            case = self._case
            self._done += [Row(line, {**case, **event}) for line, event in self._events] or [
                Row(self._case_line, case, is_event=False)
            ]
            self._case = None
        self._depth -= 1
