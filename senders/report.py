"""What an import tells: progress while it runs, then totals, refusals and where the time went."""

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
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from senders.accounting import SHOWN_ROWS, RowAccount
from senders.client import Receipt
from senders.distinct import DistinctCount
from senders.transform import Made, Rejected

SHOWN_REFUSALS = 20
LINE_EVERY_S = 5.0
UNREADABLE = "unreadable"
"""The reason for what was refused here, before ingest; ingest has reasons of its own (contract/refusals.py)."""


class Report:
    """Keeps count. Refusals go to ``<folder>/<file name>.rejected.ndjson`` as they come; the first are kept to show."""

    def __init__(self, file: Path, folder: Path, console: Console, account: RowAccount) -> None:
        self.account = account
        self._console = console
        self._file = file
        self._rejected_path = folder / f"{file.name}.rejected.ndjson"
        self._shown: list[str] = []
        self._in_flight: deque[tuple[str, int, str]] = deque()
        self._distinct = DistinctCount(tempfile.TemporaryFile())  # noqa: SIM115 - closed on leaving
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._started = self._printed = time.perf_counter()
        self._total_rows = 0
        self.sent = self.accepted = 0
        self.reasons: Counter[str] = Counter()

    @property
    def refused(self) -> int:
        """Events and rows that were not taken."""
        return self.reasons.total()

    def __enter__(self) -> Self:
        self._rejected_path.parent.mkdir(parents=True, exist_ok=True)
        self._rejected = self._rejected_path.open("w", encoding="utf-8")
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._task = self._progress.add_task("reading rows", total=None)
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
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

    def surveyed(self, rows: int, remarks: list[str]) -> None:
        """The file was read once and has this many rows; ``remarks`` are what a person should know of it."""
        self._total_rows = rows
        self._progress.update(self._task, description="sending rows", total=rows)
        self._line(f"{self._file}: {rows} rows")
        for remark in remarks:
            self._console.print(f"{self._file}: {remark}", markup=False, soft_wrap=True)

    def in_flight(self, event: Made) -> None:
        """An event is on its way; ingest answers in the same order."""
        self._in_flight.append((event.id, event.place, event.case))

    def answered(self, receipt: Receipt, before: int) -> None:
        """Ingest's answer to everything from number ``before`` to ``receipt.sent``; takes its refusals out of it."""
        refusals = {entry["index"]: entry for entry in receipt.rejected}
        receipt.rejected.clear()
        for index in range(before, receipt.sent):
            event_id, place, case = self._in_flight.popleft()
            refusal = refusals.get(index)
            if refusal is None:
                self._distinct.add(event_id)
            else:
                self._refuse(Rejected(place, case, "", refusal["detail"]), refusal["reason"], event_id)
        self.sent += receipt.sent - before
        self.accepted += receipt.sent - before - len(refusals)
        self._advance()

    def reject(self, rejected: Rejected) -> None:
        """A row or event that was not sent."""
        self._refuse(rejected, UNREADABLE, None)

    def distinct_accepted(self) -> int:
        """How many different events were accepted."""
        return self._distinct.result()

    def _refuse(self, what: Rejected, reason: str, event_id: str | None) -> None:
        self.reasons[reason] += 1
        entry: dict[str, Any] = {"file": str(self._file), "line": what.place, "case": what.case, "column": what.column}
        entry |= {"reason": reason, "detail": what.reason, "id": event_id}
        self._rejected.write(json.dumps(entry, ensure_ascii=False) + "\n")
        if len(self._shown) < SHOWN_REFUSALS:
            named = [f"line {what.place}", what.case and f"case {what.case}", what.column and f"column {what.column}"]
            self._shown.append(f"{self._file.name}: {', '.join(filter(None, named))}: {reason}: {what.reason}")

    def _advance(self) -> None:
        self._progress.update(self._task, completed=self.account.read)
        now = time.perf_counter()
        if now - self._printed >= LINE_EVERY_S:
            self._printed = now
            rate = self.sent / (now - self._started)
            self._line(f"{self.account.read} of {self._total_rows} rows, {self.sent} events sent, {rate:.0f} events/s")

    def _line(self, text: str) -> None:
        if not self._console.is_terminal:
            self._console.print(text, markup=False, soft_wrap=True)

    def storing(self, stored: int, accepted: int) -> None:
        """How far the store is."""
        self._progress.update(self._task, description="storing events", completed=min(stored, accepted), total=accepted)

    def finish(self, stored: int | None, accepted: int) -> None:
        """Prints the totals; ``stored`` (of ``accepted`` different events) is None when the store was not asked."""
        self._progress.stop()
        elapsed_s = time.perf_counter() - self._started
        for line in self._shown:
            self._console.print(line, markup=False, soft_wrap=True)
        if self.refused > len(self._shown):
            self._console.print(f"… and {self.refused - len(self._shown)} more", markup=False)
        table = Table(show_header=False)
        account = self.account
        table.add_row("rows", f"{account.read:,}")
        table.add_row("… sent", f"{account.sent:,}")
        table.add_row("… refused", f"{account.refused:,}")
        first = f" (line {', '.join(map(str, account.skipped_rows))}{', …' * (account.skipped > SHOWN_ROWS)})"
        table.add_row("… skipped by the mapping's rules", f"{account.skipped:,}{first if account.skipped else ''}")
        table.add_row("events sent", f"{self.sent:,}")
        table.add_row("accepted", f"{self.accepted:,}")
        for reason, count in self.reasons.most_common():
            table.add_row(f"refused: {reason}", f"{count:,}")
        if stored is not None:
            late = "" if stored >= accepted else f" of {accepted:,}: the store stood still; the rest will come"
            table.add_row("stored of this source", f"{stored:,}{late}")
        table.add_row("time", f"{elapsed_s:.1f} s, {self.sent / elapsed_s:,.0f} events/s")
        for name, label in (
            ("reading", "reading and transforming"),
            ("ingest", "waiting for ingest"),
            ("store", "waiting for the store"),
        ):
            table.add_row(label, f"{self._seconds[name] / elapsed_s:.0%}")
        self._console.print(table)
        if self.refused:
            self._console.print(f"every refusal: {self._rejected_path}", markup=False, soft_wrap=True)
