"""``hailong invite``: the link by which a citizen rates one dossier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.console import read_settings


def invite(
    unit: Annotated[str, typer.Option(help="Unit that handled the dossier.")],
    dossier: Annotated[str, typer.Option(help="The dossier's code.")],
    procedure: Annotated[str | None, typer.Option(help="Its procedure's code.")] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Days for which the link holds.")] = 30,
    qr: Annotated[Path | None, typer.Option(help="SVG file for the link as a QR code.")] = None,
) -> None:
    """Print the link by which a citizen rates one dossier on a phone."""
    from sources.links import invite as hand_out

    raise typer.Exit(hand_out(read_settings(), unit, dossier, procedure, days=days, qr=qr))
