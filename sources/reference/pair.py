"""``hailong reference pair`` and ``revoke``: a tablet that shows a code stands at a place; one or all end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from rich.console import Console

from contract.links.pairing_code import read_code
from runtime.addresses import uses_proxy
from runtime.ingest_client import IngestError
from runtime.settings import Settings
from sources.links import with_key
from sources.reference.facts import NotToldError, known, paired_since, standing, tell
from sources.reference.tablets import known_tablets

ANSWER_TIMEOUT_S = 30.0
out = Console(highlight=False)


def pair(settings: Settings, code: str, place: Mapping[str, Any], *, device: str | None, replaces: str | None) -> int:
    """Pairs the tablet that shows ``code`` for a ``place`` of unit, counter, name and faces; the exit code.

    What the place lacks is taken from the tablet that it replaces, which is revoked. 1: the tablet was not paired, and
    why. 2: the key or an address is not known.
    """
    found = with_key(settings)
    if found is None:
        return 2
    letters = read_code(code)
    if letters is None:
        out.print(f"{code!r} is no code: a tablet shows eight letters, such as BCDF-GHJK", style="red", markup=False)
        return 1
    given = {name: value for name, value in place.items() if value is not None}
    if replaces:
        try:
            given = _former_place(found, replaces) | given
        except NotToldError as fault:
            out.print(str(fault), style="red", markup=False, soft_wrap=True)
            return 1
    if "unit" not in given:
        out.print("say with --unit where the tablet stands, or with --replaces which one it stands in for", style="red")
        return 1
    asked = {**given, "user_code": letters, "device": device or f"TAB-{letters.replace('-', '')}"}
    if device and (since := _since(found, device, given["unit"])):
        asked["since"] = since
    told = _approve(found, asked | ({"replaces": replaces} if replaces else {}))
    if isinstance(told, str):
        out.print(told, style="red", markup=False, soft_wrap=True)
        return 1
    out.print(
        f"{told['device']} is paired for {told['unit']}; the tablet shows its question within seconds", soft_wrap=True
    )
    if replaces:
        out.print(f"{replaces} is revoked")
    return 0


def _approve(settings: Settings, asked: Mapping[str, Any]) -> dict[str, Any] | str:
    """What the pages' server says to the approval, or a sentence why not."""
    key = settings.api_key.get_secret_value()
    try:
        answer = httpx.post(
            f"{settings.site}/pair/approval",
            json=asked,
            headers={"Authorization": f"Bearer {key}"},
            timeout=ANSWER_TIMEOUT_S,
            trust_env=uses_proxy(settings.site),
        )
        body = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        return f"{settings.site} does not answer: {fault}"
    if answer.is_success:
        return dict(body)
    detail = body["detail"]
    if isinstance(detail, list):
        detail = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in detail)
    return f"not paired: {detail}"


def _since(settings: Settings, device: str, unit: str) -> str | None:
    """From when on ratings of a tablet that is paired once more may date; None when nobody can say (printed)."""
    try:
        return paired_since(known(settings), device, unit)
    except NotToldError as fault:
        out.print(f"{fault}; what {device} tapped before now will be refused", style="yellow", markup=False)
        return None


def revoke(settings: Settings, device: str | None, reason: str | None) -> int:
    """Ends the token of a tablet, or of all when ``device`` is None; the exit code.

    1: some were not ended, and why. 2: the key is not known.
    """
    found = with_key(settings)
    if found is None:
        return 2
    try:
        paired = [tablet for tablet in known_tablets(found).values() if tablet.is_paired]
        if device:
            paired = [tablet for tablet in paired if tablet.device == device]
        if not paired:
            out.print(f"no tablet {device} is paired" if device else "no tablet is paired", markup=False)
            return 1 if device else 0
        for tablet in paired:
            data = {"unit": tablet.unit, **({"reason": reason} if reason else {})}
            tell(found, "device.revoked", tablet.device, data, newest=tablet.time)
            out.print(f"{tablet.device} is revoked", markup=False)
    except (NotToldError, IngestError) as fault:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    out.print("a revoked tablet is turned away at its next call, and keeps what it has not sent", soft_wrap=True)
    return 0


def _former_place(settings: Settings, device: str) -> dict[str, str]:
    """Unit, counter and name of a tablet; raises ``NotToldError`` when it is not paired."""
    found = standing(known(settings), device)
    if found is None:
        raise NotToldError(f"no tablet {device} is paired")
    return found
