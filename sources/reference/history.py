"""Every load of reference data as an event: who, when, which files, what they changed; and the list of all loads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from contract.events.envelope import derived_id, new_event
from contract.reference.changes import changes
from runtime.api_client import ApiError
from runtime.endpoints import EndpointsError, resolve
from runtime.settings import Settings
from sources.reference.reference_events import ReferenceEvents, api_of

SOURCE = "reference"
HASH_SHOWN = 12

out = Console(highlight=False)


def load_event(
    events: ReferenceEvents,
    before: ReferenceEvents | None,
    *,
    by: str,
    name: str,
    sha256: str,
    at: datetime,
    refused: int,
) -> dict[str, Any]:
    """The event of a load; counts what it changes of the reference events ``before`` it, where those are known."""
    root = next((e for e in events if e["type"] == "unit.defined" and "parent" not in e["data"]), events[0])
    data = {"unit": root["data"]["unit"], "by": by, "name": name, "files": changes(events, before), "refused": refused}
    return new_event(
        "reference.loaded",
        sha256,
        data,
        source=SOURCE,
        time=at.isoformat(),
        event_id=derived_id("reference.loaded", sha256, by, at.isoformat()),
    )


def print_changes(files: Mapping[str, Mapping[str, int]]) -> None:
    """Prints what a load changed, file by file."""
    table = Table("file", "lines", "new", "changed", "unchanged")
    for name, counts in files.items():
        table.add_row(name, *(str(counts.get(column, "—")) for column in ("lines", "new", "changed", "unchanged")))
    out.print(table)


def print_history(settings: Settings, limit: int) -> int:
    """Prints the last loads, the latest first; the exit code. 2: the read API does not answer."""
    try:
        settings = resolve(settings)
        with api_of(settings) as api:
            loads: list[dict[str, Any]] = api.get("/v1/reference/loads", {"limit": limit})["loads"]
    except (EndpointsError, ApiError) as error:
        out.print(f"[red]the read API at {settings.api_url} does not answer[/]: {error}", soft_wrap=True)
        return 2
    table = Table("when", "by", "what", "sha256", "new", "changed", "unchanged", "refused")
    for load in loads:
        counts = load["files"].values()
        sums = [_sum(counts, column) for column in ("new", "changed", "unchanged")]
        when = datetime.fromisoformat(load["time"]).isoformat(" ", "seconds")
        table.add_row(when, load["by"], load["name"], load["sha256"][:HASH_SHOWN], *sums, str(load["refused"]))
    out.print(table)
    return 0


def _sum(counts: Any, column: str) -> str:
    numbers = [of_file[column] for of_file in counts if of_file.get(column) is not None]
    return str(sum(numbers)) if numbers else "—"
