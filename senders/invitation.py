"""Addresses to hand out, also as QR codes: the link by which a dossier is rated, and the one that sets a tablet up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import segno
from pydantic import ValidationError
from rich.console import Console

from contract.devices import device_token
from contract.links import RatingLink
from runtime.clock import VIETNAM, clock_from
from runtime.settings import Settings
from senders.endpoints import EndpointsError, resolve

MODULE_PX = 4
out = Console(highlight=False)


def invite(settings: Settings, unit: str, dossier: str, procedure: str | None, *, days: int, qr: Path | None) -> int:
    """Prints the link for rating a dossier; 2 when a code is none or the key of the systems is not known."""
    found = with_key(settings)
    if found is None:
        return 2
    last_day = clock_from(found.clock)().astimezone(VIETNAM).date() + timedelta(days=days)
    try:
        link = RatingLink(unit=unit, dossier=dossier, procedure=procedure, last_day=last_day)
    except ValidationError as error:
        for wrong in error.errors():
            out.print(f"[red]{wrong['loc'][0]}[/]: {wrong['msg']}")
        return 2
    return _hand_out(link.address(found.site, found.api_key.get_secret_value()), qr)


def set_up_tablet(settings: Settings, device: str, place: Mapping[str, str | None], *, qr: Path | None) -> int:
    """Prints the address that a tablet is opened with once; 2 when the key of the systems is not known."""
    found = with_key(settings)
    return 2 if found is None else _hand_out(tablet_address(found, device, place), qr)


def tablet_address(settings: Settings, device: str, place: Mapping[str, str | None]) -> str:
    """The address that a tablet is opened with once; ``place`` holds unit, counter, name, faces and layout.

    The token stands behind the ``#``, which browsers send to no server.
    """
    told = {"device": device, **{name: value for name, value in place.items() if value}}
    token = device_token(settings.api_key.get_secret_value(), device)
    return f"{settings.site}/?{urlencode(told, quote_via=quote)}#token={token}"


def with_key(settings: Settings) -> Settings | None:
    """The settings with the key and the addresses of the running stack; None, and why is printed, without a key."""
    try:
        found = resolve(settings)
    except EndpointsError as fault:
        out.print(str(fault), style="red", soft_wrap=True)
        return None
    if not found.api_key.get_secret_value():
        out.print("[red]HAILONG_API_KEY[/] is not set and no local stack was found: start one with `hailong up`")
        return None
    return found


def _hand_out(address: str, qr: Path | None) -> int:
    if qr:
        segno.make(address, error="m", micro=False).save(str(qr), scale=MODULE_PX)
    out.print(address, soft_wrap=True)
    return 0
