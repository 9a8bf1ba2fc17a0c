"""``hailong reference pair`` and ``revoke``: a tablet that shows a code stands at a place; one or all end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from contract.links.pairing_code import read_code
from runtime.ingest_client import IngestError
from runtime.service_client import ServiceError, post_json
from runtime.settings import Settings
from sources.links import with_key
from sources.reference.reference_events import (
    CommandError,
    get_reference_events,
    paired_place,
    paired_since,
    send_reference_event,
)
from sources.reference.tablets import known_tablets

ANSWER_TIMEOUT_S = 30.0
out = Console(highlight=False)


def pair(settings: Settings, code: str, place: Mapping[str, Any], *, device: str | None, replaces: str | None) -> int:
    """Pairs the tablet that shows ``code`` for a ``place`` of unit, counter, name and faces; the exit code.

    What the place lacks is taken from the tablet that it replaces, which is revoked. 1: the tablet was not paired, and
    why. 2: the key or an address is not known.
    """
    ready = with_key(settings)
    if ready is None:
        return 2
    letters = read_code(code)
    if letters is None:
        out.print(f"{code!r} is no code: a tablet shows eight letters, such as BCDF-GHJK", style="red", markup=False)
        return 1
    given = {name: value for name, value in place.items() if value is not None}
    if replaces:
        try:
            given = _former_place(ready, replaces) | given
        except CommandError as fault:
            out.print(str(fault), style="red", markup=False, soft_wrap=True)
            return 1
    if "unit" not in given:
        out.print("say with --unit where the tablet stands, or with --replaces which one it stands in for", style="red")
        return 1
    approval = {**given, "user_code": letters, "device": device or f"TAB-{letters.replace('-', '')}"}
    if device and (since := _since(ready, device, given["unit"])):
        approval["since"] = since
    paired = _approve(ready, approval | ({"replaces": replaces} if replaces else {}))
    if isinstance(paired, str):
        out.print(paired, style="red", markup=False, soft_wrap=True)
        return 1
    shows = "the tablet shows its question within seconds"
    out.print(f"{paired['device']} is paired for {paired['unit']}; {shows}", soft_wrap=True)
    if replaces:
        out.print(f"{replaces} is revoked")
    return 0


def _approve(settings: Settings, approval: Mapping[str, Any]) -> dict[str, Any] | str:
    """The feedback app's answer to the approval, or a sentence that says why there is none."""
    key = settings.api_key.get_secret_value()
    try:
        is_paired, body = post_json(f"{settings.site}/pair/approval", key, approval, ANSWER_TIMEOUT_S)
    except ServiceError as error:
        return f"{settings.site} does not answer: {error}"
    if is_paired:
        return body
    detail = body["detail"]
    if isinstance(detail, list):
        detail = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in detail)
    return f"not paired: {detail}"


def _since(settings: Settings, device: str, unit: str) -> str | None:
    """The earliest time of ratings of a tablet paired again; None, and printed, without an answer of the read API."""
    try:
        return paired_since(get_reference_events(settings), device, unit)
    except CommandError as fault:
        out.print(f"{fault}; what {device} tapped before now will be refused", style="yellow", markup=False)
        return None


def revoke(settings: Settings, device: str | None, reason: str | None) -> int:
    """Ends the token of a tablet, or of all when ``device`` is None; the exit code.

    1: some were not ended, and why. 2: the key is not known.
    """
    ready = with_key(settings)
    if ready is None:
        return 2
    try:
        paired = [tablet for tablet in known_tablets(ready).values() if tablet.is_paired]
        if device:
            paired = [tablet for tablet in paired if tablet.device == device]
        if not paired:
            out.print(f"no tablet {device} is paired" if device else "no tablet is paired", markup=False)
            return 1 if device else 0
        for tablet in paired:
            data = {"unit": tablet.unit, **({"reason": reason} if reason else {})}
            send_reference_event(ready, "device.revoked", tablet.device, data, newest=tablet.time)
            out.print(f"{tablet.device} is revoked", markup=False)
    except (CommandError, IngestError) as fault:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    out.print("a revoked tablet is turned away at its next call, and keeps what it has not sent", soft_wrap=True)
    return 0


def _former_place(settings: Settings, device: str) -> dict[str, str]:
    """Unit, counter and name of a tablet; raises ``CommandError`` when it is not paired."""
    place = paired_place(get_reference_events(settings), device)
    if place is None:
        raise CommandError(f"no tablet {device} is paired")
    return place
