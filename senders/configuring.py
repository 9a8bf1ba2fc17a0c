"""``hailong reference configure``: tells what the tablets of a unit, or one of them, follow; and takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console

from contract.reference_events import CONFIGURED_FIELDS
from runtime.clock import clock_from
from runtime.settings import Settings
from senders.client import IngestClient, IngestError
from senders.invitation import with_key
from senders.sending import line

ANSWER_TIMEOUT_S = 60.0
out = Console(highlight=False)

Words = list[dict[str, Any]]


def configure(settings: Settings, scope: str, values: Mapping[str, Any], *, back: bool) -> int:
    """Sends the configuration of ``scope``, a unit or a tablet; with ``back`` the one it had before; the exit code.

    What ``values`` leaves out is inherited from the unit above. 1: refused, or nothing to go back to. 2: the key,
    ingest or the read API cannot be used.
    """
    found = with_key(settings)
    if found is None:
        return 2
    try:
        with httpx.Client(base_url=found.api_url, timeout=ANSWER_TIMEOUT_S, trust_env=False) as api:
            told: Words = api.get("/v1/reference").raise_for_status().json()["events"]
    except (httpx.HTTPError, ValueError, KeyError) as fault:
        out.print(f"[red]the read API at {found.api_url} does not answer[/]: {fault}", soft_wrap=True)
        return 2
    if back:
        former = before(told, scope)
        if former is None:
            out.print(f"{scope} was never configured: there is nothing to go back to", style="red", markup=False)
            return 1
        values = former
    now = clock_from(found.clock)().isoformat()
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": "device.configured",
        "source": "configure",
        "time": now,
        "subject": scope,
        "data": {**place(told, scope), **values},
    }
    try:
        with IngestClient(found.ingest_url, found.api_key.get_secret_value()) as client:
            rejected = client.send([line(event)]).rejected
    except IngestError as error:
        out.print(f"[red]ingest at {found.ingest_url} does not take it[/]: {error}", soft_wrap=True)
        return 2
    if rejected:
        out.print(f"{rejected[0]['reason']}: {rejected[0]['detail']}", style="red", markup=False, soft_wrap=True)
        return 1
    shown = ", ".join(f"{name} {_shown(value)}" for name, value in values.items()) or "all inherited"
    out.print(f"{scope}: {shown}", markup=False, soft_wrap=True)
    out.print("its tablets take that over within a minute, between two citizens")
    return 0


def before(told: Words, scope: str) -> dict[str, Any] | None:
    """What the scope's configuration said before its present one, nothing if that was its first; None without any.

    ``told`` are reference events in the order of their time.
    """
    said = [word["data"] for word in told if word["type"] == "device.configured" and word["subject"] == scope]
    if not said:
        return None
    former = said[-2] if len(said) > 1 else {}
    return {name: former[name] for name in CONFIGURED_FIELDS if former.get(name) is not None}


def place(told: Words, scope: str) -> dict[str, str]:
    """The unit of a scope, and the tablet if it is one."""
    units = [word["data"]["unit"] for word in told if word["type"] == "device.paired" and word["subject"] == scope]
    return {"unit": units[-1], "device": scope} if units else {"unit": scope}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, list) else str(value)
