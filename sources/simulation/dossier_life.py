"""The whole life of one dossier. It depends on the dossier alone, not on the day that is simulated."""

from __future__ import annotations

import math
import random
from contextlib import suppress

from sources.simulation import ratings
from sources.simulation.calendar import CLOSING_S, DAY_S, WORKING_DAY_S, UnknownDayError, WorkingTime, rfc3339
from sources.simulation.course import DossierCourse, Step
from sources.simulation.papers import papers
from sources.simulation.place import Point
from sources.simulation.point_day import Submission
from sources.simulation.steps import handovers, parts
from sources.simulation.texts import texts

REFUSED_SHARE = 0.015
WITHDRAWN_SHARE = 0.004
STOPPED_SHARE = 0.002
SECOND_SUPPLEMENT_SHARE = 0.06
BY_AGENCY_SHARE = 0.15
APOLOGY_SHARE = 0.6
APOLOGY_AT_TERM = 0.7
"""It is sent after this share of the term; for longer terms that is a day before the appointment, as required."""

RESCHEDULED_SHARE = 0.3
"""Of those with an apology; the others are late, as they get no new appointment."""

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


def make_steps(
    point: Point, submission: Submission, code: str, rng: random.Random, working_time: WorkingTime
) -> list[Step]:
    """All events of a dossier in order of time; cut off where the calendar ends."""
    course = DossierCourse(rng, working_time, submission.submitted, 0, submission.procedure.has_due_at)
    with suppress(UnknownDayError):
        _run(course, point, submission, code)
    return sorted(course.steps, key=lambda step: step.at)


def surely_over(submission: Submission, working_time: WorkingTime, by: int) -> bool:
    """Whether the whole life is certain to end before ``by``, judged by upper bounds and without simulating it."""
    if submission.trouble:
        return False
    procedure, channel = submission.procedure, submission.channel
    longest_s = SLACK_S + max(600, LARGEST_SHARE_OF_TERM * procedure.term_s)
    longest_s += 0 if channel == "direct" else ACCEPT_LARGEST_S
    longest_s += {"online": 0, "direct": FETCH_LARGEST_S, "post": FETCH_LARGEST_S + WORKING_DAY_S}[channel]
    longest_s += DUTY_LARGEST_DAYS * WORKING_DAY_S if procedure.fee_vnd >= LAND_DUTY_FROM_VND else 0
    return working_time.between(submission.submitted, by) > longest_s


def _run(course: DossierCourse, point: Point, submission: Submission, code: str) -> None:
    rng, procedure, channel = course.rng, submission.procedure, submission.channel
    outside = rng.random() < OUTSIDE_TERRITORY_SHARE
    via_vneid = (rng.random() < 0.9) if channel == "online" else None
    course.add(
        "dossier.submitted",
        procedure=procedure.code,
        channel=channel,
        applicant_type="organisation" if rng.random() < 0.12 else "citizen",
        via_vneid=via_vneid,
        territory_unit="H26" if outside else point.unit,
    )
    accept_due = course.working_time.add(course.now, ACCEPT_LIMIT_S)
    counter = point.counters[submission.counter] if channel == "direct" else None
    staff = f"CB-{point.unit}-{submission.counter + 1:02}"
    if channel == "direct":
        course.now += rng.randrange(20, 90)
    else:
        staff = f"CB-{point.unit}-{rng.randrange(len(point.counters)) + 1:02}"
        course.work(min(ACCEPT_LARGEST_S, rng.lognormvariate(math.log(ACCEPT_MEDIAN_S), 1.0)))
    if rng.random() < REFUSED_SHARE:
        course.add("dossier.refused", reason=texts().dossier_reasons["refused"], staff=staff)
        return
    course.accepted = course.now
    course.due = course.working_time.add(course.now, procedure.term_s)
    course.add(
        "dossier.accepted",
        procedure=procedure.code,
        channel=channel,
        accept_due=rfc3339(accept_due) if channel == "online" else None,
        due_at=course.due_at(),
        staff=staff,
        counter=counter,
    )
    for paper in papers(rng, via_vneid=bool(via_vneid)):
        course.add_at(course.now + paper.after_s, paper.type, paper.data)
    fee = procedure.fee_vnd
    if 0 < fee < LAND_DUTY_FROM_VND:
        course.now += rng.randrange(30, 240)
        _pay(course, fee, channel)
    if _process(course, point, submission, staff):
        _hand_over(course, point, submission, code)


def _pay(course: DossierCourse, fee: int, channel: str) -> None:
    by_web = course.rng.random() < ONLINE_PAYMENT_SHARE[channel]
    course.add("payment.paid", amount_vnd=fee, online=by_web, gateway="DVCQG" if by_web else None)


