"""``hailong import`` and ``simulate``: events of a file or of a made-up day."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from runtime.console import out, read_settings


def import_file(
    file: Annotated[Path | None, typer.Argument(help="CSV, XES, Parquet or Excel; .gz is read as it is.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="How columns become events (see mappings/).")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent and refused, and send nothing.")
    ] = False,
    undo: Annotated[str, typer.Option(help="Take back, for good, what was imported under this name.")] = "",
    by: Annotated[str, typer.Option(help="Who takes it back (--undo).")] = "",
    reason: Annotated[str, typer.Option(help="Why (--undo).")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before taking it back.")] = False,
) -> None:
    """Read an export of an existing one-stop system into events and send them through ingest, or take one back."""
    if undo:
        raise typer.Exit(_take_back(undo, by, reason, yes=yes))
    if file is None or mapping is None:
        out.print("name a file and its --mapping, or an import to --undo")
        raise typer.Exit(2)
    from sources.importing.importer import run

    raise typer.Exit(run(read_settings(), file, mapping, dry_run=dry_run))


def _take_back(name: str, by: str, reason: str, *, yes: bool) -> int:
    from sources.importing.undo import undo

    if not by or not reason:
        out.print("--undo needs --by and --reason: both stay in the log beside what is taken back")
        return 2

    def confirm(question: str) -> bool:
        if not yes and not sys.stdin.isatty():
            out.print("say --yes to take it back")
        return yes or (sys.stdin.isatty() and typer.confirm(question))

    return undo(read_settings(), name, by, reason, confirm)


def simulate(
    day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The working day to make.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 1,
    scale: Annotated[float, typer.Option(help="Share of a real day's volume.")] = 0.1,
    output: Annotated[Path | None, typer.Option(help="Write JSON lines here instead of sending them.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Years instead of a day: hanoi-2015-2019 (scale 1 is 66,274,910 dossiers).")
    ] = None,
) -> None:
    """Make a working day of Hanoi's one-stop points, or years of dossiers, and send it through ingest at once."""
    from sources.simulation.command import run

    made = day.date() if day else None
    raise typer.Exit(run(read_settings(), made, seed=seed, scale=scale, output=output, profile=profile))
