"""Writing: stores lines of events and recomputes every figure that they touch. Each step may be repeated at any time.

Views fill the table ``touched`` while lines are stored: the kinds and keys of what each batch changes. Nothing else
parses the lines again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence, Set

from clickhouse_connect.driver.client import Client

from contract.events.retractions import FAMILIES
from contract.ratings.reasons import reasons
from warehouse.models.order import ordered_models
from warehouse.scales import SCALE_PARAMETERS
from warehouse.sql import statement

RETRACTION = "retraction"
"""The kind of touched key that is an import taken back."""

REASON_PARAMETERS = {"reasons": list(reasons()), "factors": [reason.factor for reason in reasons().values()]}


def new_batch() -> int:
    """A number that no other batch has."""
    return secrets.randbits(63)


def insert_lines(client: Client, batch: int, lines: Sequence[bytes]) -> None:
    """Stores checked events, one of JSON a line, under the number of their batch.

    An event stored before has the same key and is deduplicated. A line that cannot be read becomes a touched key of the
    kind ``unreadable``.
    """
    prefix = b"%d\t" % batch
    block = prefix + (b"\n" + prefix).join(lines)
    # One line that breaks the block's own form would fail all of it.
    if block.count(b"\t") != len(lines) or block.count(b"\n") != len(lines) - 1:
        block = prefix + (b"\n" + prefix).join(as_line(line) for line in lines)
    client.raw_insert("landing", ["batch", "line"], insert_block=block, fmt="TSVRaw", settings=_STORING)


def as_line(event: bytes) -> bytes:
    """The event without tabs and line ends, which JSON does not need."""
    return event.translate(_BLANKS)


_STORING = {
    # Several batches are stored at once; threads within one would only be in each other's way.
    "max_threads": 1,
    "input_format_parallel_parsing": 0,
    # Rows of one key are deduplicated when they are read (FINAL) and when parts are merged; doing so here as well is a
    # tenth of the whole cost.
    "optimize_on_insert": 0,
}

_BLANKS = bytes.maketrans(b"\t\n\r", b"   ")


def touched_kinds(client: Client, batches: Sequence[int]) -> set[str]:
    """The kinds of keys that the batches touched."""
    return {row[0] for row in client.query(_TOUCHED_KINDS, parameters={"batches": batches}).result_rows}


def unreadable_lines(client: Client, batches: Sequence[int]) -> set[bytes]:
    """The lines of the batches that the store could not read."""
    rows = client.query(_UNREADABLE, parameters={"batches": batches}).result_rows
    return {bytes.fromhex(row[0]) for row in rows}


def recompute(client: Client, batches: Sequence[int], kinds: Set[str]) -> None:
    """Recomputes every figure that the batches can have changed, given the kinds of keys that they touched.

    Sources that the batches take back count no more from here on; what was counted of them before is recomputed by
    ``retraction``.
    """
    models = [model for model in ordered_models() if model.touched_by & kinds]
    for model in models:
        if not model.is_figure:
            _run(client, model.name, batches, [])
    # Read behind all that the figures are made from is written, and not remembered from before: what is written beside
    # a retraction must see it here, or be seen by those who carry it out.
    retracted = retracted_sources(client)
    for model in models:
        if model.is_figure:
            _run(client, model.name, batches, retracted)


def recompute_reference(client: Client, batches: Sequence[int]) -> None:
    """Recomputes reference data, calendars and the list of retracted sources from the batches, and no appointment that
    follows from them.
    """
    for model in ordered_models():
        if model.is_reference:
            _run(client, model.name, batches, [])


def retracted_sources(client: Client) -> list[str]:
    """The sources that were taken back, in order."""
    return [row[0] for row in client.query(_RETRACTED_SOURCES).result_rows]


def _run(client: Client, name: str, batches: Sequence[int], retracted: Sequence[str]) -> None:
    text = statement("models", name)
    parameters = {
        "batches": list(batches),
        "batch": batches[0],
        "retracted": list(retracted),
        "families": list(FAMILIES),
        **SCALE_PARAMETERS,
        **REASON_PARAMETERS,
    }
    # With parameters but none in the text, the client would format the statement as Python does.
    taken = {key: value for key, value in parameters.items() if f"{{{key}:" in text}
    client.command(text, parameters=taken)


_TOUCHED_KINDS = "SELECT DISTINCT kind FROM touched WHERE batch IN {batches:Array(UInt64)}"
_RETRACTED_SOURCES = "SELECT DISTINCT source FROM retracted_sources ORDER BY source"
_UNREADABLE = "SELECT hex(subject) FROM touched WHERE batch IN {batches:Array(UInt64)} AND kind = 'unreadable'"
