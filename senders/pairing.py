"""``hailong reference pair``: approves the code that a tablet shows, so that it stands at a place from then on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
from rich.console import Console

from contract.pairing import read_code
from runtime.settings import Settings
from senders.invitation import site, with_key

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
        former = _former_place(found, replaces)
        if isinstance(former, str):
            out.print(former, style="red", markup=False, soft_wrap=True)
            return 1
        given = former | given
    if "unit" not in given:
        out.print("say with --unit where the tablet stands, or with --replaces which one it stands in for", style="red")
        return 1
    asked = {**given, "user_code": letters, "device": device or f"TAB-{letters.replace('-', '')}"}
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
            f"{site(settings)}/pair/approval",
            json=asked,
            headers={"Authorization": f"Bearer {key}"},
            timeout=ANSWER_TIMEOUT_S,
            trust_env=False,
        )
        body = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        return f"{site(settings)} does not answer: {fault}"
    if answer.is_success:
        return dict(body)
    detail = body["detail"]
    if isinstance(detail, list):
        detail = "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in detail)
    return f"not paired: {detail}"


def _former_place(settings: Settings, device: str) -> dict[str, Any] | str:
    """Unit, counter and name of a tablet that is paired, or a sentence why they are not known."""
    try:
        answer = httpx.get(f"{settings.api_url}/v1/reference", timeout=ANSWER_TIMEOUT_S, trust_env=False)
        told = answer.raise_for_status().json()["events"]
    except (httpx.HTTPError, ValueError, KeyError) as fault:
        return f"the read API at {settings.api_url} does not tell where {device} stands: {fault}"
    words = [word for word in told if word["subject"] == device and word["type"] in {"device.paired", "device.revoked"}]
    # The read API tells them in the order of their time.
    if not words or words[-1]["type"] == "device.revoked":
        return f"no tablet {device} is paired, so nothing can stand in for it"
    return {name: words[-1]["data"][name] for name in ("unit", "counter", "name") if words[-1]["data"].get(name)}
