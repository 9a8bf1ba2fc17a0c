"""The simulated day: repeatable, admissible, in order, with its three planted stories."""

from __future__ import annotations

import json
import random
import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from runtime.clock import ReplayClock
from runtime.ingest_client import event_line
from runtime.settings import Settings
from sources.simulation import command as simulate
from sources.simulation import ratings, stories
from sources.simulation.calendar import UnknownDayError, WorkingTime, instant, rfc3339
from sources.simulation.day import working_day
from sources.simulation.place import Reference
from sources.simulation.texts import texts

FRIDAY = date(2026, 11, 20)
HOURS = [(time(8), time(12)), (time(13), time(17))]
DOSSIER_CODE = re.compile(r"H26\.66\.\d\d(\.\d{3})?-\d{6}-\d{4,}")


@pytest.fixture(scope="module")
def hanoi() -> Reference:
    return simulate.hanoi()


@pytest.fixture(scope="module")
def day(hanoi: Reference) -> list[dict[str, Any]]:
    return list(working_day(hanoi, FRIDAY, seed=1, scale=0.05))


def times(events: list[dict[str, Any]], kind: str) -> dict[str, datetime]:
    return {event["subject"]: datetime.fromisoformat(event["time"]) for event in events if event["type"] == kind}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_day(hanoi: Reference) -> None:
    first, second, other = (
        b"\n".join(map(event_line, working_day(hanoi, FRIDAY, seed, scale=0.001))) for seed in (7, 7, 8)
    )
    assert first == second
    assert first != other


def test_every_event_is_admissible_and_has_an_id_of_its_own_in_order_of_time(day: list[dict[str, Any]]) -> None:
    for event in day:
        decoded = decode(json.dumps(event).encode())
        assert not isinstance(decoded, Refusal), decoded
    assert len({event["id"] for event in day}) == len(day)
    assert [event["time"] for event in day] == sorted(event["time"] for event in day)
    assert day[-1]["time"] <= "2026-11-20T17:30:00+07:00"


def test_even_a_small_share_leaves_something_of_every_branch_and_commune(day: list[dict[str, Any]]) -> None:
    for kind in ("dossier.submitted", "queue.served"):
        assert len({event["data"]["unit"] for event in day if event["type"] == kind}) == 138


def test_a_smaller_share_is_a_part_of_a_larger_one(hanoi: Reference, day: list[dict[str, Any]]) -> None:
    def lives(events: list[dict[str, Any]]) -> dict[str, bytes]:
        return {event["id"]: event_line(event) for event in events if event["type"].startswith("dossier.")}

    assert lives(list(working_day(hanoi, FRIDAY, seed=1, scale=0.001))).items() <= lives(day).items()


def test_two_days_of_one_seed_tell_the_same_of_the_dossiers_they_share(hanoi: Reference) -> None:
    thursday, friday = (
        {event["id"]: event for event in working_day(hanoi, each, seed=1, scale=0.001)}
        for each in (date(2026, 11, 19), FRIDAY)
    )
    shared = thursday.keys() & friday.keys()
    assert len(shared) > 100
    assert all(thursday[key] == friday[key] for key in shared)


def test_a_dossier_is_submitted_before_it_is_accepted_and_completed_before_it_is_returned(
    day: list[dict[str, Any]],
) -> None:
    steps = ["dossier.submitted", "dossier.accepted", "dossier.completed", "dossier.returned"]
    for before, after in pairwise(steps):
        earlier = times(day, before)
        assert all(earlier[code] <= at for code, at in times(day, after).items())
    assert all(DOSSIER_CODE.fullmatch(code) for code in times(day, "dossier.submitted"))


def test_nobody_is_called_before_taking_a_ticket_or_served_outside_opening_hours(day: list[dict[str, Any]]) -> None:
    issued, called, served = (times(day, f"queue.{kind}") for kind in ("ticket_issued", "called", "served"))
    assert called.keys() == served.keys()
    assert all(issued[ticket] <= at < served[ticket] for ticket, at in called.items())
    assert {at.hour for at in called.values()} <= {8, 9, 10, 11, 13, 14, 15, 16, 17}


def test_people_are_about_as_satisfied_and_served_about_as_punctually_as_usual(day: list[dict[str, Any]]) -> None:
    planted = {stories.COLLAPSE_UNIT, stories.STUFFED_UNIT, stories.OVERDUE_UNIT}
    taps = [event["data"] for event in day if event["data"].get("channel") == "tablet"]
    usual = [data["score"] >= 3 for data in taps if data["unit"] not in planted]
    assert 0.9 < sum(usual) / len(usual) < 0.98
    sets_due = {"dossier.accepted", "dossier.supplement_completed", "dossier.resumed"}
    due = {event["subject"]: event["data"].get("due_at") for event in day if event["type"] in sets_due}
    done = [(event["time"], due[event["subject"]]) for event in day if event["type"] == "dossier.completed"]
    are_late = [at > until for at, until in done if until]
    assert 0.25 < len(are_late) / len(done) < 0.75
    assert sum(are_late) / len(are_late) < 0.04


