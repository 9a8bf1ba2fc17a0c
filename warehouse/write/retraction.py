"""Recomputes the figures of a retracted import without it, slice by slice.

From the moment a retraction is stored no recomputation counts its source (``store.recompute``). Figures from before are
recomputed here: the source's stored events are inserted into ``landing`` once more, as in a rebuild, and everything
that they touch is recomputed. Their raw rows stay as they are.

The plan of slices is written before the first is begun, and each is noted when it is done, so that a retraction that is
read again continues where it was interrupted, and a finished one costs nothing. Two streams may write a plan each at
once; mixed plans would leave gaps, so only the one with the least number is followed, and each is whole. Events stored
after a plan see the retraction when their own figures are made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from clickhouse_connect.driver.client import Client

from contract.events.retractions import FAMILIES
from warehouse.sql import statement
from warehouse.write.slices import Slice, cut
from warehouse.write.store import RETRACTION, new_batch, recompute, touched_kinds

SLICE_EVENTS = 200_000
"""Events of the source that are recomputed at once, which bounds the store's memory for them."""


def take_back(client: Client, batches: Sequence[int], kinds: Set[str]) -> None:
    """Recomputes all that the sources retracted by these batches touched, after the batches' own ``recompute``."""
    if RETRACTION in kinds:
        for (source,) in client.query(
            statement("write", "sources_of_retractions"), parameters={"batches": list(batches)}
        ).result_rows:
            _take_back_source(client, source)


def _take_back_source(client: Client, source: str) -> None:
    of_source = {"source": source, "families": list(FAMILIES)}
    if not client.query(statement("write", "retraction_slices"), parameters=of_source).result_rows:
        counts = client.query(statement("write", "events_of_source_by_day"), parameters=of_source).result_rows
        _note(client, source, new_batch(), enumerate(cut(counts, SLICE_EVENTS)), done=False)
    for plan, number, *slice_, done in client.query(
        statement("write", "retraction_slices"), parameters=of_source
    ).result_rows:
        if not done:
            part = Slice(*slice_)
            batch = new_batch()
            client.command(
                statement("write", "refill_source"), parameters={"batch": batch, **of_source, **part._asdict()}
            )
            recompute(client, [batch], touched_kinds(client, [batch]))
            _note(client, source, plan, [(number, part)], done=True)


def _note(client: Client, source: str, plan: int, slices: Iterable[tuple[int, Slice]], *, done: bool) -> None:
    rows = [[source, plan, number, *slice_, done] for number, slice_ in slices]
    if rows:
        columns = ["source", "plan", "slice", *Slice._fields, "done"]
        client.insert("retraction_slices", rows, column_names=columns)
