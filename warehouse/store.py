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

from contract.scales import LEVELS

CHANGED_HOURS, EVERY_HOUR = "3_changed_hours", "3_every_hour"
_APPOINTMENTS = frozenset({"dossier", "procedure", "calendar"})
RECOMPUTE: tuple[tuple[str, frozenset[str]], ...] = (
    ("0_calendars", frozenset({"calendar"})),
    ("0_unit_calendars", frozenset({"calendar"})),
    ("0_touched_by_reference", frozenset({"calendar", "procedure"})),
    ("1_dossier_folds", _APPOINTMENTS),
    ("2_dossiers", _APPOINTMENTS),
    (CHANGED_HOURS, _APPOINTMENTS),
    ("4_dossier_shares", _APPOINTMENTS),
    ("5_ticket_shares", frozenset({"ticket"})),
    ("6_hours_of_tickets", frozenset({"ticket"})),
    ("7_hours_of_dossiers", _APPOINTMENTS),
    ("8_hours_of_ratings", frozenset({"rated_hour"})),
    ("9_hours_of_events", frozenset({"hour", "rated_hour"})),
)
"""The statements of a recomputation in their order, each with the kinds of touched things that ask for it."""

# A scale without a "very satisfied" has a level there that no score reaches.
NEVER = 127
SCALE_PARAMETERS: dict[str, list[str] | list[int] | int] = {
    "scales": [scale.value for scale in LEVELS],
    "satisfied_from": [levels.satisfied_from for levels in LEVELS.values()],
    "very_from": [NEVER if levels.very_from is None else levels.very_from for levels in LEVELS.values()],
    "never": NEVER,
}


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


def recompute(client: Client, batches: Sequence[int], kinds: Set[str], *, every_hour: bool = False) -> None:
    """Makes every figure anew that the batches can have changed.

    With ``every_hour`` the hours of a dossier are counted anew though it adds to them what it added before.
    """
    for name, asked_by in RECOMPUTE:
        if asked_by & kinds:
            _run(client, EVERY_HOUR if every_hour and name == CHANGED_HOURS else name, batches)
    if _APPOINTMENTS & kinds:
        _finish(client, batches)


def make_calendars(client: Client) -> None:
    """Makes the calendars anew, and no appointment that is counted by them."""
    for name in ("0_calendars", "0_unit_calendars"):
        client.command(_statement(name))


def finish_broken_off(client: Client) -> int:
    """Makes the hours of batches anew that were broken off after a dossier's change was noted; how many batches.

    All else that a broken-off batch touched is touched again when it is read again, as it will be. Only an old batch
    is noted as finished: another process may be at a young one, between the note and the change, and break off yet.
    """
    found: dict[int, bool] = {row[0]: row[1] for row in client.query(_BROKEN_OFF).result_rows}
    if found:
        _run(client, "7_hours_of_dossiers", list(found))
        _finish(client, [batch for batch, is_old in found.items() if is_old])
    return len(found)


def _run(client: Client, name: str, batches: Sequence[int]) -> None:
    parameters = {"batches": list(batches), "batch": batches[0], **SCALE_PARAMETERS}
    client.command(_statement(name), parameters=parameters)


def _finish(client: Client, batches: Sequence[int]) -> None:
    if batches:
        client.insert("finished", [[batch] for batch in batches], column_names=["batch"])


_TOUCHED_KINDS = "SELECT DISTINCT kind FROM touched WHERE batch IN {batches:Array(UInt64)}"
_UNREADABLE = "SELECT hex(subject) FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'unreadable'"
_BROKEN_OFF = """
SELECT batch, max(changed_at) < now() - INTERVAL 1 HOUR FROM changed_hours
WHERE batch NOT IN (SELECT batch FROM finished) GROUP BY batch
"""


@cache
def _statement(name: str) -> str:
    return files("warehouse").joinpath("recompute", f"{name}.sql").read_text()
