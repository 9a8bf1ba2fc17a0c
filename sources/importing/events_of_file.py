"""A file and a compiled mapping → every event and every refusal, case by case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sources.compiled.compiled_mapping import CompiledMapping, MappedEvent, Rejected
from sources.files.file_columns import with_file_columns
from sources.files.readers import rows
from sources.files.rows import Row
from sources.importing.cases import cases
from sources.importing.row_account import RowAccount
from sources.mapping.mapping_file import MappingFile


def read_events(
    file: Path, mapping: MappingFile, compiled: CompiledMapping, account: RowAccount | None = None
) -> Iterator[MappedEvent | Rejected]:
    """Every event and every refusal of a file, case by case; ``account`` counts each row by its outcome."""
    counts = account or RowAccount(mapping)
    refused: list[Rejected] = []

    def rows_with_case() -> Iterator[tuple[str, Row]]:
        for row in with_file_columns(file, rows(file, mapping), mapping.all_columns):
            counts.read += 1
            case = compiled.case_of(row)
            if isinstance(case, Rejected):
                counts.refused += 1
                refused.append(case)
            else:
                yield case, row

    if mapping.rows == "case":
        grouped: Iterable[tuple[str, list[Row]]] = ((case, [row]) for case, row in rows_with_case())
    else:
        # In XES too: a dossier may have two traces.
        grouped = cases(rows_with_case(), sorting=True)
    for case, its_rows in grouped:
        yield from refused
        refused.clear()
        results = list(compiled.events(case, its_rows))
        counts.add_case(its_rows, results)
        yield from results
    yield from refused
