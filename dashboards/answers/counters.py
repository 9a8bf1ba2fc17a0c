"""What happens at the counters: who waits, the tablets, and who took care of what."""

from __future__ import annotations

from typing_extensions import TypedDict

from dashboards.answers.common import Instant, OfTree


class WaitingPoint(TypedDict):
    """People who wait at one unit; ``counters`` are those with somebody before them."""

    unit: str
    waiting: int
    longest_wait_s: int | None
    waiting_since: Instant | None
    forgotten: int
    counters: list[str]
    newest_at: Instant | None


class WaitingInAll(TypedDict):
    """Sums over all units, and the longest wait of all."""

    waiting: int
    longest_wait_s: int | None
    forgotten: int
    serving: int


class Waiting(TypedDict):
    """Who waits at an instant, the longest wait first."""

    unit: str
    at: Instant
    as_of: Instant | None
    age_s: float | None
    in_all: WaitingInAll
    points: list[WaitingPoint]


class Tablet(TypedDict):
    """A tablet with its last tap and what its newest heartbeat says; null or empty without one."""

    device: str
    unit: str
    counter: str
    name: str
    last_tap_at: Instant | None
    served_since: int
    last_seen_at: Instant | None
    unseen_s: int | None
    battery_percent: int | None
    charging: bool | None
    waiting: int | None
    oldest_unsent_s: int | None
    quarantined: int | None
    page_version: str
    configuration: str
    storage_fault: str
    untapped: bool
    unseen: bool
    silent: bool


class Tablets(OfTree):
    """The tablets of a unit with all below it."""

    unit: str
    tablets: list[Tablet]


class Acknowledgement(TypedDict):
    """Who took care of what; ``about`` is an indicator's id or another text that the sender chose."""

    unit: str
    about: str
    occurred_at: Instant
    by: str
    comment: str


class Acknowledgements(OfTree):
    """Acknowledgements of a period, the latest first."""

    unit: str
    acknowledgements: list[Acknowledgement]
