"""How far long work is: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

LINE_EVERY_S = 5.0


class ProgressBar:
    """A bar on a terminal, which shows nothing elsewhere: there ``print_line`` and ``print_line_at_times`` do.

    ``counted`` shows how many of how many, ``timed`` the time gone and left; ``transient`` bars vanish at their end.
    """

    def __init__(
        self,
        console: Console,
        description: str,
        total: float | None = None,
        *,
        counted: bool = True,
        timed: bool = True,
        transient: bool = True,
    ) -> None:
        columns: list[ProgressColumn] = [TextColumn("{task.description}"), BarColumn()]
        columns += [MofNCompleteColumn()] if counted else []
        columns += [TimeElapsedColumn(), TimeRemainingColumn()] if timed else []
        self._console = console
        self._bar = Progress(
            *columns,
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
            transient=transient,
        )
        self._task = self._bar.add_task(description, total=total, note="")
        self._printed_at_s = float("-inf")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begins to show the bar."""
        self._bar.start()

    def stop(self) -> None:
        """Ends the bar, so that what is printed next stands below it; it may have ended before."""
        self._bar.stop()

    def update(
        self, done: float | None = None, total: float | None = None, description: str | None = None, note: str = ""
    ) -> None:
        """Shows ``done`` of ``total``, both as before when None, and a ``note`` behind them."""
        self._bar.update(self._task, completed=done, total=total, description=description, note=note)

    def print_line(self, line: str) -> None:
        """Prints a line where there is no terminal."""
        if not self._console.is_terminal:
            self._printed_at_s = time.monotonic()
            self._console.print(line, markup=False, soft_wrap=True)

    def print_line_at_times(self, line: str) -> None:
        """Prints a line where there is no terminal, unless the last one is less than ``LINE_EVERY_S`` ago."""
        if time.monotonic() - self._printed_at_s >= LINE_EVERY_S:
            self.print_line(line)


def follow(steps: Iterable[tuple[int, int]], unit: str, console: Console) -> None:
    """Goes through all ``steps``, each (done, of how many), and shows them as so many of a ``unit`` (``events``)."""
    with ProgressBar(console, unit) as bar:
        for done, total in steps:
            bar.update(done, total)
            print_line = bar.print_line if done == total else bar.print_line_at_times
            print_line(f"{done} of {total} {unit}")
