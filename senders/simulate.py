"""``hailong simulate``: a made-up working day, sent through ingest at once or written to a file."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from runtime.clock import clock_from
from runtime.settings import Settings
from senders.client import IngestClient, IngestError, Receipt
from senders.endpoints import EndpointsError, resolve
from senders.reference import read
from senders.simulation.calendar import UnknownDayError, from_clock
from senders.simulation.day import working_day
from senders.simulation.place import Reference, reference_from

out = Console(highlight=False)


def run(settings: Settings, day: date | None, *, seed: int, scale: float, output: Path | None) -> int:
    """Make ``day`` (the last completed working day when None) at ``scale`` times Hanoi's volume; the exit code.

    With ``output`` the events go to that file as JSON lines and nothing is sent. 0: all accepted or written.
    1: ingest refused some. 2: wrong arguments, or ingest cannot be used.
    """
    if not scale > 0:
        out.print(f"[red]--scale[/] must be more than 0, not {scale:g}")
        return 2
    try:
        settings = resolve(settings)
        reference = hanoi()
        day = day or reference.working_time.last_completed(from_clock(clock_from(settings.clock)()))
        out.print(f"making {day}, seed {seed}, {scale:g} of Hanoi's volume")
        lines = [line(event) for event in working_day(reference, day, seed, scale)]
        if output:
            output.write_bytes(b"".join(text + b"\n" for text in lines))
            out.print(f"{len(lines)} events written to {output}", soft_wrap=True)
            return 0
        return _report(_send(settings, lines))
    except (EndpointsError, UnknownDayError, OSError) as error:
        out.print(f"[red]{error}[/]", soft_wrap=True)
    except IngestError as error:
        out.print(f"[red]ingest at {settings.ingest_url} does not take the events[/]: {error}", soft_wrap=True)
    return 2


def hanoi() -> Reference:
    """Hanoi's own units, procedures, tablets and calendar."""
    # The simulation needs no token, so the key does not matter here.
    return reference_from(read(None, "").events)


def line(event: dict[str, Any]) -> bytes:
    """The event as one line of JSON."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _send(settings: Settings, lines: list[bytes]) -> Receipt:
    with (
        Progress(
            TextColumn("events"), BarColumn(), MofNCompleteColumn(), console=out, disable=not out.is_terminal
        ) as bar,
        IngestClient(settings.ingest_url, settings.api_key.get_secret_value()) as client,
    ):
        task = bar.add_task("", total=len(lines))

        def show(receipt: Receipt) -> None:
            bar.update(task, completed=receipt.sent)
            if not out.is_terminal:
                out.print(f"{receipt.sent} of {len(lines)} events sent")

        return client.send(lines, show)


def _report(receipt: Receipt) -> int:
    out.print(f"sent {receipt.sent}, accepted {receipt.accepted}, refused {len(receipt.rejected)}")
    for reason, n in receipt.reasons.most_common():
        first = next(entry for entry in receipt.rejected if entry["reason"] == reason)
        out.print(f"  {reason}: {n}, the first: {first['detail']}", markup=False, soft_wrap=True)
    return 1 if receipt.rejected else 0
