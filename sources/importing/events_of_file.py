"""A file and a mapping made ready → every event and every refusal, case by case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sources.compiled.compiled_mapping import Made, Rejected, Transform
from sources.files.file_columns import with_file_columns
from sources.files.readers import rows
from sources.files.rows import Row
from sources.importing.cases import cases
from sources.importing.row_account import RowAccount
from sources.mapping.mapping_file import Mapping


def produced(
    file: Path, mapping: Mapping, transform: Transform, account: RowAccount | None = None
) -> Iterator[Made | Rejected]:
    """Every event and every refusal of a file, case by case; ``account`` counts what becomes of each row."""
    counted = account or RowAccount(mapping)
    refused: list[Rejected] = []

    def keyed() -> Iterator[tuple[str, Row]]:
        for row in with_file_columns(file, rows(file, mapping), mapping.all_columns):
            counted.read += 1
            case = transform.case_of(row)
            if isinstance(case, Rejected):
                counted.refused += 1
                refused.append(case)
            else:
                yield case, row

    if mapping.rows == "case":
        grouped: Iterable[tuple[str, list[Row]]] = ((case, [row]) for case, row in keyed())
    else:
        # In XES too: a dossier may have two traces.
        grouped = cases(keyed(), sorting=True)
    for case, its_rows in grouped:
        yield from refused
        refused.clear()
        made = list(transform.events(case, its_rows))
        counted.settle(its_rows, made)
        yield from made
    yield from refused
