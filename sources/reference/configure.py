"""``hailong reference configure``: sets how the tablets of a unit, or one of them, ask; and takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from contract.events.reference import CONFIGURED_FIELDS
from runtime.settings import Settings
from sources.links import with_key
from sources.reference.reference_events import (
    CommandError,
    ReferenceEvents,
    get_reference_events,
    paired_place,
    send_reference_event,
)

out = Console(highlight=False)


def configure(settings: Settings, scope: str, values: Mapping[str, Any], *, back: bool) -> int:
    """Sends the configuration of ``scope``, a unit or a tablet; with ``back`` the one it had before; the exit code.

    What ``values`` leaves out is inherited from the unit above. 1: it was not sent, and why. 2: the key is not known.
    """
    ready = with_key(settings)
    if ready is None:
        return 2
    try:
        events = get_reference_events(ready)
        if back:
            values = former_values(events, scope)
        send_reference_event(ready, "device.configured", scope, {**place_of(events, scope), **values})
    except CommandError as fault:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    configuration = ", ".join(f"{name} {_format_value(value)}" for name, value in values.items()) or "all inherited"
    out.print(f"{scope}: {configuration}", markup=False, soft_wrap=True)
    out.print("its tablets take that over within a minute, between two citizens")
    return 0


def former_values(events: ReferenceEvents, scope: str) -> dict[str, Any]:
    """The scope's configuration before its present one, empty if that was its first.

    Raises ``CommandError`` when it never had one.
    """
    configured = [e["data"] for e in events if e["type"] == "device.configured" and e["subject"] == scope]
    if not configured:
        raise CommandError(f"{scope} was never configured: there is nothing to go back to")
    former = configured[-2] if len(configured) > 1 else {}
    return {name: former[name] for name in CONFIGURED_FIELDS if former.get(name) is not None}


def place_of(events: ReferenceEvents, scope: str) -> dict[str, str]:
    """The unit of a scope, and the tablet if it is one."""
    place = paired_place(events, scope)
    return {"unit": place["unit"], "device": scope} if place else {"unit": scope}


def _format_value(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, list) else str(value)
