"""How far long work is: a bar on a terminal, a line every few seconds elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

LINE_EVERY_S = 5.0


def follow(steps: Iterable[tuple[int, int]], what: str, console: Console) -> None:
    """Goes through all ``steps``, each (done, of how many), and shows them as so many of ``what``."""
    printed_at = float("-inf")
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
        transient=True,
    ) as progress:
        task = progress.add_task(what, total=None)
        for done, total in steps:
            progress.update(task, completed=done, total=total)
            if not console.is_terminal and (done == total or time.monotonic() - printed_at >= LINE_EVERY_S):
                printed_at = time.monotonic()
                console.print(f"{done} of {total} {what}", markup=False, soft_wrap=True)
