"""``hailong import --undo NAME``: takes an import back. Its events stay in the log; no figure counts them any more."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any

from rich.console import Console
from rich.table import Table

from contract.events.retractions import RETRACTABLE
from runtime.api_client import ApiError, ApiStatusError
from runtime.progress import follow
from runtime.settings import Settings
from sources.links import with_key
from sources.reference.reference_events import (
    CommandError,
    ReferenceEvents,
    api_of,
    get_reference_events,
    send_reference_event,
)

NOT_FOUND = 404
POLL_S = 0.5
STALL_S = 300.0
"""The wait ends when the count stands still for so long: the stream makes a whole slice of dossiers anew at once."""

Confirm = Callable[[str], bool]

out = Console(highlight=False)


def undo(settings: Settings, name: str, by: str, reason: str, confirm: Confirm) -> int:
    """Prints an import's events and, once confirmed, takes them back and waits for the figures; the exit code.

    1: nothing was taken back, and why. 2: the key is not known, or nobody confirmed. Taken back already: 0.
    """
    ready = with_key(settings)
    if ready is None:
        return 2
    source = name if name.startswith(RETRACTABLE) else RETRACTABLE + name
    try:
        before = _get_import(ready, source)
        if before["retracted"]:
            _print_former_undo(source, before)
            return 0
        _print_import(source, before)
        if not confirm(f"Take {source} back for good?"):
            out.print("nothing was changed")
            return 2
        data = {"unit": _root(get_reference_events(ready)), "by": by, "reason": reason}
        send_reference_event(ready, "import.retracted", source, data)
        follow(_wait_for_figures(ready, source, before), "events taken out of figures", out)
        _print_outcome(before, _get_import(ready, source))
    except CommandError as fault:
        out.print(str(fault), style="red", markup=False, soft_wrap=True)
        return 1
    return 0


def find_retraction(events: ReferenceEvents, source: str) -> dict[str, Any] | None:
    """The event that took a source back; None for a source that still counts."""
    return next((event for event in events if event["type"] == "import.retracted" and event["subject"] == source), None)


def _get_import(settings: Settings, source: str) -> dict[str, Any]:
    return _get(settings, "/v1/imports", source)


def _get(settings: Settings, path: str, source: str) -> dict[str, Any]:
    """The read API's answer about a source. Raises ``CommandError``, for an unknown source with the API's sentence."""
    try:
        with api_of(settings) as api:
            return api.get(path, {"source": source})
    except ApiError as error:
        if isinstance(error, ApiStatusError) and error.status == NOT_FOUND and error.detail:
            raise CommandError(error.detail) from error
        raise CommandError(f"the read API at {settings.api_url} does not answer: {error}") from error


def _print_import(source: str, imported: dict[str, Any]) -> None:
    out.print(f"{source} brought {imported['events']} events, {imported['counted']} of them are counted:", markup=False)
    table = Table("type", "events", "from", "to", "units", "")
    for part in imported["parts"]:
        months = part["first_at"][:7], part["last_at"][:7]
        outcome = "goes" if part["goes"] else "stays: others may refer to it"
        table.add_row(part["type"], str(part["events"]), *months, str(part["units"]), outcome)
    out.print(table)


def _print_former_undo(source: str, imported: dict[str, Any]) -> None:
    former = imported["retracted"]
    line = f"{source} is already taken back: on {former['time']} by {former['by']} ({former['reason']})"
    out.print(line, markup=False, soft_wrap=True)
    if left := imported["counted"] - _staying_events(imported):
        out.print(f"{left} of its events are still counted: their figures are being made anew")


def _print_outcome(before: dict[str, Any], after: dict[str, Any]) -> None:
    staying = _staying_events(after)
    left = after["counted"] - staying
    out.print(
        f"taken back: {before['counted'] - after['counted']} events are in no figure any more, {staying} that others"
        f" may refer to stay, and all {after['events']} are kept as raw events",
        soft_wrap=True,
    )
    if left > 0:
        out.print(f"{left} are still counted: the stream goes on by itself; the same command tells how far it is")
    out.print("the mended file goes in under another name: change `mapping:` and import it again", markup=False)


def _staying_events(imported: dict[str, Any]) -> int:
    return sum(part["events"] for part in imported["parts"] if not part["goes"])


def _root(events: ReferenceEvents) -> str:
    """The unit at the top of the tree."""
    units: dict[str, dict[str, Any]] = {
        event["subject"]: event["data"] for event in events if event["type"] == "unit.defined"
    }
    if not units:
        raise CommandError("no unit is known, so that nobody can be named who is concerned")
    return next((code for code, data in units.items() if not data.get("parent")), next(iter(units)))


def _wait_for_figures(settings: Settings, source: str, imported: dict[str, Any]) -> Generator[tuple[int, int]]:
    """Pairs (events taken out of figures, all to be taken out), until they are equal or the number stands still."""
    total = imported["counted"] - _staying_events(imported)
    most, moved_at = -1, time.monotonic()
    while most < total and time.monotonic() - moved_at < STALL_S:
        done = imported["counted"] - _get(settings, "/v1/counts", source)["stored"]
        if done > most:
            most, moved_at = done, time.monotonic()
        yield max(most, 0), total
        if most < total:
            time.sleep(POLL_S)
