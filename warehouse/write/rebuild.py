"""Rebuilds all derived tables from raw events, slice by slice, while live events flow.

Each slice inserts its stored events into ``landing`` once more (their raw rows stay as they are) and recomputes all
that they touch, as the stream does with a batch. Of two rows with one key the one made from more events stays, and of
rows made from equally many the last written: no live event is lost, and a changed rule replaces the old one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import NamedTuple

from clickhouse_connect.driver.client import Client

from warehouse.models.order import derived_tables, reference_kinds, reference_tables
from warehouse.sql import statement
from warehouse.write.slices import Slice, cut
from warehouse.write.store import new_batch, recompute, recompute_reference, touched_kinds

SLICE_EVENTS = 1_000_000


class Progress(NamedTuple):
    """Events gone through, of about how many."""

    done: int
    total: int


def rebuild(client: Client, *, again: bool = False, from_empty: bool = False) -> Generator[Progress]:
    """Continues an interrupted rebuild, or begins one (always with ``again`` or ``from_empty``).

    ``from_empty`` empties all derived tables first: rows without any event behind them disappear, and until the end
    figures are too low. After an interruption, a later rebuild without it comes to the same end.
    """
    if from_empty:
        _empty(client, reference_tables())
    _refill_reference(client)
    if from_empty:
        # Emptied only now, so that rows that the live stream made meanwhile without calendars disappear as well.
        _empty(client, derived_tables())
    number, slices, done = _newest(client)
    if again or from_empty or done == set(range(len(slices))):
        number, slices, done = (
            number + 1,
            cut(client.query(statement("write", "events_by_day")).result_rows, SLICE_EVENTS),
            set(),
        )
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
    client.command(statement("write", "refill_reference"), parameters={"batch": batch})
    recompute_reference(client, [batch])


def _rebuild_slice(client: Client, slice_: Slice) -> None:
    batch = new_batch()
    client.command(statement("write", "refill"), parameters={"batch": batch, **slice_._asdict()})
    # A calendar touches all dossiers at once; here each is recomputed with its own slice.
    recompute(client, [batch], touched_kinds(client, [batch]) - reference_kinds())


def _newest(client: Client) -> tuple[int, list[Slice], set[int]]:
    rows = client.query(statement("write", "rebuild_slices")).result_rows
    done = {number for _, number, *_, is_done in rows if is_done}
    return (rows[0][0] if rows else 0), [Slice(*row[2:7]) for row in rows], done


def _note(client: Client, rebuild: int, slices: Iterable[tuple[int, Slice]], *, done: bool) -> None:
    rows = [[rebuild, number, *slice_, done] for number, slice_ in slices]
    if rows:
        client.insert("rebuild_slices", rows, column_names=["rebuild", "slice", *Slice._fields, "done"])
