"""Cohorts of dossiers, procedures, petitions and points: those that took a step in a period, with attributes. Pure.

A cohort is written ``settled[procedure_result, result_signed, not early]``; ``settled`` alone is all that settled. The
warehouse keeps, by unit and day, how many dossiers took which step with which attributes (as a number: the step's above
``STEP_SHIFT``, below it a bit for each attribute), so that a new cohort needs neither a statement nor a column of its
own. Attributes are as they are known by now: what comes later about a dossier changes the periods in which it took its
steps.

Procedures have the attributes that they give their dossiers (``procedure_…``), and any other attribute of a dossier
when at least one of their dossiers received in the period has it: ``offered[online]`` are procedures of which a dossier
was handed in online.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

STEPS: dict[str, str] = {
    "received": "handed in, or accepted without having been handed in before",
    "accepted": "accepted",
    "settled": "ended with a result or its return",
    "returned": "the result was given back",
    "passed": "the day of its appointment passed",
    "offered": "a procedure, not a dossier: in force at the end of the period",
    "petitioned": "a petition, not a dossier: received",
    "petition_due": "a petition: refused or resolved, or the day passed by which it had to be",
    "announced": "a procedure: it holds since a day in the period, by which its publication was to be decided",
    "decided": "a procedure: its publication was decided on a day in the period, and was then to be put online",
    "serving": "a reception point, not a dossier: in service at the end of the period",
}
"""The steps, in the order in which the warehouse numbers them from 1; new ones are put behind the last."""

ATTRIBUTES: dict[str, str] = {
    # told by events
    "vneid": "handed in with an account verified by VNeID",
    "elsewhere": "handed in at a unit that is not of the applicant's territory",
    "accepted_late": "accepted after the time set for accepting it",
    "result_issued": "a result document was issued",
    "result_electronic": "an electronic one",
    "result_signed": "a digitally signed one",
    "result_archived": "an archived one",
    "paid": "something was paid",
    "paid_online": "something was paid online",
    "fee_charged": "a fee above zero was asked for or paid",
    "fee_waived": "a fee of zero was told",
    "synced": "its status reached the national portal",
    "digitised": "a paper of it was digitised",
    "reused": "a paper digitised before was used again",
    "from_store": "a paper was fetched from a data store of the applicant's",
    "from_population": "the national population database was used",
    "returned_by_post": "its result was sent by post",
    # folded from events
    "online": "handed in online",
    "by_post": "handed in by post",
    "supplemented": "papers were asked for",
    "supplemented_again": "papers were asked for more than once",
    "faulted": "papers were asked for, not by the applicant's fault",
    "faulted_again": "that more than once",
    "rescheduled": "a new appointment was made",
    "rescheduled_again": "a new appointment was made more than once",
    "complete": "procedure, channel, acceptance and appointment are known",
    # judged by its appointment
    "early": "ended before the day of its appointment",
    "ended_in_time": "ended, not after its appointment",
    "ended_late": "ended after its appointment",
    "waiting": "its clock stands since before its appointment, which therefore cannot pass",
    "apologised_in_time": "an apology was sent at least a day before its appointment",
    # of its procedure
    "procedure_online": "its procedure is offered online, wholly or in part",
    "procedure_full": "its procedure is offered wholly online",
    "procedure_eligible": "its procedure qualifies for being offered wholly online",
    "procedure_fee": "its procedure has a fee",
    "procedure_result": "its procedure ends with a result document",
    "procedure_linked": "its procedure belongs to a linked service",
    "procedure_described": "its procedure is published with all its parts",
    "procedure_payable": "the fee of its procedure can be paid online",
    "procedure_restructured": "its procedure was restructured",
    "procedure_busy": "its procedure has more than 500 dossiers a year",
    # told by events again
    "transferred": "it went from one desk or agency to another",
    "on_paper": "at least once not electronically",
    # told of dossiers by ratings and petitions
    "complained": "a rating of it at its own unit was not satisfied, or a petition is about it",
    # of publications of procedures
    "announced_in_time": "decided five working days or more before it holds",
    "updated_in_time": "told to the national database within five working days of being decided",
    # of a petition about the dossier
    "misconduct": "a petition about it on the conduct of officials was found to be true",
    # of its procedure again
    "procedure_at_desk": "its procedure is received and given back at the one-stop desk",
    "procedure_whole_at_desk": "and settled there as well",
    "procedure_posted": "its procedure is posted at the desk",
    # judged by its appointment again
    "appointed": "it has an appointment: given, or counted from its procedure's term in its unit's calendar",
    "uncounted": "its procedure has a term, but its unit's calendar is missing, or too short to count it in",
}
"""Attributes of dossiers and procedures, in the order of their bits; new ones are put behind the last."""

PETITION_ATTRIBUTES: dict[str, str] = {
    "regulation": "it is about rules and procedures",
    "behaviour": "it is about the conduct of officials",
    "confirmed": "what it says was found to be true",
    "answered_in_time": "each step that was due on it came within its working days",
    "disliked": "more dislike its answer than like it",
    "reopened": "it was brought up again",
    "undated": "its unit's calendar is missing or too short to tell by when it has to be answered",
}
"""Attributes of petitions, in the order of their bits."""

POINT_ATTRIBUTES: dict[str, str] = {
    "commune": "it serves one commune",
    "digitises": "it digitises papers when it receives them",
    "certifies": "it offers electronic certified copies",
}
"""Attributes of reception points, in the order of their bits."""

OF_PROCEDURES = frozenset({"offered"})
OF_PUBLICATIONS = frozenset({"announced", "decided"})
OF_PETITIONS = frozenset({"petitioned", "petition_due"})
OF_POINTS = frozenset({"serving"})
"""The steps that others than dossiers take."""

STEP_SHIFT = 56
ALL_STEPS = 0xFF << STEP_SHIFT
_FORM = re.compile(r"(\w+)(?:\[([^\[\]]+)\])?")


class Cohort(NamedTuple):
    """Those whose key has the bits ``wanted`` among the bits of ``mask``: the step's, and of each attribute named."""

    mask: int
    wanted: int

    def count(self, cases: Mapping[int, int]) -> int:
        """How many of the dossiers, counted by their keys, belong to it."""
        mask, wanted = self
        return sum(count for key, count in cases.items() if key & mask == wanted)


