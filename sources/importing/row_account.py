"""What became of each row of a file: sent, refused, or passed over by the mapping's rules; the sum is all rows."""

from __future__ import annotations

from collections.abc import Sequence

from sources.compiled.compiled_mapping import Made, Rejected
from sources.files.rows import FileError, Row
from sources.mapping.mapping_file import Mapping

SHOWN_ROWS = 5


class RowAccount:
    """Counts rows of one reading of a file.

    ``sent``: at least one event was made of the row, alone or with the others of its case. ``refused``: none was, for a
    reason that was told. ``skipped``: the mapping's rules make nothing of it; ``skipped_rows`` are the first of these.
    """

    def __init__(self, mapping: Mapping) -> None:
        self._whole_cases = any(rule.each == "case" for rule in mapping.events)
        self.read = self.sent = self.refused = self.skipped = 0
        self.skipped_rows: list[int] = []

    def settle(self, rows: Sequence[Row], made: Sequence[Made | Rejected]) -> None:
        """A case's rows, and everything that was made of them."""
        if made and made[0].__class__ is Made and len(rows) == 1:
            self.sent += 1
            return
        sent = {one.place for one in made if isinstance(one, Made)}
        refused = {one.place for one in made if isinstance(one, Rejected)}
        # What a whole case makes, and what is refused of it, is told at the case's first row.
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
        """Raises ``FileError`` unless every one of the ``expected`` rows has one of the three ends."""
        ended = self.sent + self.refused + self.skipped
        if not self.read == ended == expected:
            raise FileError(
                f"the rows do not add up: {expected} in the first reading, {self.read} in the second, "
                f"{self.sent} sent, {self.refused} refused, {self.skipped} skipped; "
                "was the file changed meanwhile? Run the import again"
            )
