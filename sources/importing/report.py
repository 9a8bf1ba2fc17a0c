"""The report of an import: progress while it runs, then totals, refusals and where the time went."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.table import Table

from runtime.ingest_client import Absence, Receipt, absence_text
from runtime.progress import ProgressBar
from sources.compiled.compiled_mapping import MappedEvent, Rejected
from sources.importing.distinct import DistinctCount
from sources.importing.row_account import SHOWN_ROWS, RowAccount
from sources.wait_until_stored import WaitResult

SHOWN_REFUSALS = 20
UNREADABLE = "unreadable"
"""The reason for what was refused here, before ingest; ingest has reasons of its own (contract/events/refusals.py)."""


class Report:
    """Counts events and refusals, which go to ``<folder>/<file name>.rejected.ndjson`` as they come."""

    def __init__(self, file: Path, folder: Path, console: Console, account: RowAccount, kind: str = "rejected") -> None:
        self.account = account
        self.console = console
        self._file = file
        self._rejected_path = folder / f"{file.name}.{kind}.ndjson"
        self._shown: list[str] = []
        self._in_flight: deque[MappedEvent] = deque()
        self._distinct = DistinctCount(tempfile.TemporaryFile())  # noqa: SIM115 - closed on leaving
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._started = time.perf_counter()
        self._total_rows = 0
        self._is_warned = False
        self.sent = self.accepted = 0
        self.reasons: Counter[tuple[str, str]] = Counter()

    @property
    def refused(self) -> int:
        """The number of events and rows that were not taken; ``reasons`` counts them by reason and column."""
        return self.reasons.total()

    def __enter__(self) -> Self:
        self._rejected_path.parent.mkdir(parents=True, exist_ok=True)
        self._rejected = self._rejected_path.open("w", encoding="utf-8")
        self._bar = ProgressBar(self.console, "reading rows")
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        self._rejected.close()
        self._distinct.close()
        if not self.refused:
            self._rejected_path.unlink()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts the time inside towards this stage."""
        started = time.perf_counter()
        yield
        self.spend(name, time.perf_counter() - started)

    def spend(self, name: str, seconds: float) -> None:
        """Counts this time towards a stage."""
        self._seconds[name] += seconds

    def spent(self, name: str) -> float:
        """Seconds counted towards a stage so far."""
        return self._seconds[name]

    def show_survey(self, rows: int, remarks: list[str]) -> None:
        """Shows that the file was read once and has this many rows, and the reader's ``remarks``."""
        self._total_rows = rows
        self._bar.update(description="sending rows", total=rows)
        self._bar.print_line(f"{self._file}: {rows} rows")
        for remark in remarks:
            self.console.print(f"{self._file}: {remark}", markup=False, soft_wrap=True)

    def add_sent(self, event: MappedEvent) -> None:
        """Remembers an event on its way; ingest answers in the same order."""
        self._in_flight.append(event._replace(line=b""))

    def add_answer(self, receipt: Receipt, before: int) -> None:
        """Counts ingest's answer to events ``before`` to ``receipt.sent``, and empties ``receipt.rejected``."""
        refusals = {entry["index"]: entry for entry in receipt.rejected}
        receipt.rejected.clear()
        for index in range(before, receipt.sent):
            event = self._in_flight.popleft()
            refusal = refusals.get(index)
            if refusal is None:
                self._distinct.add(event.id)
            else:
                self.refuse(event, refusal["reason"], refusal["detail"])
        self.sent += receipt.sent - before
        self.accepted += receipt.sent - before - len(refusals)
        if not self.accepted and not self._is_warned:
            self._is_warned = True
            first = next(iter(refusals.values()))
            self.warn(f"none of the first {self.sent:,} events was taken: {first['reason']}: {first['detail']}")
        self._advance()

    def refuse(self, event: MappedEvent, reason: str, detail: str) -> None:
        """Counts an event that ingest refused, under the column behind the field that ``detail`` names."""
        column = event.columns.get(detail.partition(":")[0], "")
        self._refuse(Rejected(event.place, event.case, column, detail), reason, event.id)

    def add_rejected(self, rejected: Rejected) -> None:
        """Counts a row or event that was not sent."""
        self._refuse(rejected, UNREADABLE, None)

    def distinct_accepted(self) -> int:
        """How many different events were accepted."""
        return self._distinct.result()

    def _refuse(self, rejected: Rejected, reason: str, event_id: str | None) -> None:
        place, case, column, detail = rejected
        self.reasons[reason, column] += 1
        entry: dict[str, Any] = {"file": str(self._file), "line": place, "case": case, "column": column}
        entry |= {"reason": reason, "detail": detail, "id": event_id}
        self._rejected.write(json.dumps(entry, ensure_ascii=False) + "\n")
        if len(self._shown) < SHOWN_REFUSALS:
            names = [f"line {place}", case and f"case {case}", column and f"column {column}"]
            self._shown.append(f"{self._file.name}: {', '.join(filter(None, names))}: {reason}: {detail}")

    def _advance(self) -> None:
        self._bar.update(self.account.read)
        rate = self.sent / (time.perf_counter() - self._started)
        self._bar.print_line_at_times(
            f"{self.account.read} of {self._total_rows} rows, {self.sent} events sent, {rate:.0f} events/s"
        )

    def show_storing(self, stored: int, accepted: int, doing: str) -> None:
        """Shows how many events the store has counted, and what is being done."""
        self._bar.update(min(stored, accepted), accepted, doing)
        self._bar.print_line_at_times(f"{min(stored, accepted):,} of {accepted:,} events are in every figure; {doing}")

    def show_absence(self, absence: Absence) -> None:
        """Prints that ingest does not take events, and how long the import waits."""
        self.console.print(absence_text(absence), style="yellow", markup=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Prints a warning."""
        self.console.print(text, style="yellow", markup=False, soft_wrap=True)

    def finish(self, waited: WaitResult | None, accepted: int, new: int | None, hidden: int) -> None:
        """Prints the totals. ``waited`` (for ``accepted`` different events) is None when the store was not reached;
        ``new`` is the number of them that were not stored before, None when it is not known; ``hidden`` events were
        left out because another event ends their case.
        """
        self._bar.stop()
        self.print_refusals()
        elapsed_s = time.perf_counter() - self._started
        table = self.table_of_rows(hidden)
        table.add_row("events sent", f"{self.sent:,}")
        table.add_row("accepted", f"{self.accepted:,}")
        if new is not None:
            table.add_row("… new", f"{new:,}" if new else "none: all of it was known already, nothing was changed")
            table.add_row("… known already", f"{max(accepted - new, 0):,}")
        self.add_refusals(table)
        if waited is not None:
            table.add_row("in every figure, of this source", f"{waited.counts.stored:,}")
        table.add_row("time", f"{elapsed_s:.1f} s, {self.sent / elapsed_s:,.0f} events/s")
        for name, label in (
            ("reading", "reading and transforming"),
            ("ingest", "waiting for ingest"),
            ("store", "waiting for the store"),
        ):
            table.add_row(label, f"{self._seconds[name] / elapsed_s:.0%}")
        self.console.print(table)
        if waited is not None and waited.reason:
            waiting = max(accepted - waited.counts.stored, 0)
            self.warn(
                f"{waiting:,} of {accepted:,} events are not in the figures yet: {waited.reason}. Ingest keeps all "
                "that it accepted; they will be counted, and running the import again counts nothing twice"
            )
        self.print_place()

    def print_refusals(self) -> None:
        """Prints the first refusals."""
        for line in self._shown:
            self.console.print(line, markup=False, soft_wrap=True)
        if self.refused > len(self._shown):
            self.console.print(f"… and {self.refused - len(self._shown)} more", markup=False)

    def table_of_rows(self, hidden: int) -> Table:
        """A table whose first lines count the rows: all, sent, refused, skipped."""
        table = Table(show_header=False)
        account = self.account
        table.add_row("rows", f"{account.read:,}")
        table.add_row("… sent", f"{account.sent:,}")
        table.add_row("… refused", f"{account.refused:,}")
        first = f" (line {', '.join(map(str, account.skipped_rows))}{', …' * (account.skipped > SHOWN_ROWS)})"
        table.add_row("… skipped by the mapping's rules", f"{account.skipped:,}{first if account.skipped else ''}")
        if hidden:
            table.add_row("events left out by endings", f"{hidden:,}")
        return table

    def add_refusals(self, table: Table) -> None:
        """Adds the number of refusals by reason and column."""
        for (reason, column), count in self.reasons.most_common():
            table.add_row(f"refused: {reason}" + (f", column {column}" if column else ""), f"{count:,}")

    def print_place(self) -> None:
        """Prints the path of the file with every refusal."""
        if self.refused:
            self.console.print(f"every refusal: {self._rejected_path}", markup=False, soft_wrap=True)
