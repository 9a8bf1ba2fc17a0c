"""A file and a mapping made ready → every event and every refusal, case by case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from senders.cases import cases
from senders.file_columns import with_file_columns
from senders.mapping import Mapping
from senders.readers import file_format, rows
from senders.rows import Row
from senders.transform import Made, Rejected, Transform


def produced(
    file: Path,
    mapping: Mapping,
    transform: Transform,
    on_row: Callable[[], None] | None = None,
    on_skipped: Callable[[int], None] | None = None,
) -> Iterator[Made | Rejected]:
    """Every event and every refusal of a file, case by case.

    ``on_row`` is called for each row that was read, ``on_skipped`` with the number of rows of a case that make nothing:
    no event is made of them, they are no part of one that a whole case makes, and nothing is wrong with them.
    """
    refused: list[Rejected] = []

    def keyed() -> Iterator[tuple[str, Row]]:
        for row in with_file_columns(file, rows(file, mapping), mapping.all_columns):
            if on_row:
                on_row()
            case = transform.case_of(row)
            if isinstance(case, Rejected):
                refused.append(case)
            else:
                yield case, row

    if mapping.rows == "case":
        grouped: Iterable[tuple[str, list[Row]]] = ((case, [row]) for case, row in keyed())
    else:
        # XES holds each case in one piece already.
        grouped = cases(keyed(), sorting=file_format(file, mapping.file) != "xes")
    by_case = any(rule.each == "case" for rule in mapping.events)
    for case, its_rows in grouped:
        yield from refused
        refused.clear()
        found = list(transform.events(case, its_rows))
        yield from found
        if on_skipped and not (by_case and found):
            on_skipped(len(its_rows) - len({one.place for one in found}))
    yield from refused
