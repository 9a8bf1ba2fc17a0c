"""Every load of reference data as an event: who, when, which files, what they changed; and the list of all loads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from contract.events.envelope import derived_id
from contract.reference.changes import changes
from runtime.addresses import uses_proxy
from runtime.endpoints import EndpointsError, resolve
from runtime.settings import Settings

SOURCE = "reference"
ANSWER_TIMEOUT_S = 60.0
HASH_SHOWN = 12

out = Console(highlight=False)


def known(settings: Settings) -> list[dict[str, Any]] | None:
    """The reference events that the system holds by now; None when the read API does not answer."""
    try:
        with httpx.Client(
            base_url=settings.api_url, timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(settings.api_url)
        ) as api:
            events: list[dict[str, Any]] = api.get("/v1/reference").raise_for_status().json()["events"]
            return events
    except (httpx.HTTPError, ValueError, KeyError):
        return None


def loaded(
    events: list[dict[str, Any]],
    before: list[dict[str, Any]] | None,
    *,
    by: str,
    name: str,
    sha256: str,
    at: datetime,
    refused: int,
) -> dict[str, Any]:
    """The event of a load, made against what was known ``before``."""
    root = next((e for e in events if e["type"] == "unit.defined" and "parent" not in e["data"]), events[0])
    data = {"unit": root["data"]["unit"], "by": by, "name": name, "files": changes(events, before), "refused": refused}
    return {
        "specversion": "1.0",
        "id": derived_id("reference.loaded", sha256, by, at.isoformat()),
        "type": "reference.loaded",
        "source": SOURCE,
        "time": at.isoformat(),
        "subject": sha256,
        "data": data,
    }


def tell_changes(files: Mapping[str, Mapping[str, int]]) -> None:
    """Prints what a load changed, file by file."""
    table = Table("file", "lines", "new", "changed", "unchanged")
    for name, counts in files.items():
        table.add_row(name, *(str(counts.get(column, "—")) for column in ("lines", "new", "changed", "unchanged")))
    out.print(table)


def history(settings: Settings, limit: int) -> int:
    """Print the last loads, the latest first; the exit code. 2: the read API does not answer."""
    try:
        settings = resolve(settings)
        with httpx.Client(
            base_url=settings.api_url, timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(settings.api_url)
        ) as api:
            answer = api.get("/v1/reference/loads", params={"limit": limit}).raise_for_status()
            loads: list[dict[str, Any]] = answer.json()["loads"]
    except (EndpointsError, httpx.HTTPError) as error:
        out.print(f"[red]the read API at {settings.api_url} does not answer[/]: {error}", soft_wrap=True)
        return 2
    table = Table("when", "by", "what", "sha256", "new", "changed", "unchanged", "refused")
    for load in loads:
        counts = load["files"].values()
        told = [_sum(counts, column) for column in ("new", "changed", "unchanged")]
        when = datetime.fromisoformat(load["time"]).isoformat(" ", "seconds")
        table.add_row(when, load["by"], load["name"], load["sha256"][:HASH_SHOWN], *told, str(load["refused"]))
    out.print(table)
    return 0


def _sum(counts: Any, column: str) -> str:
    found = [one[column] for one in counts if one.get(column) is not None]
    return str(sum(found)) if found else "—"
