"""The desks and agencies that work on a dossier between acceptance and completion (phiếu kiểm soát quá trình). Pure."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any, NamedTuple

from sources.simulation.calendar import WORKING_DAY_S, WorkingTime, rfc3339
from sources.simulation.place import ProcedureFacts

ELECTRONIC_SHARE = 0.95
LATE_SHARE = 0.03
"""Both assumed; the plan of 13/9/2021 asks for 80 % of dossiers moved electronically."""

APPROVER_NUMBER = 90


class Part(NamedTuple):
    """One part of the work: its name, where it ends (share of the whole), and whether another agency does it."""

    step: str
    until: float
    coordinating: bool


APPRAISE, TAX, APPROVE = Part("appraise", 0.7, False), Part("tax", 0.8, True), Part("approve", 1.0, False)


class Handover(NamedTuple):
    """The end of one part: local seconds and the event's data."""

    at: int
    data: dict[str, Any]


def parts(procedure: ProcedureFacts, channel: str, *, taxed: bool) -> list[Part]:
    """The parts of the work; none for a dossier handed in at the counter that is due within a working day."""
    if procedure.term_s <= WORKING_DAY_S:
        return [] if channel == "direct" else [APPROVE]
    return [APPRAISE, TAX, APPROVE] if taxed else [APPRAISE, APPROVE]


def handovers(
    rng: random.Random, working_time: WorkingTime, unit: str, work_parts: list[Part], span: tuple[int, int], due: int
) -> list[Handover]:
    """Each part's end between acceptance and completion (``span``); its own due time is its share of the term."""
    start, end = span
    done_s, term_s = working_time.between(start, end), working_time.between(start, due)
    ends: list[Handover] = []
    for (began, _), part in zip(pairwise([0.0, *(part.until for part in work_parts)]), work_parts, strict=True):
        started, finished = (working_time.add(start, max(1, done_s * share)) for share in (began, part.until))
        finished = min(finished, end)
        step_due = working_time.add(start, max(1, term_s * part.until))
        if rng.random() < LATE_SHARE:
            step_due = started + (finished - started) // 2
        data: dict[str, Any] = {
            "step": part.step,
            "agency": "TAX" if part.coordinating else unit,
            "staff": None if part.coordinating else f"CB-{unit}-{APPROVER_NUMBER + len(ends)}",
            "started_at": rfc3339(started),
            "step_due": rfc3339(step_due),
            "finished_at": rfc3339(finished),
            "electronic": rng.random() < ELECTRONIC_SHARE,
            "coordinating": part.coordinating,
        }
        ends.append(Handover(finished, {name: value for name, value in data.items() if value is not None}))
    return ends
