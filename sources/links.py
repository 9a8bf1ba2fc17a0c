"""Addresses to hand out, also as QR codes: the link by which a dossier is rated, and the one that sets a tablet up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import segno
from pydantic import ValidationError
from rich.console import Console

from contract.links.device_token import token_hash
from contract.links.rating import RatingLink
from contract.time import VIETNAM
from runtime.clock import clock_from
from runtime.endpoints import EndpointsError, resolve
from runtime.ingest_client import IngestError
from runtime.settings import Settings
from sources.reference.reference_events import CommandError, send_reference_event
from sources.reference.tablet_tokens import TabletTokens
from sources.reference.tablets import Tablet, known_tablets

MODULE_PX = 4
out = Console(highlight=False)
notes = Console(highlight=False, stderr=True)


def invite(settings: Settings, unit: str, dossier: str, procedure: str | None, *, days: int, qr: Path | None) -> int:
    """Prints the link for rating a dossier; the exit code, 2 when a code is not valid or there is no key."""
    ready = with_key(settings)
    if ready is None:
        return 2
    last_day = clock_from(ready.clock)().astimezone(VIETNAM).date() + timedelta(days=days)
    try:
        link = RatingLink(unit=unit, dossier=dossier, procedure=procedure, last_day=last_day)
    except ValidationError as error:
        for wrong in error.errors():
            out.print(f"[red]{wrong['loc'][0]}[/]: {wrong['msg']}")
        return 2
    return _print_address(link.address(ready.site, ready.api_key.get_secret_value()), qr)


def set_up_tablet(settings: Settings, device: str, place: Mapping[str, str | None], *, qr: Path | None) -> int:
    """Prints the address that a tablet is opened with once; the exit code.

    The tablet is paired anew for the place, which ends the token that it had, unless it is paired there with the token
    that was made for it here. 1: it was not paired, and why. 2: the key is not known.
    """
    ready = with_key(settings)
    if ready is None:
        return 2
    tokens = TabletTokens(ready.state_dir)
    token = tokens.get(device)
    try:
        tablet = known_tablets(ready).get(device)
        if not (token and tablet and tablet.holds(token, place["unit"], place.get("counter"))):
            token = tokens.make([device])[device]
            _pair(ready, device, place, token, tablet)
            notes.print(f"{device} is paired with a new token; one that it had before is worth nothing", markup=False)
    except (CommandError, IngestError) as fault:
        notes.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    return _print_address(tablet_address(ready.site, device, place, token), qr)


def _pair(settings: Settings, device: str, place: Mapping[str, str | None], token: str, former: Tablet | None) -> None:
    kiosk = "counter" if place.get("counter") else "exit"
    data = {name: place[name] for name in ("unit", "counter", "name") if place.get(name)}
    data |= {"kiosk": kiosk, "token_sha256": token_hash(token)}
    if former and former.since and former.unit == place["unit"]:
        data["since"] = former.since.isoformat()
    send_reference_event(settings, "device.paired", device, data, newest=former.time if former else None)


def tablet_address(site: str, device: str, place: Mapping[str, str | None], token: str) -> str:
    """The address under ``site`` that a tablet is opened with once; ``place`` holds unit, counter, name and layout.

    The token stands behind the ``#``, which browsers send to no server.
    """
    parameters = {"device": device, **{name: value for name, value in place.items() if value}}
    return f"{site}/?{urlencode(parameters, quote_via=quote)}#token={token}"


def with_key(settings: Settings) -> Settings | None:
    """The settings with the key and the addresses of the running stack; None, and why is printed, without a key."""
    try:
        resolved = resolve(settings)
    except EndpointsError as fault:
        out.print(str(fault), style="red", soft_wrap=True)
        return None
    if not resolved.api_key.get_secret_value():
        out.print("[red]HAILONG_API_KEY[/] is not set and no local stack was found: start one with `hailong up`")
        return None
    return resolved


def _print_address(address: str, qr: Path | None) -> int:
    if qr:
        segno.make(address, error="m", micro=False).save(str(qr), scale=MODULE_PX)
    out.print(address, soft_wrap=True)
    return 0
