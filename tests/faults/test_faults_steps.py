"""Each process killed at each numbered step of a flush, and at each statement of a recomputation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.cases import ONLY_LONG, proves
from tests.faults.checker import check
from tests.faults.harness import Harness
from tests.faults.known import Event, Truth
from tests.faults.stack.child import STEPS
from tests.support import event, unit, wait_until
from warehouse.models.order import ordered_models

pytestmark = pytest.mark.stack

DEFINED = "2026-01-01T00:00:00+07:00"
DEFINED_END = "2026-01-01T01:00:00+07:00"
LATER = {"effective_date": "2090-01-01"}
"""What is in force only then is offered in no case's period."""


@pytest.mark.parametrize("victim", ["stream", "clickhouse", "kafka", "ingest"])
@proves(9)
def test_a_process_killed_at_each_step_of_the_flush(harness: Harness, truth: Truth, victim: str) -> None:
    kill_at(harness, truth, dict.fromkeys(STEPS, victim))


@proves(12)
def test_stream_and_store_killed_after_each_statement_of_a_recomputation(harness: Harness, truth: Truth) -> None:
    kill_at(harness, truth, {model.name: ("stream", "clickhouse")[n % 2] for n, model in enumerate(ordered_models())})


@ONLY_LONG
@pytest.mark.parametrize("turn", range(8))
@proves(12)
def test_the_same_the_other_way_round(harness: Harness, truth: Truth, turn: int) -> None:
    victims = [("clickhouse", "stream")[(n + turn) % 2] for n in range(len(ordered_models()))]
    kill_at(harness, truth, {model.name: victim for model, victim in zip(ordered_models(), victims, strict=True)})


def kill_at(harness: Harness, truth: Truth, victims: dict[str, str]) -> None:
    """At one place after the other, each in another batch that asks for every statement, or for the place's own."""
    events = truth.dice.sample(truth.events, len(truth.events))
    asking = {place: taken(events, place) for place in victims}
    share = len(events) // len(victims) + 1
    for number, (place, victim) in enumerate(victims.items()):
        batch = [*definitions(truth, number), *asking[place], *events[number * share : (number + 1) * share]]
        done = harness.script("stream", place, victim)
        with harness.sending(batch, truth):
            wait_until(done.exists, 30, pause_s=0.02)
            wait_until(lambda victim=victim: harness.daemon(victim).pid() is None, 10)  # type: ignore[misc]
            harness.revive()
    check(harness, truth)


RARE: dict[str, Callable[[Event], bool]] = {
    "petition": lambda event: event["type"].startswith("petition."),
    "replacement": lambda event: "replaces" in event["data"],
}
"""What too few events touch for each batch to have one."""


def taken(events: list[Event], place: str) -> list[Event]:
    """An event that asks for a statement, taken out of all, where no other event of a batch would."""
    kinds = {model.name: model.touched_by for model in ordered_models()}.get(place, frozenset())
    if not kinds or not kinds <= RARE.keys():
        return []
    found = next(event for event in events if any(RARE[kind](event) for kind in kinds))
    events.remove(found)
    return [found]


def definitions(truth: Truth, number: int) -> list[Event]:
    """A unit as before; a procedure, target, point, tablet, shift and an import taken back that no case counts; new for
    each number."""
    place = truth.units["H26.1"]
    target: dict[str, Any] = {"indicator": "UNUSED", "op": ">=", "value": 1, "valid_from": "2026-01-01"}
    made = [
        unit(place, truth.top, edition=number),
        event("procedure.published", f"{truth.top}-{number}", DEFINED, unit=place, name_vi="Không dùng", **LATER),
        event("target.defined", f"{place}/UNUSED/{number}", DEFINED, unit=place, **target),
        event("point.capability", place, DEFINED, unit=place, key=str(number), digitisation_workflow=False),
        event("staff.shift", "CB-1", DEFINED, unit=place, key=str(number), starts_at=DEFINED, ends_at=DEFINED_END),
        event("device.paired", f"{truth.top}-TAB-{number}", DEFINED, unit=place, token_sha256="0" * 64),
        event("import.retracted", f"import/{truth.top}-{number}", DEFINED, unit=place, by="CB-1", reason="không dùng"),
    ]
    made[2]["data"]["source"] = "Không dùng"
    return [body | {"source": "faults/units"} for body in made]
