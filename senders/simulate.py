"""``hailong simulate``: a made-up working day, sent through ingest at once or written to a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console

from runtime.clock import clock_from
from runtime.settings import Settings
from senders.client import IngestError, Receipt
from senders.endpoints import EndpointsError, resolve
from senders.reference import read
from senders.sending import line, send_shown
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
        return _report(send_shown(settings, lines, out, "events", ""))
    except (EndpointsError, UnknownDayError, OSError) as error:
        out.print(f"[red]{error}[/]", soft_wrap=True)
    except IngestError as error:
        out.print(f"[red]ingest at {settings.ingest_url} does not take the events[/]: {error}", soft_wrap=True)
    return 2


def hanoi() -> Reference:
    """Hanoi's own units, procedures, tablets and calendar."""
    # The simulation needs no token, so the key does not matter here.
    return reference_from(read(None, "").events)


def _report(receipt: Receipt) -> int:
    out.print(f"sent {receipt.sent}, accepted {receipt.accepted}, refused {len(receipt.rejected)}")
    for reason, n in receipt.reasons.most_common():
        first = next(entry for entry in receipt.rejected if entry["reason"] == reason)
        out.print(f"  {reason}: {n}, the first: {first['detail']}", markup=False, soft_wrap=True)
    return 1 if receipt.rejected else 0
