"""Rows → the rows of one case at a time, whatever the order in the file, in bounded memory."""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, groupby, islice
from typing import IO

from sources.files.rows import Row

ROWS_IN_MEMORY = 20_000
_ROWS_READ_BACK = 500

NumberedRow = tuple[str, int, Row]
"""A row with its case and its number in the file."""


def cases(rows: Iterator[tuple[str, Row]], sorting: bool) -> Iterator[tuple[str, list[Row]]]:
    """Each case with its rows, in the file's order within the case. ``rows`` are given with their case.

    With ``sorting``, rows of one case may stand anywhere in the file: they are merged through sorted temporary files
    of ``ROWS_IN_MEMORY`` rows. Without it only neighbouring rows make a case.
    """
    if not sorting:
        for case, neighbours in groupby(rows, lambda entry: entry[0]):
            yield case, [row for _, row in neighbours]
        return
    numbered = ((case, number, row) for number, (case, row) in enumerate(rows))
    with ExitStack() as stack:
        runs: list[Iterator[NumberedRow]] = []
        while run := sorted(islice(numbered, ROWS_IN_MEMORY), key=_order):
            # The last run needs no file, and most logs have only that one.
            runs.append(iter(run) if len(run) < ROWS_IN_MEMORY else _write_run(stack, run))
        for case, group in groupby(heapq.merge(*runs, key=_order), lambda entry: entry[0]):
            yield case, [row for _, _, row in group]


def _order(entry: NumberedRow) -> tuple[str, int]:
    return entry[:2]


def _write_run(stack: ExitStack, run: list[NumberedRow]) -> Iterator[NumberedRow]:
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    for start in range(0, len(run), _ROWS_READ_BACK):
        pickle.dump(run[start : start + _ROWS_READ_BACK], file, protocol=pickle.HIGHEST_PROTOCOL)
    file.seek(0)
    return chain.from_iterable(_read_back(file))


def _read_back(file: IO[bytes]) -> Iterator[list[NumberedRow]]:
    while True:
        try:
            yield pickle.load(file)  # noqa: S301 - our own temporary file, which no one else can open
        except EOFError:
            return
