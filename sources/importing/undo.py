"""``hailong import --undo NAME``: takes an import back. Its events stay in the log and count nowhere from then on."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from contract.events.retractions import RETRACTABLE
from runtime.progress import follow
from runtime.settings import Settings
from sources.links import with_key
from sources.reference.facts import ANSWER_TIMEOUT_S, NotToldError, Words, known, tell

POLL_S = 0.5
STALL_S = 300.0
"""So long may the count stand still before the wait is given up: a slice is made anew at once."""

Confirm = Callable[[str], bool]

out = Console(highlight=False)


def undo(settings: Settings, name: str, by: str, reason: str, confirm: Confirm) -> int:
    """Shows what the import brought and, once confirmed, takes it back and waits for the figures; the exit code.

    1: nothing was taken back, and why. 2: the key is not known, or nobody confirmed. Taken back already: 0.
    """
    found = with_key(settings)
    if found is None:
        return 2
    source = name if name.startswith(RETRACTABLE) else RETRACTABLE + name
    try:
        brought = _brought(found, source)
        if brought["retracted"]:
            _tell_former(source, brought)
            return 0
        _show(source, brought)
        if not confirm(f"Take {source} back for good?"):
            out.print("nothing was changed")
            return 2
        data = {"unit": _root(known(found)), "by": by, "reason": reason}
        tell(found, "import.retracted", source, data)
        follow(_until_made(found, source, brought), "events taken out of figures", out)
        _tell_outcome(brought, _brought(found, source))
    except NotToldError as fault:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    return 0


def retracted_by(words: Words, source: str) -> dict[str, Any] | None:
    """The word among reference events that took a source back; None for one that still counts."""
    return next((word for word in words if word["type"] == "import.retracted" and word["subject"] == source), None)


def _brought(settings: Settings, source: str) -> dict[str, Any]:
    return _get(settings, "/v1/imports", source)


def _get(settings: Settings, path: str, source: str) -> dict[str, Any]:
    """The read API's answer about a source. Raises ``NotToldError``, of an unknown source with what it says of that."""
    try:
        with httpx.Client(base_url=settings.api_url, timeout=ANSWER_TIMEOUT_S, trust_env=False) as api:
            answer = api.get(path, params={"source": source})
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise NotToldError(answer.json()["detail"])
            found: dict[str, Any] = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError, KeyError) as fault:
        raise NotToldError(f"the read API at {settings.api_url} does not answer: {fault}") from fault
    return found


def _show(source: str, brought: dict[str, Any]) -> None:
    out.print(f"{source} brought {brought['events']} events, {brought['counted']} of them are counted:", markup=False)
    table = Table("type", "events", "from", "to", "units", "")
    for part in brought["parts"]:
        months = part["first_at"][:7], part["last_at"][:7]
        what = "goes" if part["goes"] else "stays: others may refer to it"
        table.add_row(part["type"], str(part["events"]), *months, str(part["units"]), what)
    out.print(table)


def _tell_former(source: str, brought: dict[str, Any]) -> None:
    former = brought["retracted"]
    told = f"{source} is already taken back: on {former['time']} by {former['by']} ({former['reason']})"
    out.print(told, markup=False, soft_wrap=True)
    if left := brought["counted"] - _staying(brought):
        out.print(f"{left} of its events are still counted: their figures are being made anew")


def _tell_outcome(before: dict[str, Any], after: dict[str, Any]) -> None:
    staying = _staying(after)
    left = after["counted"] - staying
    out.print(
        f"taken back: {before['counted'] - after['counted']} events are in no figure any more, {staying} that others"
        f" may refer to stay, and all {after['events']} are kept as raw events",
        soft_wrap=True,
    )
    if left > 0:
        out.print(f"{left} are still counted: the stream goes on by itself; the same command tells how far it is")
    out.print("the mended file goes in under another name: change `mapping:` and import it again", markup=False)


def _staying(brought: dict[str, Any]) -> int:
    return sum(part["events"] for part in brought["parts"] if not part["goes"])


def _root(words: Words) -> str:
    """The unit at the top of the tree."""
    units: dict[str, dict[str, Any]] = {
        word["subject"]: word["data"] for word in words if word["type"] == "unit.defined"
    }
    if not units:
        raise NotToldError("no unit is known, so that nobody can be named who is concerned")
    return next((code for code, data in units.items() if not data.get("parent")), next(iter(units)))


def _until_made(settings: Settings, source: str, brought: dict[str, Any]) -> Generator[tuple[int, int]]:
    """How many events of how many are taken out of the figures, until all are or nothing moves any more."""
    total = brought["counted"] - _staying(brought)
    most, moved_at = -1, time.monotonic()
    while most < total and time.monotonic() - moved_at < STALL_S:
        done = brought["counted"] - _get(settings, "/v1/counts", source)["stored"]
        if done > most:
            most, moved_at = done, time.monotonic()
        yield max(most, 0), total
        if most < total:
            time.sleep(POLL_S)
