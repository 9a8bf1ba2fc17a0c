"""CSV records with their line numbers; a misplaced quotation mark is always reported.

Python's ``csv`` reads an unclosed quote as one cell up to the end of the file, and loses all rows in it. Here a record
is damaged when it cannot be parsed within its own line, and the file is damaged when the start of the next record is
unknown.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

LARGEST_CELL = 1_000_000
MOST_LINES = 100
"""A record of more lines is the result of a missing quotation mark."""
_REMEDY = "close it or remove it; if the file does not quote its cells, say so in the mapping (file: {quote: none})"


class CsvError(Exception):
    """From this line on the start of a record is unknown."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


class Record(NamedTuple):
    """``line`` is the number of its first line; ``fault`` is the reason why its cells cannot be trusted."""

    line: int
    cells: list[str]
    text: str
    fault: str | None = None


class CsvRecords:
    """Parses lines. ``first_line`` is the number of the first; set ``width`` as soon as the columns are known.

    Lines end as the file's do; a blank line is a record without cells. Iterating raises ``CsvError``.
    """

    def __init__(self, lines: Iterable[str], delimiter: str, quote: str | None = '"', first_line: int = 1) -> None:
        csv.field_size_limit(LARGEST_CELL)
        self.width = 0
        self._delimiter = delimiter
        self._quote = quote
        self._mark = quote or '"'
        self._lines: list[str] = []
        self._line = first_line - 1
        self._reader = csv.reader(
            map(self._remember, lines),
            delimiter=delimiter,
            quotechar=quote,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )

    def _remember(self, line: str) -> str:
        self._lines.append(line)
        return line

    def __iter__(self) -> Iterator[Record]:
        lines, reader = self._lines, self._reader
        while True:
            fault = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells, fault = [], self._fault(error)
            first = self._line + 1
            if len(lines) == 1:
                self._line = first
                text = lines.pop()
                if fault is None and self._mark in text:
                    fault = self._stray_quote(cells, text)
                yield Record(first, cells, text, fault)
                continue
            self._line += len(lines)
            text = "".join(lines)
            if self._swallows(lines) or self._stray_quote(cells, text) or len(cells) != (self.width or len(cells)):
                reason = f"lies in a quoted cell of lines {first} to {self._line}: a quotation mark too many or too few"
                yield from [Record(first + n, [], line, reason) for n, line in enumerate(lines)]
            else:
                yield Record(first, cells, text)
            lines.clear()

    def _fault(self, error: csv.Error) -> str:
        """The fault of one line that is not a record. Raises ``CsvError`` when the record may go on after the line."""
        first, last = self._line + 1, self._line + len(self._lines)
        if "field larger" in str(error):
            raise CsvError(first, f"{error}; is a quotation mark left open?") from error
        if "unexpected end" in str(error):
            raise CsvError(first, f"a quotation mark opens a cell here and none closes it: {_REMEDY}") from error
        quote = self._mark
        if last > first or self._lines[0].count(quote) % 2:
            where = (
                f"closes in the middle of a cell on line {last}" if last > first else "is not closed as it should be"
            )
            raise CsvError(first, f"a quotation mark opens a cell here that {where}: {_REMEDY}") from error
        return f"a quotation mark stands within a cell ({error}); it must be written twice there"

    def _stray_quote(self, cells: list[str], text: str) -> str | None:
        """The fault of a cell with a quotation mark that does not begin with one: it may have lost its first mark."""
        quote = self._quote
        if quote is None:
            return None
        for cell in cells:
            if quote in cell and f"{quote}{cell.replace(quote, quote * 2)}{quote}" not in text:
                return f"{cell[:60]!r} holds a quotation mark but does not begin with one: {_REMEDY}"
        return None

    def _swallows(self, lines: list[str]) -> bool:
        """Whether whole rows seem to be inside one cell: every line has as many delimiters as a row."""
        if len(lines) > MOST_LINES:
            return True
        n_delimiters = self.width - 1
        if n_delimiters < 1 or lines[0].count(self._delimiter) < n_delimiters:
            return False
        others = [line for line in lines[1:] if not line.isspace()]
        return bool(others) and all(line.count(self._delimiter) == n_delimiters for line in others)
