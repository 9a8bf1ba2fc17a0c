"""What the contract admits, every later stage can bear: values from the edges through the real engine."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime

from clickhouse_connect.driver.client import Client

from contract.events.refusals import Reason
from ingest.admission.admission import Lookups, admit
from ingest.admission.registry import Sender
from ingest.outbox.batch import Admitted
from tests.edges import edge_events, written
from tests.support import put_lines, unit
from tests.warehouse.test_verify import verified

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
UNITS = [f"E.{number}" for number in range(6)]
KEPT_APART = ("device.seen",)


def admitted(seed: int, count: int) -> tuple[list[Admitted], Counter[Reason]]:
    """What is admitted of so many events, and why the others are not."""
    dice, taken, refused = random.Random(seed), [], Counter[Reason]()
    for event, _ in zip(edge_events(dice, UNITS, NOW), range(count), strict=False):
        verdict = admit(written(event), Sender(), Lookups(UNITS.__contains__), NOW, 65_536)
        if isinstance(verdict, Admitted):
            taken.append(verdict)
        else:
            assert verdict.detail
            refused[verdict.reason] += 1
    return taken, refused


def test_what_is_admitted_is_stored_counted_and_recounted(store: Client) -> None:
    taken, refused = admitted(seed=7, count=6_000)
    assert refused.total() + len(taken) == 6_000
    assert refused.keys() <= set(Reason)
    put_lines(
        store,
        [
            verdict.value
            for verdict in (
                admit(written(unit(code)), Sender(), Lookups(UNITS.__contains__), NOW, 65_536) for code in UNITS
            )
            if isinstance(verdict, Admitted)
        ],
    )
    values = [verdict.value for verdict in taken]
    for start in range(0, len(values), 500):
        put_lines(store, values[start : start + 500])
    kept = [verdict for verdict in taken if verdict.type not in KEPT_APART]
    stored = store.query("SELECT count() FROM events FINAL WHERE source != 'test'").result_rows[0][0]
    assert stored == len(kept)
    assert verified(store, date(2026, 3, 12), date(2026, 3, 14)).differences == []
