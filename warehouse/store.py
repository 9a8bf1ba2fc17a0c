"""Writing: a batch of events in, every figure it touches made anew. Each step may be repeated at any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from uuid import UUID, uuid4

from clickhouse_connect.driver.client import Client

from contract.scales import LEVELS

TOUCHED_COLUMNS = ["batch", "kind", "subject", "unit", "hour"]
NO_HOUR = datetime(1970, 1, 1)  # noqa: DTZ001 the client takes naive values for UTC columns

# A scale without a "very satisfied" has a level there that no score reaches.
NEVER = 127
SCALE_PARAMETERS: dict[str, list[str] | list[int] | int] = {
    "scales": [scale.value for scale in LEVELS],
    "satisfied_from": [levels.satisfied_from for levels in LEVELS.values()],
    "very_from": [NEVER if levels.very_from is None else levels.very_from for levels in LEVELS.values()],
    "never": NEVER,
}


@dataclass
class Touched:
    """What a batch is about: dossiers and tickets by code, unit-hours, and reference facts that dossiers lean on.

    ``calendars`` is set by a changed working day as well as by a changed unit, which may have another calendar now.
    """

    dossiers: set[str] = field(default_factory=set)
    tickets: set[str] = field(default_factory=set)
    cells: set[tuple[str, datetime]] = field(default_factory=set)
    procedures: set[str] = field(default_factory=set)
    calendars: bool = False


def insert_events(client: Client, lines: Sequence[bytes]) -> None:
    """Stores checked events as they are; those that are there already change nothing."""
    client.raw_insert("landing", ["line"], insert_block=b"\n".join(lines), fmt="LineAsString")


def recompute(client: Client, touched: Touched) -> None:
    """Makes every figure anew that ``touched`` can have changed; ``touched`` itself is kept under an id of its own."""
    batch = uuid4()
    rows: list[tuple[UUID, str, str, str, datetime]] = [
        *((batch, "dossier", code, "", NO_HOUR) for code in touched.dossiers),
        *((batch, "ticket", code, "", NO_HOUR) for code in touched.tickets),
        *((batch, "cell", "", unit, hour) for unit, hour in touched.cells),
    ]
    if rows:
        client.insert("touched", rows, column_names=TOUCHED_COLUMNS)
    parameters = {"batch": str(batch), "procedures": sorted(touched.procedures), "calendars": int(touched.calendars)}
    for name in _needed(touched):
        client.command(_statement(name), parameters={**parameters, **SCALE_PARAMETERS})


def _needed(touched: Touched) -> Iterable[str]:
    dossiers = bool(touched.dossiers or touched.procedures or touched.calendars)
    if touched.calendars:
        yield from ("0_calendars", "0_unit_calendars")
    if touched.procedures or touched.calendars:
        yield "0_touched_by_reference"
    if dossiers:
        yield from ("1_dossier_folds", "2_dossiers", "3_dossier_hours")
    if touched.tickets:
        yield "4_ticket_hours"
    if dossiers or touched.tickets:
        yield "5_touched_cells"
    if dossiers or touched.tickets or touched.cells:
        yield "6_unit_hours"


@cache
def _statement(name: str) -> str:
    return files("warehouse").joinpath("recompute", f"{name}.sql").read_text()