def _process(course: DossierCourse, point: Point, submission: Submission, staff: str) -> bool:
    """From acceptance to completion; False when it ends otherwise."""
    rng, procedure = course.rng, submission.procedure
    late = submission.trouble == "late"
    usual = min(LARGEST_SHARE_OF_TERM, USUAL_SHARE_OF_TERM * rng.lognormvariate(0, 0.6))
    share = rng.uniform(1.3, 2.2) if late else usual
    work_s = max(600.0, procedure.term_s * share)
    if rng.random() < WITHDRAWN_SHARE:
        course.work(work_s * 0.5)
        course.add("dossier.withdrawn", reason=texts().dossier_reasons["withdrawn"])
        return False
    if rng.random() < STOPPED_SHARE:
        course.work(work_s * 0.7)
        course.add("dossier.stopped", reason=texts().dossier_reasons["stopped"])
        return False
    done = 0.0
    if submission.trouble == "supplement":
        for n in range(1, 3 if rng.random() < SECOND_SUPPLEMENT_SHARE else 2):
            course.work(work_s * 0.25)
            done += 0.25
            course.supplements = n
            course.add(
                "dossier.supplement_requested",
                n=n,
                by_fault="agency" if rng.random() < BY_AGENCY_SHARE else "applicant",
                staff=staff,
            )
            course.wait(rng.uniform(0.5, 3.0))
            course.add("dossier.supplement_completed", n=n, due_at=course.due_at())
    elif submission.trouble == "suspended":
        course.work(work_s * 0.3)
        done += 0.3
        course.add("dossier.suspended", reason=texts().dossier_reasons["suspended"])
        course.wait(rng.uniform(0.5, 2.0))
        course.add("dossier.resumed", due_at=course.due_at())
    if procedure.fee_vnd >= LAND_DUTY_FROM_VND:
        course.work(work_s * (0.6 - done) if done < 0.6 else 60)
        done = max(done, 0.6)
        course.add("dossier.finance_requested", amount_vnd=procedure.fee_vnd)
        course.wait(rng.uniform(0.05, DUTY_LARGEST_DAYS))
        _pay(course, procedure.fee_vnd, submission.channel)
    if late and rng.random() < APOLOGY_SHARE:
        apology_at = APOLOGY_AT_TERM / share
        course.work(max(60.0, work_s * (apology_at - done)))
        done = max(done, apology_at)
        offered = rfc3339(course.working_time.add(course.due, 2 * WORKING_DAY_S))
        course.add("dossier.apology_sent", reason=texts().dossier_reasons["apology_sent"], new_due=offered)
        if rng.random() < RESCHEDULED_SHARE:
            course.now += rng.randrange(60, 600)
            course.add("dossier.rescheduled", reason=texts().dossier_reasons["apology_sent"], new_due=offered, n=1)
    course.work(work_s * (1 - done))
    work_parts = parts(procedure, submission.channel, taxed=procedure.fee_vnd >= LAND_DUTY_FROM_VND)
    for handover in handovers(
        rng, course.working_time, point.unit, work_parts, (course.accepted, course.now), course.due
    ):
        course.add_at(handover.at, "dossier.step", handover.data)
    outcome = rng.choices(("granted", "refused", "other"), (96, 3, 1))[0]
    course.add("dossier.completed", outcome=outcome, staff=staff)
    return True


def _hand_over(course: DossierCourse, point: Point, submission: Submission, code: str) -> None:
    rng, channel = course.rng, submission.channel
    late = course.now > course.due
    if submission.procedure.requires_result:
        course.now += rng.randrange(30, 600)
        electronic = rng.random() < ELECTRONIC_SHARE
        signed = electronic and rng.random() < 0.95
        course.add("dossier.result_issued", electronic=electronic, signed=signed, archived=electronic)
    if channel == "online":
        course.now += rng.randrange(20, 300)
    else:
        fetched_s = min(FETCH_LARGEST_S, rng.lognormvariate(math.log(FETCH_MEDIAN_S), 0.8))
        course.work(fetched_s + (WORKING_DAY_S if channel == "post" else 0))
    counter = point.counters[rng.randrange(len(point.counters))] if channel == "direct" else None
    course.add("dossier.returned", channel=channel, counter=counter)
    if channel == "online" and rng.random() < ratings.ONLINE_SHARE:
        course.now += rng.randrange(60, 5_400)
        closing = course.now - course.now % DAY_S + 17 * 3_600 + CLOSING_S
        course.now = min(course.now, closing - 60)
        by_form = rng.random() < ratings.FORM_SHARE
        early = course.now < course.due - DAY_S
        form = ratings.form(rng, late=late, early=early, supplements=course.supplements) if by_form else None
        answer = form or ratings.online(rng, late=late)
        course.add(
            "rating.submitted",
            channel="online",
            scale="nd61" if form else "csat5",
            score=answer.score,
            dossier=code,
            procedure=submission.procedure.code,
            **answer.rest,
        )
