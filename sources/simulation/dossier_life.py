"""The whole life of one dossier, from what it is, without knowing which day is being simulated."""

from __future__ import annotations

import math
import random
from contextlib import suppress

from sources.simulation import ratings
from sources.simulation.calendar import CLOSING_S, DAY_S, WORKING_DAY_S, UnknownDayError, WorkingTime, rfc3339
from sources.simulation.papers import papers
from sources.simulation.place import Point
from sources.simulation.point_day import Submission
from sources.simulation.steps import handovers, parts
from sources.simulation.telling import Life, Step
from sources.simulation.texts import texts

REFUSED_SHARE = 0.015
WITHDRAWN_SHARE = 0.004
STOPPED_SHARE = 0.002
SECOND_SUPPLEMENT_SHARE = 0.06
BY_AGENCY_SHARE = 0.15
APOLOGY_SHARE = 0.6
APOLOGY_AT_TERM = 0.7
"""It is sent when so much of the term is over: of the longer terms a day before the appointment, as it must be."""

RESCHEDULED_SHARE = 0.3
"""Of those apologised for: the others are late for lack of a new appointment."""

OUTSIDE_TERRITORY_SHARE = 0.06
ELECTRONIC_SHARE = 0.86
ONLINE_PAYMENT_SHARE = {"online": 0.85, "direct": 0.3, "post": 0.1}

LAND_DUTY_FROM_VND = 80_000
"""Procedures with a higher fee ask for it as a financial duty while they run; the others take it at acceptance."""

ACCEPT_MEDIAN_S = 35 * 60
ACCEPT_LIMIT_S = WORKING_DAY_S
"""An online dossier is to be accepted or refused within eight working hours."""

USUAL_SHARE_OF_TERM = 0.25
LARGEST_SHARE_OF_TERM = 0.7
ACCEPT_LARGEST_S = 10 * 3_600
DUTY_LARGEST_DAYS = 0.8
FETCH_MEDIAN_S = 3 * 3_600
FETCH_LARGEST_S = 2 * WORKING_DAY_S
SLACK_S = 2 * 3_600
FINAL = {"dossier.refused", "dossier.withdrawn", "dossier.stopped", "dossier.returned"}
RESULT = {"dossier.step", "dossier.completed", "dossier.result_issued", "dossier.returned", "rating.submitted"}


def life(point: Point, submission: Submission, code: str, rng: random.Random, working_time: WorkingTime) -> list[Step]:
    """All events of a dossier in order of time; cut off where the calendar ends."""
    told = Life(rng, working_time, submission.submitted, 0, submission.procedure.due_is_told)
    with suppress(UnknownDayError):
        _tell(told, point, submission, code)
    return sorted(told.steps, key=lambda step: step.at)


def surely_over(submission: Submission, working_time: WorkingTime, by: int) -> bool:
    """Whether the whole life lies before ``by``, as far as that can be said without telling it."""
    if submission.trouble:
        return False
    procedure, channel = submission.procedure, submission.channel
    longest_s = SLACK_S + max(600, LARGEST_SHARE_OF_TERM * procedure.term_s)
    longest_s += 0 if channel == "direct" else ACCEPT_LARGEST_S
    longest_s += {"online": 0, "direct": FETCH_LARGEST_S, "post": FETCH_LARGEST_S + WORKING_DAY_S}[channel]
    longest_s += DUTY_LARGEST_DAYS * WORKING_DAY_S if procedure.fee_vnd >= LAND_DUTY_FROM_VND else 0
    return working_time.between(submission.submitted, by) > longest_s


def _tell(told: Life, point: Point, submission: Submission, code: str) -> None:
    rng, procedure, channel = told.rng, submission.procedure, submission.channel
    outside = rng.random() < OUTSIDE_TERRITORY_SHARE
    via_vneid = (rng.random() < 0.9) if channel == "online" else None
    told.tell(
        "dossier.submitted",
        procedure=procedure.code,
        channel=channel,
        applicant_type="organisation" if rng.random() < 0.12 else "citizen",
        via_vneid=via_vneid,
        territory_unit="H26" if outside else point.unit,
    )
    accept_due = told.working_time.add(told.now, ACCEPT_LIMIT_S)
    counter = point.counters[submission.counter] if channel == "direct" else None
    staff = f"CB-{point.unit}-{submission.counter + 1:02}"
    if channel == "direct":
        told.now += rng.randrange(20, 90)
    else:
        staff = f"CB-{point.unit}-{rng.randrange(len(point.counters)) + 1:02}"
        told.work(min(ACCEPT_LARGEST_S, rng.lognormvariate(math.log(ACCEPT_MEDIAN_S), 1.0)))
    if rng.random() < REFUSED_SHARE:
        told.tell("dossier.refused", reason=texts().dossier_reasons["refused"], staff=staff)
        return
    told.accepted = told.now
    told.due = told.working_time.add(told.now, procedure.term_s)
    told.tell(
        "dossier.accepted",
        procedure=procedure.code,
        channel=channel,
        accept_due=rfc3339(accept_due) if channel == "online" else None,
        due_at=told.told_due(),
        staff=staff,
        counter=counter,
    )
    for paper in papers(rng, via_vneid=bool(via_vneid)):
        told.tell_at(told.now + paper.after_s, paper.type, paper.data)
    fee = procedure.fee_vnd
    if 0 < fee < LAND_DUTY_FROM_VND:
        told.now += rng.randrange(30, 240)
        _pay(told, fee, channel)
    if _worked_on(told, point, submission, staff):
        _returned(told, point, submission, code)


