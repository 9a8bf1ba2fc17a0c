"""Invites a citizen to rate a dossier on a phone: the signed link, also as a QR code for a receipt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import segno
from pydantic import ValidationError
from rich.console import Console

from contract.links import RatingLink
from runtime.clock import VIETNAM, clock_from
from runtime.settings import Settings
from senders.endpoints import EndpointsError, resolve

MODULE_PX = 4
out = Console(highlight=False)


def run(settings: Settings, unit: str, dossier: str, procedure: str | None, *, days: int, qr: Path | None) -> int:
    """Prints the link; 2 when a code is none or the key of the systems is not known."""
    try:
        settings = resolve(settings)
    except EndpointsError as fault:
        out.print(str(fault), style="red", soft_wrap=True)
        return 2
    key = settings.api_key.get_secret_value()
    if not key:
        out.print("[red]HAILONG_API_KEY[/] is not set, and no local stack is running: a link is signed with that key")
        return 2
    last_day = clock_from(settings.clock)().astimezone(VIETNAM).date() + timedelta(days=days)
    try:
        link = RatingLink(unit=unit, dossier=dossier, procedure=procedure, last_day=last_day)
    except ValidationError as error:
        for wrong in error.errors():
            out.print(f"[red]{wrong['loc'][0]}[/]: {wrong['msg']}")
        return 2
    address = link.address(settings.public_feedback_url or settings.feedback_url, key)
    if qr:
        segno.make(address, error="m", micro=False).save(str(qr), scale=MODULE_PX)
    out.print(address, soft_wrap=True)
    return 0
