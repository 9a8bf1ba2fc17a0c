"""``hailong simulate``: a made-up working day or five years of dossiers, sent through ingest or written to a file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rich.console import Console

from runtime.clock import clock_from
from runtime.endpoints import EndpointsError, resolve
from runtime.ingest_client import IngestError, Receipt, event_line
from runtime.settings import Settings
from sources.reference.load import read
from sources.send_all import send_with_progress
from sources.simulation import five_years
from sources.simulation.calendar import UnknownDayError, from_clock
from sources.simulation.day import working_day
from sources.simulation.place import Reference, reference_from

out = Console(highlight=False)


PROFILES = ("hanoi-2015-2019",)


def run(
    settings: Settings, day: date | None, *, seed: int, scale: float, output: Path | None, profile: str | None = None
) -> int:
    """Make ``day`` (the last completed working day when None) at ``scale`` times Hanoi's volume; the exit code.

    With ``profile`` not a day is made but the dossiers of some years, as reports count them (five_years.py). With
    ``output`` the events go to that file as JSON lines and nothing is sent. 0: all accepted or written. 1: ingest
    refused some. 2: wrong arguments, or ingest cannot be used.
    """
    if not scale > 0:
        out.print(f"[red]--scale[/] must be more than 0, not {scale:g}")
        return 2
    if profile not in {None, *PROFILES}:
        out.print(f"[red]--profile[/] is one of {', '.join(PROFILES)}, not {profile}", soft_wrap=True)
        return 2
    try:
        settings = resolve(settings)
        reference = hanoi()
        if profile:
            received, in_time = five_years.size(scale)
            out.print(f"making {received:,} dossiers of 2015-2019, {in_time:,} of them in time, seed {seed}")
            return _deliver(settings, map(event_line, five_years.events(reference, seed, scale)), 2 * received, output)
        day = day or reference.working_time.last_completed(from_clock(clock_from(settings.clock)()))
        out.print(f"making {day}, seed {seed}, {scale:g} of Hanoi's volume")
        lines = [event_line(event) for event in working_day(reference, day, seed, scale)]
        return _deliver(settings, lines, len(lines), output)
    except (EndpointsError, UnknownDayError, OSError) as error:
        out.print(f"[red]{error}[/]", soft_wrap=True)
    except IngestError as error:
        out.print(f"[red]ingest at {settings.ingest_url} does not take the events[/]: {error}", soft_wrap=True)
    return 2


def _deliver(settings: Settings, lines: Iterable[bytes], total: int, output: Path | None) -> int:
    if output is None:
        return _report(send_with_progress(settings, lines, total, out, "events", ""))
    with output.open("wb") as file:
        file.writelines(text + b"\n" for text in lines)
    out.print(f"{total} events written to {output}", soft_wrap=True)
    return 0


def hanoi() -> Reference:
    """Hanoi's own units, procedures, tablets and calendar."""
    return reference_from(read(None).events)


def _report(receipt: Receipt) -> int:
    out.print(f"sent {receipt.sent}, accepted {receipt.accepted}, refused {len(receipt.rejected)}")
    for reason, n in receipt.reasons.most_common():
        first = next(entry for entry in receipt.rejected if entry["reason"] == reason)
        out.print(f"  {reason}: {n}, the first: {first['detail']}", markup=False, soft_wrap=True)
    return 1 if receipt.rejected else 0