def _pay(told: Life, fee: int, channel: str) -> None:
    by_web = told.rng.random() < ONLINE_PAYMENT_SHARE[channel]
    told.tell("payment.paid", amount_vnd=fee, online=by_web, gateway="DVCQG" if by_web else None)


def _worked_on(told: Life, point: Point, submission: Submission, staff: str) -> bool:
    """From acceptance to completion; False when it ends otherwise."""
    rng, procedure = told.rng, submission.procedure
    late = submission.trouble == "late"
    usual = min(LARGEST_SHARE_OF_TERM, USUAL_SHARE_OF_TERM * rng.lognormvariate(0, 0.6))
    share = rng.uniform(1.3, 2.2) if late else usual
    work_s = max(600.0, procedure.term_s * share)
    if rng.random() < WITHDRAWN_SHARE:
        told.work(work_s * 0.5)
        told.tell("dossier.withdrawn", reason=texts().dossier_reasons["withdrawn"])
        return False
    if rng.random() < STOPPED_SHARE:
        told.work(work_s * 0.7)
        told.tell("dossier.stopped", reason=texts().dossier_reasons["stopped"])
        return False
    done = 0.0
    if submission.trouble == "supplement":
        for n in range(1, 3 if rng.random() < SECOND_SUPPLEMENT_SHARE else 2):
            told.work(work_s * 0.25)
            done += 0.25
            told.asked = n
            told.tell(
                "dossier.supplement_requested",
                n=n,
                by_fault="agency" if rng.random() < BY_AGENCY_SHARE else "applicant",
                staff=staff,
            )
            told.wait(rng.uniform(0.5, 3.0))
            told.tell("dossier.supplement_completed", n=n, due_at=told.told_due())
    elif submission.trouble == "suspended":
        told.work(work_s * 0.3)
        done += 0.3
        told.tell("dossier.suspended", reason=texts().dossier_reasons["suspended"])
        told.wait(rng.uniform(0.5, 2.0))
        told.tell("dossier.resumed", due_at=told.told_due())
    if procedure.fee_vnd >= LAND_DUTY_FROM_VND:
        told.work(work_s * (0.6 - done) if done < 0.6 else 60)
        done = max(done, 0.6)
        told.tell("dossier.finance_requested", amount_vnd=procedure.fee_vnd)
        told.wait(rng.uniform(0.05, DUTY_LARGEST_DAYS))
        _pay(told, procedure.fee_vnd, submission.channel)
    if late and rng.random() < APOLOGY_SHARE:
        known = APOLOGY_AT_TERM / share
        told.work(max(60.0, work_s * (known - done)))
        done = max(done, known)
        offered = rfc3339(told.working_time.add(told.due, 2 * WORKING_DAY_S))
        told.tell("dossier.apology_sent", reason=texts().dossier_reasons["apology_sent"], new_due=offered)
        if rng.random() < RESCHEDULED_SHARE:
            told.now += rng.randrange(60, 600)
            told.tell("dossier.rescheduled", reason=texts().dossier_reasons["apology_sent"], new_due=offered, n=1)
    told.work(work_s * (1 - done))
    found = parts(procedure, submission.channel, taxed=procedure.fee_vnd >= LAND_DUTY_FROM_VND)
    for handover in handovers(rng, told.working_time, point.unit, found, (told.accepted, told.now), told.due):
        told.tell_at(handover.at, "dossier.step", handover.data)
    outcome = rng.choices(("granted", "refused", "other"), (96, 3, 1))[0]
    told.tell("dossier.completed", outcome=outcome, staff=staff)
    return True


def _returned(told: Life, point: Point, submission: Submission, code: str) -> None:
    rng, channel = told.rng, submission.channel
    late = told.now > told.due
    if submission.procedure.requires_result:
        told.now += rng.randrange(30, 600)
        electronic = rng.random() < ELECTRONIC_SHARE
        signed = electronic and rng.random() < 0.95
        told.tell("dossier.result_issued", electronic=electronic, signed=signed, archived=electronic)
    if channel == "online":
        told.now += rng.randrange(20, 300)
    else:
        fetched_s = min(FETCH_LARGEST_S, rng.lognormvariate(math.log(FETCH_MEDIAN_S), 0.8))
        told.work(fetched_s + (WORKING_DAY_S if channel == "post" else 0))
    counter = point.counters[rng.randrange(len(point.counters))] if channel == "direct" else None
    told.tell("dossier.returned", channel=channel, counter=counter)
    if channel == "online" and rng.random() < ratings.ONLINE_SHARE:
        told.now += rng.randrange(60, 5_400)
        closing = told.now - told.now % DAY_S + 17 * 3_600 + CLOSING_S
        told.now = min(told.now, closing - 60)
        by_form = rng.random() < ratings.FORM_SHARE
        early = told.now < told.due - DAY_S
        form = ratings.form(rng, late=late, early=early, asked=told.asked) if by_form else None
        answer = form or ratings.online(rng, late=late)
        told.tell(
            "rating.submitted",
            channel="online",
            scale="nd61" if form else "csat5",
            score=answer.score,
            dossier=code,
            procedure=submission.procedure.code,
            **answer.rest,
        )
