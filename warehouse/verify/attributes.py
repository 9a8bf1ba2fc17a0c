"""The second route to the attributes of dossiers (contract/indicators/cohorts.py), by their names. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import is_cohort
from warehouse.verify.events import SATISFIED, Event, at, first, instant_of


def cohorts_of(taken: Set[str], attributes: Set[str]) -> Iterator[str]:
    """The cohorts of the catalogue that something belongs to by the steps it took and the attributes it has."""
    for name, step, having, lacking in _catalogued():
        if step in taken and having <= attributes and not lacking & attributes:
            yield name


@cache
def _catalogued() -> list[tuple[str, str, frozenset[str], frozenset[str]]]:
    """Every cohort of the catalogue: its text, its step, what those in it have and what they lack."""
    cohorts = []
    for name in filter(is_cohort, catalogue().measures):
        step, _, listed = name.removesuffix("]").partition("[")
        conditions = [condition.strip() for condition in listed.split(",") if condition]
        lacking = frozenset(condition[4:] for condition in conditions if condition.startswith("not "))
        cohorts.append(
            (name, step, frozenset(condition for condition in conditions if not condition.startswith("not ")), lacking)
        )
    return cohorts


def attributes_from_events(steps: Iterable[Event]) -> Iterator[str]:
    """The attributes that follow from the events of a dossier, one by one and by how often each type came."""
    times: Counter[str] = Counter()
    for step in steps:
        kind, data = step["type"], step["data"]
        attributes = _ATTRIBUTES_OF_EVENT.get(kind)
        yield from (name for name, holds in (attributes(step, data) if attributes else {}).items() if holds)
        times[kind] += 1
        times["fault"] += kind == "dossier.supplement_requested" and data.get("by_fault") != "applicant"
    counted = {"supplemented": "dossier.supplement_requested", "faulted": "fault", "rescheduled": "dossier.rescheduled"}
    for name, kind in counted.items():
        if times[kind]:
            yield name
        if times[kind] > 1:
            yield f"{name}_again"


def _accepted_late(step: Event, data: Mapping[str, Any]) -> bool:
    return bool(data.get("accept_due")) and at(step) > instant_of(data["accept_due"])


def _fee(data: Mapping[str, Any]) -> dict[str, Any]:
    amount = data.get("amount_vnd")
    return {"fee_charged": amount, "fee_waived": amount == 0}


_ATTRIBUTES_OF_EVENT: dict[str, Callable[[Event, Mapping[str, Any]], dict[str, Any]]] = {
    "dossier.submitted": lambda _, data: {
        "vneid": data.get("via_vneid"),
        "elsewhere": data.get("territory_unit") not in {None, data["unit"]},
    },
    "dossier.accepted": lambda step, data: {"accepted_late": _accepted_late(step, data)},
    "dossier.result_issued": lambda _, data: {
        "result_issued": True,
        "result_electronic": data.get("electronic"),
        "result_signed": data.get("signed"),
        "result_archived": data.get("archived"),
    },
    "payment.paid": lambda _, data: {"paid": True, "paid_online": data.get("online"), **_fee(data)},
    "dossier.finance_requested": lambda _, data: _fee(data),
    "dossier.step": lambda _, data: {"transferred": True, "on_paper": not data.get("electronic")},
    "dossier.synced": lambda _, _data: {"synced": True},
    "component.digitised": lambda _, _data: {"digitised": True},
    "component.reused": lambda _, _data: {"reused": True},
    "component.fetched": lambda _, data: {
        "from_population" if data.get("source") == "population" else "from_store": True
    },
    "rating.submitted": lambda _, data: {"complained": data["score"] < SATISFIED[data["scale"]]},
    "petition.received": lambda _, _data: {"complained": True},
    "dossier.returned": lambda _, data: {"returned_by_post": data.get("channel") == "post"},
}
"""The attributes that an event of each type gives its dossier (contract/indicators/cohorts.py)."""


def attributes_from_appointment(
    steps: Sequence[Event],
    ended_at: datetime | None,
    paused_since: datetime | None,
    due_at: datetime | None,
    early_before: datetime | None,
    late_after: datetime | None,
) -> Iterator[str]:
    """The attributes that follow from comparing a dossier with its appointment."""
    if due_at is None or early_before is None or late_after is None:
        return
    if ended_at:
        yield "ended_late" if ended_at > late_after else "ended_in_time"
        if ended_at < early_before:
            yield "early"
    if paused_since and paused_since <= late_after:
        yield "waiting"
    apologised_at = first(steps, "dossier.apology_sent")
    if apologised_at and apologised_at <= due_at - timedelta(days=1):
        yield "apologised_in_time"
