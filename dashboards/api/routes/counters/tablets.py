"""The tablets, and which of them are silent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from contract.links.device_token import SILENT_AFTER_SERVED, SILENT_AFTER_UNSEEN_S
from dashboards.answers.counters import Tablet, Tablets
from dashboards.api.context import QuestionDep
from dashboards.api.file_formats import with_files
from dashboards.api.listing import to_json_rows
from runtime.clock import speed_of
from warehouse.read import evidence


@with_files("tablets")
def get_tablets(question: QuestionDep) -> Tablets:
    """The tablets, the last tap of each and its newest heartbeat.

    A tablet is ``silent`` when it is ``untapped`` though many were served in the period since its last tap, or
    ``unseen``: it has sent heartbeats before, and none for a while in which its unit is open.
    """
    period, clock = question.period, question.context.clock
    now = clock()
    until_now = period._replace(end=min(period.end, now)) if period.start < now else period
    rows = to_json_rows(evidence.tablets(question.client, question.units_below(), until_now))
    tablets = [{**row, **_silence(row, speed_of(clock))} for row in rows]
    return {**question.head(), "tablets": cast("list[Tablet]", tablets)}


def _silence(tablet: Mapping[str, Any], speed: float) -> dict[str, bool]:
    """Why a tablet counts as silent, if it does; during a replay, heartbeats still come by the wall clock's minutes."""
    untapped = tablet["served_since"] >= SILENT_AFTER_SERVED
    unseen = tablet["unseen_s"] is not None and tablet["unseen_s"] / speed >= SILENT_AFTER_UNSEEN_S
    return {"untapped": untapped, "unseen": unseen, "silent": untapped or unseen}
