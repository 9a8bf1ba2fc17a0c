"""What the routes of the read API share: the store, the unit trees, the clock, and how a question is read."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, cast

from clickhouse_connect.driver.client import Client
from fastapi import Depends, HTTPException, Request

from contract.events.fields import is_within_bounds
from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Indicator
from contract.time import VIETNAM
from dashboards.answers.common import OfPeriod, OfTree
from dashboards.api.filters import Hour, OneCode, TreeDay, Weekday, period_of
from dashboards.api.lanes import WORK
from dashboards.api.routes.pipeline import Pipeline
from dashboards.api.store_work import Work
from dashboards.api.unit_tree import Tree, TreeKeeper
from runtime.clock import Clock, clock_from, speed_of
from runtime.settings import Settings
from warehouse.client import connect
from warehouse.read import counts as figures
from warehouse.read.evidence import ANY, Filter
from warehouse.read.periods import Period

CLOCKS_DIFFER_S = 2.0
"""Clocks of servers that are kept right differ by less."""


def clocks_differ(clock: Clock) -> timedelta:
    """How far ahead of now an event may be recorded, in the time of a clock."""
    return timedelta(seconds=CLOCKS_DIFFER_S * speed_of(clock))


class Reader:
    """What all questions share: the store, the trees, the clock, and the one recount that may run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.recounting = threading.Lock()
        self.pipeline = Pipeline(settings)
        self.client = connect(settings)
        self.clock = clock_from(settings.clock)
        self.keeper = TreeKeeper(lambda: (figures.units(self.client), figures.targets(self.client)))


class Asked:
    """What one question reads from: the store and the clock, and the tree of ``day`` (today's when None)."""

    def __init__(self, reader: Reader, day: date | None, work: Work | None = None) -> None:
        self.clock, self.settings = reader.clock, reader.settings
        # The statements of warehouse/ ask a client for no more than this one has.
        self.client = cast("Client", (work or Work()).client(reader.client, reader.settings.question_max_s))
        self.recounting, self.pipeline = reader.recounting, reader.pipeline
        self._keeper = reader.keeper
        self.day = day or self.clock().astimezone(VIETNAM).date()

    def tree(self, having: str = "") -> Tree:
        """The unit tree, read again when it lacks a unit that it must have."""
        return self._keeper.tree(self.day, having)

    def told(self, period: Period) -> OfTree:
        """What an answer says of its question: the period, in Vietnam's time, and the day of the tree."""
        return {**times(period), "tree": self.day.isoformat()}

    def scope(
        self, unit: str, start: str | None, end: str | None, ids: str | None
    ) -> tuple[Tree, Period, list[Indicator]]:
        """The tree, the period and the indicators that a question means; raises 404 or 422 with what is unknown."""
        tree = self.tree(having=unit)
        if unit not in tree.units:
            raise HTTPException(404, f"no unit has the code {unit!r}")
        known = catalogue().indicators
        names = ids.split(",") if ids else list(known)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise HTTPException(422, f"no such indicator: {', '.join(unknown)}")
        return tree, period_of(start, end, self.clock), [known[name] for name in names]

    def scope_of_one(
        self, unit: str, start: str | None, end: str | None, indicator: str
    ) -> tuple[Tree, Period, Indicator]:
        """The same for a question about one indicator; raises 422 also when several are named."""
        tree, period, wanted = self.scope(unit, start, end, indicator)
        if len(wanted) > 1:
            raise HTTPException(422, "this is asked of one indicator at a time")
        return tree, period, wanted[0]

    def freshness(self) -> figures.Freshness:
        """When the newest event that the figures hold was recorded, of those recorded by now and of all."""
        return figures.freshness(self.client, self.clock() + clocks_differ(self.clock))

    def as_of(self) -> str | None:
        """When the newest event that the figures hold was recorded, whatever a clock ahead of ours has written."""
        recorded = self.freshness().recorded_at
        return None if recorded is None else str(readable(recorded))


def _reader(request: Request) -> Reader:
    state = request.app.state
    if not hasattr(state, "reader"):
        state.reader = Reader(state.settings)
    reader: Reader = state.reader
    return reader


def _asked(request: Request, reader: Annotated[Reader, Depends(_reader)], tree: TreeDay = None) -> Asked:
    return Asked(reader, tree, request.scope.get(WORK))


Store = Annotated[Asked, Depends(_asked)]


def _having(
    counter: OneCode = ANY,
    staff: OneCode = ANY,
    procedure: OneCode = ANY,
    channel: OneCode = ANY,
    hour: Hour = ANY,
    weekday: Weekday = ANY,
) -> Filter:
    """``*`` for anything; an empty text for cases that do not tell it."""
    return Filter(counter, staff, procedure, channel, hour, weekday)


Having = Annotated[Filter, Depends(_having)]


def times(period: Period) -> OfPeriod:
    """A period as an answer tells it, in Vietnam's time."""
    return {"from": period.start.astimezone(VIETNAM).isoformat(), "to": period.end.astimezone(VIETNAM).isoformat()}


def readable(value: Any) -> Any:
    """A value of the store as JSON has it: instants with their offset, ids as text; none for what no clock shows."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(VIETNAM).isoformat() if is_within_bounds(aware) else None
    return str(value) if type(value).__name__ == "UUID" else value
