"""Finds the mapping's columns in a file's header; a header that lacks one is a ``FileError`` with the remedy."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from contract.events.normal_text import normalize_name
from sources.files.rows import FileError


class Wanted(NamedTuple):
    """The columns that a mapping reads, those that a file may lack, and the texts that stand for an empty cell."""

    names: frozenset[str]
    optional: frozenset[str]
    missing: frozenset[str]

    def fit(self, header: Iterable[str]) -> int:
        """The number of wanted columns in a header."""
        return len({normalize_name(name) for name in self.names} & set(header))


def heading(cell: object) -> str:
    """A header's cell in the form in which names are compared."""
    return "" if cell is None else normalize_name(str(cell))


def positions(
    path: Path, place: str, header: list[str], wanted: Wanted, later: Iterable[tuple[int, list[str]]] = ()
) -> list[tuple[str, int]]:
    """Each wanted column by the mapping's name and its place in the header, in the file's order.

    ``header`` and ``later``, rows below it with their numbers, hold names as ``heading`` gives them. Raises
    ``FileError``: a column is missing (with the row that looks like the header, if any), or occurs twice.
    """
    present = [(name, header.index(title)) for name in wanted.names if (title := normalize_name(name)) in header]
    absent = sorted(wanted.names - {name for name, _ in present} - wanted.optional)
    if absent:
        there = ", ".join(name for name in header if name) or "none"
        message = f"{path}: the mapping needs column {', '.join(map(repr, absent))}; the file has {there} ({place})"
        better = max(later, key=lambda row: wanted.fit(row[1]), default=(0, []))
        if wanted.fit(better[1]) > max(wanted.fit(header), len(wanted.names - wanted.optional) // 2):
            message += (
                f". Row {better[0]} looks like the header: write file: {{header_row: {better[0]}}} in the mapping"
            )
        raise FileError(message)
    for name, index in present:
        if header.count(header[index]) > 1:
            raise FileError(f"{path}: column {name!r} occurs twice")
    return sorted(present, key=lambda column: column[1])
