"""Single ratings, page by page."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from dashboards.answers.common import Instant, OfTree


class Rating(TypedDict):
    """A rating; ``comment`` only when comments are asked for, ``replaced`` is 1 when a newer one replaces it."""

    event_id: str
    occurred_at: Instant
    unit: str
    counter: str
    device: str
    staff: str
    procedure: str
    dossier: str
    channel: str
    scale: str
    score: int
    reasons: list[str]
    recorded_at: Instant | None
    replaced: int
    comment: NotRequired[str]


class RatingPage(OfTree):
    """A page of ratings, the latest first; ``total`` of all pages, ``next`` is what ``after`` goes on from."""

    unit: str
    ratings: list[Rating]
    total: int
    next: str | None
