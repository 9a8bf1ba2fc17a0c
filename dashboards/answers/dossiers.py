"""Dossiers: pages of a list, and one with its steps."""

from __future__ import annotations

from typing_extensions import TypedDict

from dashboards.answers.common import Instant, OfTree


class ListedDossier(TypedDict):
    """A dossier with its standing at the period's end; texts are empty where nothing is known."""

    dossier: str
    unit: str
    procedure: str
    channel: str
    staff: str
    counter: str
    received_at: Instant | None
    accepted_at: Instant | None
    due_at: Instant | None
    ended: Instant | None
    how: str
    supplements: int
    is_ended: int
    overdue: bool


class DossierPage(OfTree):
    """A page of dossiers by due date; ``total`` of all pages, ``next`` is what ``after`` goes on from."""

    unit: str
    dossiers: list[ListedDossier]
    total: int
    next: str | None


class Dossier(TypedDict):
    """A dossier as it is known by now."""

    dossier: str
    unit: str
    procedure: str
    channel: str
    staff: str
    counter: str
    source: str
    received_at: Instant | None
    accepted_at: Instant | None
    due_at: Instant | None
    completed_at: Instant | None
    returned_at: Instant | None
    ended_at: Instant | None
    ending: str
    supplements: int
    paused_since: Instant | None


class DossierStep(TypedDict):
    """An event about a dossier, with ``data`` as it was sent."""

    time: Instant
    recorded_at: Instant | None
    type: str
    unit: str
    source: str
    event_id: str
    data: dict[str, object]
    retracted: bool


class DossierSteps(TypedDict):
    """A dossier with every event about it, the earliest first."""

    dossier: Dossier
    steps: list[DossierStep]
