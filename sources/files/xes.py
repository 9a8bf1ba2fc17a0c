"""XES (IEEE 1849) event logs, read as they stream by, in bounded memory.

A trace's own attributes come out as columns with ``case:`` in front, as process-mining tables name them; attributes
inside attributes are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

from contract.events.normal_text import normalize, normalize_name
from sources.files.rows import CASE_PREFIX, Cell, FileError, Row

CHUNK_BYTES = 1 << 16
LARGEST_ELEMENT_BYTES = 10_000_000
MOST_DEPTH = 60
MOST_EVENTS = 100_000
LARGEST_TRACE_CHARS = 50_000_000
"""Of the values that are kept of one trace, which is in memory as a whole."""
_VALUES = {"string", "date", "int", "float", "boolean", "id"}


def xes_rows(path: Path, stream: IO[bytes], wanted: frozenset[str]) -> Iterator[Row]:
    """A row for each event with its trace's attributes; a trace without events is one row with ``is_event`` False.

    Raises ``FileError`` for broken XML, for any document type (XES has none, and entities can be bombs), and for what
    is too deep, too long or too much for one trace.
    """
    collector = _Collector(path, wanted)
    try:
        fed = 0
        while chunk := stream.read(CHUNK_BYTES):
            collector.parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - collector.parser.CurrentByteIndex > LARGEST_ELEMENT_BYTES:
                raise FileError(f"{path}: line {collector.line}: an element of over {LARGEST_ELEMENT_BYTES} bytes")
            yield from collector.take()
        collector.parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise FileError(f"{path}: line {fault.lineno}: broken XML: {expat.errors.messages[fault.code]}") from fault
    yield from collector.take()
    if not collector.is_log:
        raise FileError(f"{path}: not a XES log: the outermost element must be <log>")


class _Collector:
    """The parser's state: the current trace so far, and the rows of complete traces."""

    def __init__(self, path: Path, wanted: frozenset[str]) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.is_log = False
        self._path = path
        self._wanted = {normalize_name(name): name for name in wanted}
        self._depth = 0
        self._done: list[Row] = []
        self._case: dict[str, Cell] | None = None
        self._event: dict[str, Cell] | None = None
        self._case_line = self._event_line = 0
        self._events: list[tuple[int, dict[str, Cell]]] = []
        self._n_chars = 0

    @property
    def line(self) -> int:
        """The line that is being read."""
        return self.parser.CurrentLineNumber

    def take(self) -> list[Row]:
        done, self._done = self._done, []
        return done

    def _refuse_doctype(self, *_: object) -> None:
        raise FileError(f"{self._path}: line {self.line}: a XES log must not have a DOCTYPE")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise FileError(f"{self._path}: line {self.line}: elements nested more than {MOST_DEPTH} deep")
        name = tag.rpartition(":")[2]
        if self._depth == 1:
            self.is_log = name == "log"
        elif self._depth == 2 and name == "trace":
            self._case, self._events, self._case_line, self._n_chars = {}, [], self.line, 0
        elif self._case is not None and self._depth == 3:
            if name == "event":
                self._event, self._event_line = {}, self.line
            elif name in _VALUES:
                self._keep(self._case, CASE_PREFIX + attributes.get("key", ""), attributes)
        elif self._event is not None and self._depth == 4 and name in _VALUES:
            self._keep(self._event, attributes.get("key", ""), attributes)

    def _keep(self, target: dict[str, Cell], column: str, attributes: dict[str, str]) -> None:
        wanted = self._wanted.get(normalize_name(column))
        if wanted is not None:
            value = normalize(attributes.get("value", ""))
            target[wanted] = value
            self._n_chars += len(value)
            if self._n_chars > LARGEST_TRACE_CHARS:
                raise FileError(
                    f"{self._path}: line {self._case_line}: a trace of over {LARGEST_TRACE_CHARS} characters"
                )

    def _end(self, _tag: str) -> None:
        if self._depth == 3 and self._event is not None:
            self._events.append((self._event_line, self._event))
            if len(self._events) > MOST_EVENTS:
                raise FileError(f"{self._path}: line {self._case_line}: a trace of over {MOST_EVENTS} events")
            self._event = None
        elif self._depth == 2 and self._case is not None:
            # A trace's attributes may also stand behind its events.
            case = self._case
            self._done += [Row(line, {**case, **event}) for line, event in self._events] or [
                Row(self._case_line, case, is_event=False)
            ]
            self._case = None
        self._depth -= 1