def test_ratings_of_one_ward_collapse_at_ten(day: list[dict[str, Any]]) -> None:
    bad: dict[bool, list[bool]] = defaultdict(list)
    for event in day:
        if event["type"] == "rating.submitted" and event["data"]["unit"] == stories.COLLAPSE_UNIT:
            bad[event["time"] >= "2026-11-20T10:00"].append(event["data"]["score"] <= 2)
    assert len(bad[True]) >= 30
    assert sum(bad[False]) / len(bad[False]) < 0.25
    assert 0.35 < sum(bad[True]) / len(bad[True]) < 0.65


def test_one_branch_completes_nothing_for_three_working_days(day: list[dict[str, Any]]) -> None:
    done = [
        event["time"]
        for event in day
        if event["type"] == "dossier.completed" and event["data"]["unit"] == stories.OVERDUE_UNIT
    ]
    assert not [at for at in done if at >= "2026-11-17"]
    others = Counter(event["data"]["unit"] for event in day if event["type"] == "dossier.completed")
    assert others["H26.66.06"] > 0


def test_one_tablet_has_more_ratings_than_its_counter_served(day: list[dict[str, Any]]) -> None:
    counter = f"{stories.STUFFED_UNIT}.Q1"
    served = sum(event["type"] == "queue.served" and event["data"]["counter"] == counter for event in day)
    taps = [event["data"] for event in day if event["subject"] == stories.STUFFED_DEVICE]
    assert len(taps) > served
    assert sum("ticket" not in data and data["score"] == 4 for data in taps) == stories.STUFFED_TAPS


def test_a_comment_is_in_the_language_of_its_rating_and_no_reason_lacks_one() -> None:
    comments = texts().comments
    assert comments.keys() == ratings.REASONS.keys()
    assert all(comments[reason].keys() == {"vi", "en"} and all(comments[reason].values()) for reason in comments)
    rng = random.Random(1)
    answers = [ratings.online(rng, late=True).rest for _ in range(2_000)]
    commented = [answer for answer in answers if "comment" in answer]
    assert {answer["language"] for answer in commented} == {"vi", "en"}
    assert all(answer["comment"] in comments[answer["reasons"][0]][answer["language"]] for answer in commented)


def test_a_day_off_and_a_day_beyond_the_calendar_are_refused(hanoi: Reference) -> None:
    for wrong in (date(2026, 11, 24), date(2026, 11, 21), date(2031, 1, 6)):
        with pytest.raises(UnknownDayError):
            next(working_day(hanoi, wrong, seed=1, scale=0.001))


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ((20, 16), 16, "2026-11-25T16:00:00+07:00"),  # the law's vector: 24/11 is a holiday
        ((20, 11), 2, "2026-11-20T14:00:00+07:00"),  # over lunch
        ((20, 18), 1, "2026-11-23T09:00:00+07:00"),  # after closing
        ((21, 9), 8, "2026-11-23T17:00:00+07:00"),  # a Saturday; a full day ends at closing
    ],
)
def test_working_time_leaves_out_what_is_no_working_time(start: tuple[int, int], hours: int, expected: str) -> None:
    off = {date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 24)}
    days = [date(2026, 11, 20 + n) for n in range(8)]
    working_time = WorkingTime({each: [] if each in off else HOURS for each in days})
    day, hour = start
    assert rfc3339(working_time.add(instant(date(2026, 11, day), time(hour)), hours * 3_600)) == expected


def test_the_last_completed_working_day_is_over_half_an_hour_after_closing(hanoi: Reference) -> None:
    last = hanoi.working_time.last_completed
    assert last(instant(FRIDAY, time(17, 29))) == date(2026, 11, 19)
    assert last(instant(FRIDAY, time(17, 30))) == FRIDAY
    assert last(instant(date(2026, 11, 24), time(20))) == date(2026, 11, 23)


def test_the_command_writes_json_lines_of_the_clocks_last_working_day(tmp_path: Path) -> None:
    monday = ReplayClock(datetime.fromisoformat("2026-11-23T02:00:00+07:00"), datetime.now(UTC), speed=1, seconds=1)
    settings = Settings(state_dir=tmp_path, clock=str(monday))
    output = tmp_path / "day.ndjson"
    assert simulate.run(settings, None, seed=1, scale=0.001, output=output) == 0
    lines = output.read_bytes().splitlines()
    assert json.loads(lines[-1])["time"].startswith("2026-11-20")
    assert simulate.run(settings, date(2026, 11, 24), seed=1, scale=0.001, output=output) == 2
    assert simulate.run(settings, None, seed=1, scale=0, output=output) == 2
