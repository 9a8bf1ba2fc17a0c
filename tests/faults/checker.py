"""What must hold after every fault: nothing acknowledged is lost, nothing is counted twice, in any row or figure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from tests.faults.harness import Harness
from tests.faults.known import ABOUT_RECORDING, Event, Truth, delays
from tests.recount import assert_served, recount
from tests.warehouse.test_exactness import MEASURED
from warehouse.read.counts import counts, series
from warehouse.verify.verify import Verification

STORED_IDS = "SELECT toString(event_id), count() FROM events FINAL WHERE source = {source:String} GROUP BY event_id"
RECORDED = """
SELECT toUnixTimestamp64Milli(occurred_at), toUnixTimestamp64Milli(recorded_at)
FROM events FINAL
WHERE unit IN {units:Array(String)} AND occurred_at >= {start:DateTime64(3)} AND occurred_at < {end:DateTime64(3)}
  AND NOT startsWith(source, 'import/') -- those that were taken back
"""


def check(harness: Harness, truth: Truth) -> None:
    """Waits for quiet, then compares rows, every count of the contract, every hour and the served figures with a
    recount of the events as far as they are stored, and all of those days by ``hailong verify``."""
    harness.settle()
    compare(harness, truth)
    verify(harness, [truth])


def compare(harness: Harness, truth: Truth) -> None:
    """The comparison alone."""
    rows = harness.store.query(STORED_IDS, parameters={"source": truth.source}).result_rows
    assert {count for _, count in rows} <= {1}, "an event is stored twice"
    stored = {row[0] for row in rows}
    assert truth.acknowledged <= stored, f"{len(truth.acknowledged - stored)} acknowledged events are lost"
    assert stored <= truth.sent, f"{len(stored - truth.sent)} events were never sent"
    told = harness.get("/v1/counts", source=truth.source)
    assert told == {"source": truth.source, "rows": len(stored), "stored": len(stored)}
    kept = [body for body in truth.events if body["id"] in stored]
    assert {body["id"] for body in kept} == stored, "an event is stored that this case does not know"
    figures, recounted = _figures(harness, truth), truth.counts(kept)
    assert figures == recounted, {n: (figures[n], recounted[n]) for n in figures if figures[n] != recounted[n]}
    assert _hours(harness, truth) == truth.hours(kept)
    _check_delays(harness, truth)
    _check_served(harness, truth, kept)


def verify(harness: Harness, truths: Iterable[Truth]) -> None:
    """Has the product recount the days of these cases itself, of all units; prints how many figures it compared."""
    days = sorted(truth.period.start.date() for truth in truths)
    verification = Verification(harness.store, days[0], days[-1])
    for _ in verification.run():
        pass
    print(f"\nhailong verify: {verification.compared} figures compared, {len(verification.differences)} differences")
    assert verification.compared, "nothing was compared"
    assert not verification.differences, verification.differences[:20]


def _figures(harness: Harness, truth: Truth) -> dict[str, Any]:
    found = counts(harness.store, dict.fromkeys(truth.units.values(), "all"), truth.period, MEASURED)["all"]
    return {name: value for name, value in found.items() if name != ABOUT_RECORDING}


def _hours(harness: Harness, truth: Truth) -> dict[Any, dict[str, Any]]:
    made = {}
    for row in series(harness.store, list(truth.units.values()), truth.around, "hour"):
        starts_at = row.pop("starts_at").replace(tzinfo=UTC)
        if found := {name: value for name, value in row.items() if value}:
            made[starts_at] = found
    return made


def _check_delays(harness: Harness, truth: Truth) -> None:
    """The one measure about recording, counted from the rows."""
    units = list(truth.units.values())
    parameters = {"units": units, "start": truth.period.start, "end": truth.period.end}
    rows = harness.store.query(RECORDED, parameters=parameters).result_rows
    found = counts(harness.store, dict.fromkeys(units, "all"), truth.period, {ABOUT_RECORDING})["all"]
    assert found[ABOUT_RECORDING] == delays(rows)


def _check_served(harness: Harness, truth: Truth, events: list[Event]) -> None:
    """Numerator and denominator of every indicator of the read API."""
    expected = recount([*truth.definitions, *events], *truth.period)
    period = {"from": truth.period.start.isoformat(), "to": truth.period.end.isoformat()}
    served = {entry["id"]: entry for entry in harness.get("/v1/indicators", unit=truth.top, **period)["indicators"]}
    assert_served(served, expected)
