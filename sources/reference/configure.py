"""``hailong reference configure``: tells what the tablets of a unit, or one of them, follow; and takes that back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from contract.events.reference import CONFIGURED_FIELDS
from runtime.settings import Settings
from sources.links import with_key
from sources.reference.facts import NotToldError, Words, known, standing, tell

out = Console(highlight=False)


def configure(settings: Settings, scope: str, values: Mapping[str, Any], *, back: bool) -> int:
    """Sends the configuration of ``scope``, a unit or a tablet; with ``back`` the one it had before; the exit code.

    What ``values`` leaves out is inherited from the unit above. 1: it was not told, and why. 2: the key is not known.
    """
    found = with_key(settings)
    if found is None:
        return 2
    try:
        words = known(found)
        if back:
            values = before(words, scope)
        tell(found, "device.configured", scope, {**place(words, scope), **values})
    except NotToldError as fault:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    shown = ", ".join(f"{name} {_shown(value)}" for name, value in values.items()) or "all inherited"
    out.print(f"{scope}: {shown}", markup=False, soft_wrap=True)
    out.print("its tablets take that over within a minute, between two citizens")
    return 0


def before(words: Words, scope: str) -> dict[str, Any]:
    """What the scope's configuration said before its present one, nothing if that was its first.

    Raises ``NotToldError`` when it never had one.
    """
    said = [word["data"] for word in words if word["type"] == "device.configured" and word["subject"] == scope]
    if not said:
        raise NotToldError(f"{scope} was never configured: there is nothing to go back to")
    former = said[-2] if len(said) > 1 else {}
    return {name: former[name] for name in CONFIGURED_FIELDS if former.get(name) is not None}


def place(words: Words, scope: str) -> dict[str, str]:
    """The unit of a scope, and the tablet if it is one."""
    stands = standing(words, scope)
    return {"unit": stands["unit"], "device": scope} if stands else {"unit": scope}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(value) if isinstance(value, list) else str(value)
