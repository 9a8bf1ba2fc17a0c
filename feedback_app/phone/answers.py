"""The answers of the rating page for phones, and the event made of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from starlette.datastructures import FormData

from contract.events.envelope import derived_id, new_event, replacement_id
from contract.links.rating import RatingLink
from contract.ratings.reasons import reasons
from contract.ratings.scales import LEVELS, Scale
from feedback_app.phone.given_rating import GivenRating

SCALE = Scale.ND61
ITEMS = ("nd61_1", "nd61_3", "nd61_4", "nd61_7")
"""The indices of Decree 61/2018, Article 31, that citizens are asked (Circular 01/2018, Article 13)."""

INSTRUMENT = "nd61.online.v1"
LONGEST_COMMENT = 1_200

Problem = Literal["missing_score", "too_long"]


@dataclass(frozen=True)
class Answers:
    """``score`` and ``items`` on the scale ``nd61``; unanswered items are missing."""

    score: int | None = None
    items: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()
    comment: str = ""

    @property
    def problem(self) -> Problem | None:
        """Why the answers cannot be sent; None when they can."""
        if self.score is None:
            return "missing_score"
        return "too_long" if len(self.comment) > LONGEST_COMMENT else None


def read_answers(form: FormData) -> Answers:
    """The answers in a sent form, without values that the page does not offer."""
    given = {name: _points(form.get(name)) for name in ITEMS}
    # Browsers send a line's end as two characters, which the page counts as one.
    comment = str(form.get("comment") or "").replace("\r\n", "\n").strip()
    return Answers(
        score=_points(form.get("score")),
        items={name: points for name, points in given.items() if points is not None},
        reasons=tuple(code for code in reasons() if code in form.getlist("reasons")),
        comment=comment,
    )


def _points(value: object) -> int | None:
    levels = LEVELS[SCALE]
    offered = {str(points): points for points in range(levels.lowest, levels.highest + 1)}
    return offered.get(str(value))


def rating_event(
    link: RatingLink, answers: Answers, language: str, now: datetime, former: GivenRating | None = None
) -> dict[str, Any]:
    """The rating of the link's dossier, in the place of the ``former`` one if there is one.

    Its id is derived from the dossier, or from the former rating: ingest admits only the first of several.
    """
    data: dict[str, Any] = {
        "unit": link.unit,
        "channel": "online",
        "scale": SCALE,
        "score": answers.score,
        "dossier": link.dossier,
        "instrument": INSTRUMENT,
        "language": language,
    }
    optional = {
        "procedure": link.procedure,
        "answers": dict(answers.items),
        "reasons": list(answers.reasons),
        "comment": answers.comment,
        "replaces": former and {"id": str(former.id), "time": former.time.isoformat()},
    }
    return new_event(
        "rating.submitted",
        link.dossier,
        data | {name: value for name, value in optional.items() if value},
        source=f"online/{link.unit}",
        time=now.isoformat(),
        event_id=replacement_id(former.id) if former else derived_id("online-rating", link.unit, link.dossier),
    )
