"""Everything derived made anew from raw events, slice by slice, while live events flow.

Each slice hands its stored events through the views once more (their raw rows stay as they are) and recomputes all that
they touch, as the stream does with a batch. Of two rows of one thing the one made from more events stays, and of rows
made from equally many the last written: a live event is never taken back, and a changed rule goes before the old one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from warehouse.write.slices import Slice, cut
from warehouse.write.store import REFERENCE_KINDS, new_batch, recompute, recompute_reference, touched_kinds

SLICE_EVENTS = 1_000_000
REFERENCE_TABLES = (
    *("units", "procedures", "working_days", "calendar_zones", "targets", "capabilities", "tablets"),
    *("reference_ids", "unit_calendars", "calendar_days", "publications"),
)
DERIVED_TABLES = (
    *("ratings", "replacements", "ticket_events", "ticket_shares", "dossier_events", "dossier_folds", "dossiers"),
    *("due_days", "dossier_days", "days_of_dossiers", "months_of_dossiers", "petition_events", "petitions", "shifts"),
    *("hours_of_ratings", "hours_of_tickets", "hours_of_events"),
)


class Progress(NamedTuple):
    """Events gone through, of about how many."""

    done: int
    total: int


def rebuild(client: Client, *, again: bool = False, from_empty: bool = False) -> Generator[Progress]:
    """Goes on with the rebuild that was broken off, or begins one (always with ``again`` or ``from_empty``).

    ``from_empty`` empties all derived tables first: then also rows go that no event stands behind, and until the end
    figures are too low. Whatever breaks it off, a rebuild begun later without it comes to the same end.
    """
    if from_empty:
        _empty(client, REFERENCE_TABLES)
    _refill_reference(client)
    if from_empty:
        # Emptied only now, so that what the live stream made meanwhile without calendars goes as well.
        _empty(client, DERIVED_TABLES)
    number, slices, done = _newest(client)
    if again or from_empty or done == set(range(len(slices))):
        number, slices, done = number + 1, cut(client.query(_sql("counts")).result_rows, SLICE_EVENTS), set()
        _note(client, number, list(enumerate(slices)), done=False)
    total = sum(slice_.events for slice_ in slices)
    gone_through = sum(slices[n].events for n in done)
    yield Progress(gone_through, total)
    for n, slice_ in enumerate(slices):
        if n not in done:
            _rebuild_slice(client, slice_)
            _note(client, number, [(n, slice_)], done=True)
            gone_through += slice_.events
            yield Progress(gone_through, total)


def _empty(client: Client, tables: Iterable[str]) -> None:
    for table in tables:
        client.command(f"TRUNCATE TABLE {table}")


def _refill_reference(client: Client) -> None:
    batch = new_batch()
    client.command(_sql("refill_reference"), parameters={"batch": batch})
    recompute_reference(client, [batch])


def _rebuild_slice(client: Client, slice_: Slice) -> None:
    batch = new_batch()
    client.command(_sql("refill"), parameters={"batch": batch, **slice_._asdict()})
    # A calendar touches all dossiers at once; here each has its turn.
    recompute(client, [batch], touched_kinds(client, [batch]) - REFERENCE_KINDS)


def _newest(client: Client) -> tuple[int, list[Slice], set[int]]:
    rows = client.query(_sql("slices")).result_rows
    done = {number for _, number, *_, is_done in rows if is_done}
    return (rows[0][0] if rows else 0), [Slice(*row[2:7]) for row in rows], done


def _note(client: Client, rebuild: int, slices: Iterable[tuple[int, Slice]], *, done: bool) -> None:
    rows = [[rebuild, number, *slice_, done] for number, slice_ in slices]
    if rows:
        client.insert("rebuild_slices", rows, column_names=["rebuild", "slice", *Slice._fields, "done"])


@cache
def _sql(name: str) -> str:
    return files("warehouse.write").joinpath("sql", f"{name}.sql").read_text()
