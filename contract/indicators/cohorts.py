"""Cohorts: dossiers, procedures, petitions or points that took a step in a period and have certain attributes. Pure.

A cohort is written ``settled[procedure_result, result_signed, not early]``; ``settled`` alone is every settled dossier.
For each unit and day the warehouse counts dossiers by a key: the step's number above ``STEP_SHIFT`` and one bit for
each attribute below. So a new cohort needs no statement and no column. Attributes are as known now: a later event of a
dossier also changes the periods of its earlier steps.

A procedure has the attributes that it gives its dossiers (``procedure_…``), and any attribute of a dossier that at
least one of its dossiers received in the period has: ``offered[online]`` are procedures of a dossier handed in online.
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
"""The steps, numbered from 1 in this order by the warehouse; new ones are appended."""

ATTRIBUTES: dict[str, str] = {
    # from single events
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
    "fee_waived": "a fee of zero was reported",
    "synced": "its status reached the national portal",
    "digitised": "a paper of it was digitised",
    "reused": "a paper digitised before was used again",
    "from_store": "a paper was fetched from a data store of the applicant's",
    "from_population": "the national population database was used",
    "returned_by_post": "its result was sent by post",
    # from all events of a dossier
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
    # from single events again
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
"""Attributes of dossiers and procedures, in the order of their bits; new ones are appended."""

PETITION_ATTRIBUTES: dict[str, str] = {
    "regulation": "it is about rules and procedures",
    "behaviour": "it is about the conduct of officials",
    "confirmed": "it was confirmed as true",
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
"""Steps of procedures, publications, petitions and points; all others are steps of dossiers."""

STEP_SHIFT = 56
ALL_STEPS = 0xFF << STEP_SHIFT
_FORM = re.compile(r"(\w+)(?:\[([^\[\]]+)\])?")


class Cohort(NamedTuple):
    """All keys whose bits under ``mask`` (the step and every attribute named) equal ``wanted``."""

    mask: int
    wanted: int

    def count(self, cases: Mapping[int, int]) -> int:
        """The number of cases in the cohort; ``cases`` are counts by key."""
        mask, wanted = self
        return sum(count for key, count in cases.items() if key & mask == wanted)


@cache
def cohort(text: str) -> Cohort:
    """Parses a cohort; ValueError names a step or attribute that is unknown, or demanded together with its opposite."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not of the form step[attribute, not attribute]")
    step, listed = match.groups()
    terms = [term.strip() for term in listed.split(",")] if listed else []
    lacking = {term.removeprefix("not ") for term in terms if term.startswith("not ")}
    having = {term for term in terms if not term.startswith("not ")}
    if having & lacking:
        raise ValueError(f"{text!r} asks for {', '.join(sorted(having & lacking))} and for its opposite")
    order = list(attributes_of(step))
    wanted = (_number_of(step) << STEP_SHIFT) + _mask(having, order)
    return Cohort(ALL_STEPS + _mask(having | lacking, order), wanted)


def attributes_of(step: str) -> Mapping[str, str]:
    """The attributes that a case of this step can have, in the order of their bits."""
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
