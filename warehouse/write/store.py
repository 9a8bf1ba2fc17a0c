"""Writing: lines of events in, every figure they touch made anew. Each step may be repeated at any time.

What a batch touched is found by the store itself while it takes the lines apart (``touched``, by views): nobody else
reads them once more.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence, Set
from functools import cache
from importlib.resources import files

from clickhouse_connect.driver.client import Client

from contract.events.retractions import FAMILIES
from contract.ratings.reasons import reasons
from warehouse.scales import SCALE_PARAMETERS

_DOSSIERS = frozenset({"dossier", "procedure", "calendar", "petition", "replacement"})
"""What asks for dossiers to be made anew: they follow procedures and calendars, and what citizens say of them."""
RETRACTION = "retraction"
"""The kind of touched thing that is an import taken back."""

_REFERENCE: tuple[tuple[str, frozenset[str]], ...] = (
    ("0_retracted_sources", frozenset({RETRACTION})),
    ("0_units", frozenset({"calendar"})),
    ("0_procedures", frozenset({"procedure"})),
    ("0_working_days", frozenset({"calendar"})),
    ("0_targets", frozenset({"target"})),
    ("0_capabilities", frozenset({"point"})),
    ("0_tablets", frozenset({"tablet"})),
    ("0_calendar_zones", frozenset({"calendar"})),
    ("0_calendars", frozenset({"calendar"})),
    ("0_unit_calendars", frozenset({"calendar"})),
    ("0_publications", frozenset({"calendar", "procedure"})),
    # Last: whoever reads the new number of rules reads the new rules, and what was made from them goes before the rest.
    ("0_reference_ids", frozenset({"calendar", "procedure"})),
)
REFERENCE_KINDS = frozenset().union(*(kinds for _, kinds in _REFERENCE))
"""The kinds of touched things that are reference data."""

_INPUTS: tuple[tuple[str, frozenset[str]], ...] = (
    *_REFERENCE,
    ("0_petition_events", frozenset({"petition"})),
    ("0_shifts", frozenset({"shift"})),
    ("0_rule_changes", frozenset({"calendar", "procedure"})),
    ("0_touched_by_reference", frozenset({"calendar", "procedure"})),
    ("0_touched_by_petitions", frozenset({"petition"})),
    ("0_replacements", frozenset({"replacement"})),
    ("0_touched_by_replacements", frozenset({"replacement"})),
)
"""The statements that write what figures are made from, besides what storing writes."""

_FIGURES: tuple[tuple[str, frozenset[str]], ...] = (
    ("1_petitions", frozenset({"petition", "calendar"})),
    ("1_dossier_folds", _DOSSIERS),
    ("2_dossiers", _DOSSIERS),
    ("3_dossier_days", _DOSSIERS),
    ("4_days_of_dossiers", _DOSSIERS),
    ("5_months_of_dossiers", _DOSSIERS),
    ("6_applied_rules", frozenset({"calendar", "procedure"})),
    ("6_ticket_shares", frozenset({"ticket"})),
    ("7_hours_of_tickets", frozenset({"ticket"})),
    ("8_hours_of_ratings", frozenset({"rated_hour"})),
    ("9_hours_of_events", frozenset({"hour", "rated_hour"})),
)

RECOMPUTE = (*_INPUTS, *_FIGURES)
"""The statements of a recomputation in their order, each with the kinds of touched things that ask for it."""

REASON_PARAMETERS = {"reasons": list(reasons()), "factors": [reason.factor for reason in reasons().values()]}


def new_batch() -> int:
    """A number that no other batch has."""
    return secrets.randbits(63)


def insert_lines(client: Client, batch: int, lines: Sequence[bytes]) -> None:
    """Stores checked events, one of JSON a line, under the number of their batch.

    What is there already meets itself. A line that cannot be read is kept as touched, kind ``unreadable``.
    """
    prefix = b"%d\t" % batch
    block = prefix + (b"\n" + prefix).join(lines)
    # One line that breaks the block's own form would fail all of it.
    if block.count(b"\t") != len(lines) or block.count(b"\n") != len(lines) - 1:
        block = prefix + (b"\n" + prefix).join(as_line(line) for line in lines)
    client.raw_insert("landing", ["batch", "line"], insert_block=block, fmt="TSVRaw", settings=_STORING)


def as_line(event: bytes) -> bytes:
    """The event without tabs and line ends, which JSON needs nowhere."""
    return event.translate(_BLANKS)


_STORING = {
    # Several batches are stored at once; threads within one would only be in each other's way.
    "max_threads": 1,
    "input_format_parallel_parsing": 0,
    # What meets itself is found when it is read (FINAL) and when parts are merged; looking for it here as well is a
    # tenth of the whole cost.
    "optimize_on_insert": 0,
}

_BLANKS = bytes.maketrans(b"\t\n\r", b"   ")


def touched_kinds(client: Client, batches: Sequence[int]) -> set[str]:
    """The kinds of things that the batches touched."""
    return {row[0] for row in client.query(_TOUCHED_KINDS, parameters={"batches": batches}).result_rows}


def unreadable_lines(client: Client, batches: Sequence[int]) -> set[bytes]:
    """The lines of the batches that the store could not read."""
    rows = client.query(_UNREADABLE, parameters={"batches": batches}).result_rows
    return {bytes.fromhex(row[0]) for row in rows}


def recompute(client: Client, batches: Sequence[int], kinds: Set[str]) -> None:
    """Makes every figure anew that the batches can have changed.

    Imports that the batches take back are known from then on; their former events are gone through by ``retraction``.
    """
    _run_all(client, _INPUTS, batches, kinds, [])
    # Read behind all that the figures are made from is written, and not remembered from before: what is written beside
    # a retraction must see it here, or be seen by those who carry it out.
    _run_all(client, _FIGURES, batches, kinds, retracted_sources(client))


def recompute_reference(client: Client, batches: Sequence[int]) -> None:
    """Makes reference data, calendars and what is known as taken back anew from the batches, and no appointment that is
    counted by them.
    """
    _run_all(client, _REFERENCE, batches, REFERENCE_KINDS, [])


def retracted_sources(client: Client) -> list[str]:
    """The sources that were taken back, in order."""
    return [row[0] for row in client.query(_RETRACTED_SOURCES).result_rows]


def _run_all(
    client: Client,
    statements: Sequence[tuple[str, Set[str]]],
    batches: Sequence[int],
    kinds: Set[str],
    retracted: Sequence[str],
) -> None:
    for name, asked_by in statements:
        if asked_by & kinds:
            _run(client, name, batches, retracted)


def _run(client: Client, name: str, batches: Sequence[int], retracted: Sequence[str]) -> None:
    statement = _statement(name)
    parameters = {
        "batches": list(batches),
        "batch": batches[0],
        "retracted": list(retracted),
        "families": list(FAMILIES),
        **SCALE_PARAMETERS,
        **REASON_PARAMETERS,
    }
    # A statement that takes none would be taken for one of Python's own formatting.
    taken = {key: value for key, value in parameters.items() if f"{{{key}:" in statement}
    client.command(statement, parameters=taken)


_TOUCHED_KINDS = "SELECT DISTINCT kind FROM touched WHERE batch IN {batches:Array(UInt64)}"
_RETRACTED_SOURCES = "SELECT DISTINCT source FROM retracted_sources ORDER BY source"
_UNREADABLE = "SELECT hex(subject) FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'unreadable'"


@cache
def _statement(name: str) -> str:
    folder = files("warehouse").joinpath("models")
    # The functions of clocks are part of each statement: ClickHouse's own would be those of a whole server.
    clock = folder.joinpath("clock.sql").read_text().rstrip()
    return folder.joinpath(f"{name}.sql").read_text().replace("{clock}", clock)
