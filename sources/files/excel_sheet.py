"""Facts of a sheet's XML that openpyxl's cells lack: formulas without their result, merged cells, a broken order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

CHUNK_BYTES = 1 << 16
LARGEST_ELEMENT_BYTES = 10_000_000
MOST_DEPTH = 60
MOST_COLUMNS = 16_384
MOST_NOTED = 200_000
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d+)")


class SheetError(Exception):
    """The sheet's XML is not as table programs write it; the text names the place."""


@dataclass(slots=True)
class SheetFacts:
    """Cells as (row, column) from 1: formulas whose result is not stored; (rows, columns) that are merged."""

    unfilled: set[tuple[int, int]] = field(default_factory=set)
    merged: list[tuple[range, range]] = field(default_factory=list)


def inspect(xml: IO[bytes], recalculated: bool) -> SheetFacts:
    """Reads a sheet's XML once. With ``recalculated`` the program that wrote it left results for Excel to work out.

    Raises ``SheetError``: rows or cells out of order (openpyxl would lose some), XML made to fill the memory.
    """
    inspector = _Inspector(recalculated)
    fed = 0
    try:
        while chunk := xml.read(CHUNK_BYTES):
            inspector.parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - inspector.parser.CurrentByteIndex > LARGEST_ELEMENT_BYTES:
                raise SheetError(f"row {inspector.row}: an element of more than {LARGEST_ELEMENT_BYTES} bytes")
        inspector.parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise SheetError(f"row {inspector.row}: broken XML: {expat.errors.messages[fault.code]}") from fault
    except ValueError as fault:
        raise SheetError(f"behind row {inspector.row}: {fault}") from fault
    inspector.facts.merged.sort(key=lambda block: block[0].start)
    return inspector.facts


def position(reference: str) -> tuple[int, int]:
    """``B3`` → (3, 2)."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise SheetError(f"{reference[:20]!r} is no cell")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]), column


class _Inspector:
    def __init__(self, recalculated: bool) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.facts = SheetFacts()
        self.row = 0
        self._no_results = {"", "0"} if recalculated else {""}
        self._depth = 0
        self._column = 0
        self._type = ""
        self._formula = False
        self._value: str | None = None

    def _refuse_doctype(self, *_: object) -> None:
        raise SheetError("a sheet must not have a DOCTYPE")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise SheetError(f"row {self.row}: elements nested more than {MOST_DEPTH} deep")
        match tag.rpartition(":")[2]:
            case "c":
                self._begin_cell(attributes)
            case "f":
                self._formula = True
            case "v" if self._formula:
                self._value = ""
                self.parser.CharacterDataHandler = self._add_value
            case "row":
                number = int(float(attributes["r"])) if "r" in attributes else self.row + 1
                if number <= self.row:
                    raise SheetError(f"row {number} stands behind row {self.row}")
                self.row, self._column = number, 0
            case "mergeCell":
                self._merge(attributes.get("ref", ""))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        row, column = position(attributes["r"]) if "r" in attributes else (self.row, self._column + 1)
        if row != self.row or not self._column < column <= MOST_COLUMNS:
            raise SheetError(f"row {self.row}: the cell {attributes.get('r', '')} is out of order")
        self._column = column
        self._type = attributes.get("t", "n")
        self._formula, self._value = False, None

    def _add_value(self, text: str) -> None:
        self._value = (self._value or "") + text

    def _end(self, tag: str) -> None:
        self._depth -= 1
        name = tag.rpartition(":")[2]
        if name == "v":
            self.parser.CharacterDataHandler = None
        elif name == "c" and self._formula:
            self._formula = False
            stored = self._value is not None and (self._type == "str" or self._value.strip() not in self._no_results)
            if not stored:
                self.facts.unfilled.add((self.row, self._column))
                if len(self.facts.unfilled) > MOST_NOTED:
                    raise SheetError("formulas without their results; open and save the file in Excel")

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        (top, left), (bottom, right) = position(first), position(last or first)
        self.facts.merged.append((range(top, bottom + 1), range(left, right + 1)))
        if len(self.facts.merged) > MOST_NOTED:
            raise SheetError(f"more than {MOST_NOTED} merged cells")
