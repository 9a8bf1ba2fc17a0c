"""The ratings of simulated citizens: scores, reasons and comments."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from contract.events.envelope import replacement_id
from sources.simulation.texts import texts

TAP_SHARE = 0.45
"""Share of served people who tap, where there is a tablet."""

ONLINE_SHARE = 0.14
FORM_SHARE = 0.3
"""Share of those who answer the form of Decree 61 that a link leads to; the others rate on the portal."""

CHANGED_SHARE = 0.04
"""Share of those who answer the form a second time, within the half hour."""

INSTRUMENT = "nd61.online.v1"
OFFICES_POINTS = {2: 80, 1: 16, 0: 4}
"""Answers to the question how many offices were visited, with their frequency in percent."""

BAD_SHARE = 0.05
BAD_SHARE_AFTER_LONG_WAIT = 0.16
BAD_SHARE_AFTER_LATENESS = 0.5
LONG_WAIT_S = 20 * 60
REASON_SHARE = 0.6
COMMENT_SHARE = 0.35
ENGLISH_SHARE = 0.03

REASONS = {
    "waiting_too_long": 400,
    "attitude": 147,
    "unclear_guidance": 250,
    "extra_papers": 120,
    "result_late": 80,
    "asked_for_money": 1,
    "turned_away": 1,
    "insulted": 1,
}
"""Reason codes of contract/ratings/reasons.yaml with how often in a thousand they are given."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A score on its scale, with the optional rest of a rating."""

    score: int
    rest: dict[str, Any]


def at_the_counter(rng: random.Random, bad_share: float) -> Answer:
    """An answer on ``csat4``; ``bad_share`` of such answers are 1 or 2."""
    if rng.random() < bad_share:
        return Answer(2 if rng.random() < 0.6 else 1, _why(rng))
    return Answer(4 if rng.random() < 0.62 else 3, {})


def online(rng: random.Random, *, late: bool) -> Answer:
    """An answer on ``csat5`` after the result came, ``late`` or not; a comment is in the answer's language."""
    language = "en" if rng.random() < ENGLISH_SHARE else "vi"
    if rng.random() >= (BAD_SHARE_AFTER_LATENESS if late else BAD_SHARE):
        return Answer(5 if rng.random() < 0.6 else 4, {"language": language})
    score = rng.choice((1, 2, 2, 3))
    why = _why(rng, "result_late" if late else None)
    if why and rng.random() < COMMENT_SHARE:
        why["comment"] = rng.choice(texts().comments[why["reasons"][0]][language])
    return Answer(score, {"language": language, **why})


def form(rng: random.Random, *, late: bool, early: bool, supplements: int) -> Answer:
    """An answer on ``nd61`` with the citizen's items of Decree 61's form, after so many requests for papers."""
    answer = online(rng, late=late)
    score = {5: 2, 4: 1}.get(answer.score, 0)
    items = {
        "nd61_1": 0 if late else 2 if early else 1,
        "nd61_3": max(0, 2 - supplements),
        "nd61_4": rng.choices(list(OFFICES_POINTS), list(OFFICES_POINTS.values()))[0],
        "nd61_7": score,
    }
    return Answer(score, {**answer.rest, "instrument": INSTRUMENT, "answers": items})


def make_replacement(rng: random.Random, given: dict[str, Any], time: str) -> dict[str, Any]:
    """The event of another answer on ``nd61``, given at ``time`` in place of the ``given`` one."""
    score = rng.choice([points for points in (0, 1, 2) if points != given["data"]["score"]])
    kept = {name: value for name, value in given["data"].items() if name not in {"reasons", "comment"}}
    replaces = {"id": given["id"], "time": given["time"]}
    data = kept | {"score": score, "answers": kept["answers"] | {"nd61_7": score}, "replaces": replaces}
    return given | {"id": replacement_id(UUID(given["id"])), "time": time, "data": data}


def bad_share(waited_s: int) -> float:
    """Share of bad answers after such a wait."""
    return BAD_SHARE_AFTER_LONG_WAIT if waited_s > LONG_WAIT_S else BAD_SHARE


def _why(rng: random.Random, reason: str | None = None) -> dict[str, Any]:
    if rng.random() >= REASON_SHARE:
        return {}
    return {"reasons": [reason or rng.choices(list(REASONS), list(REASONS.values()))[0]]}