@cache
def cohort(text: str) -> Cohort:
    """The cohort of a text; ValueError names a step or attribute that is unknown, or asked for with its opposite."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not of the form step[attribute, not attribute]")
    step, listed = found.groups()
    words = [word.strip() for word in (listed or "").split(",")] if listed else []
    lacking = {word.removeprefix("not ") for word in words if word.startswith("not ")}
    having = {word for word in words if not word.startswith("not ")}
    if having & lacking:
        raise ValueError(f"{text!r} asks for {', '.join(sorted(having & lacking))} and for its opposite")
    order = list(attributes_of(step))
    wanted = (_number_of(step) << STEP_SHIFT) + _mask(having, order)
    return Cohort(ALL_STEPS + _mask(having | lacking, order), wanted)


def attributes_of(step: str) -> Mapping[str, str]:
    """The attributes that those that take a step can have, in the order of their bits."""
    if step in OF_PETITIONS:
        return PETITION_ATTRIBUTES
    return POINT_ATTRIBUTES if step in OF_POINTS else ATTRIBUTES


def _number_of(step: str) -> int:
    if step not in STEPS:
        raise ValueError(f"{step!r} is no step of contract/indicators/cohorts.py")
    return list(STEPS).index(step) + 1


def _mask(attributes: Iterable[str], order: Sequence[str]) -> int:
    mask = 0
    for name in attributes:
        if name not in order:
            raise ValueError(f"{name!r} is no attribute of what takes that step (contract/indicators/cohorts.py)")
        mask |= 1 << order.index(name)
    return mask
