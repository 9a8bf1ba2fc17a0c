"""The rows of a file by outcome: sent, refused, or skipped by the mapping's rules. The three add up to all rows."""

from __future__ import annotations

from collections.abc import Sequence

from sources.compiled.compiled_mapping import MappedEvent, Rejected
from sources.files.rows import FileError, Row
from sources.mapping.mapping_file import MappingFile

SHOWN_ROWS = 5


class RowAccount:
    """Counts rows of one reading of a file.

    ``sent``: the row gives at least one event, alone or with the others of its case. ``refused``: it gives none, for a
    reported reason. ``skipped``: no rule of the mapping applies to it; ``skipped_rows`` are the first of these.
    """

    def __init__(self, mapping: MappingFile) -> None:
        self._whole_cases = any(rule.each == "case" for rule in mapping.events)
        self.read = self.sent = self.refused = self.skipped = 0
        self.skipped_rows: list[int] = []

    def add_case(self, rows: Sequence[Row], results: Sequence[MappedEvent | Rejected]) -> None:
        """Counts a case's rows by their ``results``."""
        if results and results[0].__class__ is MappedEvent and len(rows) == 1:
            self.sent += 1
            return
        sent = {result.place for result in results if isinstance(result, MappedEvent)}
        refused = {result.place for result in results if isinstance(result, Rejected)}
        # Events and refusals of a whole case bear the place of the case's first row.
        whole = self._whole_cases and rows[0].place
        for row in rows:
            if row.place in sent:
                self.sent += 1
            elif row.place in refused:
                self.refused += 1
            elif whole in sent:
                self.sent += 1
            elif whole in refused:
                self.refused += 1
            else:
                self.skipped += 1
                if len(self.skipped_rows) < SHOWN_ROWS:
                    self.skipped_rows.append(row.place)

    def check(self, expected: int) -> None:
        """Raises ``FileError`` unless every one of the ``expected`` rows has one of the three outcomes."""
        total = self.sent + self.refused + self.skipped
        if not self.read == total == expected:
            raise FileError(
                f"the rows do not add up: {expected} in the first reading, {self.read} in the second, "
                f"{self.sent} sent, {self.refused} refused, {self.skipped} skipped; "
                "was the file changed meanwhile? Run the import again"
            )
