"""What the routes of the read API share: the store, the unit trees, the clock, and the unit and period of a request."""

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
from dashboards.answers.common import OfPeriod, OfTree, OfUnit
from dashboards.api.filters import From, Hour, OneCode, To, TreeDay, Unit, Weekday, parse_period
from dashboards.api.lanes import WORK
from dashboards.api.pipeline import Pipeline
from dashboards.api.store_work import Work
from dashboards.api.unit_tree import Tree, TreeKeeper
from runtime.clock import Clock, clock_from, speed_of
from runtime.settings import Settings
from warehouse.client import connect
from warehouse.read import counts as store_counts
from warehouse.read.evidence import ANY, Filter
from warehouse.read.periods import Period

CLOCKS_DIFFER_S = 2.0
"""Clocks of synchronised servers differ by less."""


def clock_tolerance(clock: Clock) -> timedelta:
    """How far ahead of now an event may be recorded, in the time of a clock."""
    return timedelta(seconds=CLOCKS_DIFFER_S * speed_of(clock))


class SharedState:
    """What all requests share: the store, the trees, the clock, and the lock of the one recount that may run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.recounting = threading.Lock()
        self.pipeline = Pipeline(settings)
        self.client = connect(settings)
        self.clock = clock_from(settings.clock)
        self.tree_keeper = TreeKeeper(lambda: (store_counts.units(self.client), store_counts.targets(self.client)))


class RequestContext:
    """The store and the clock for one request, and the unit tree of ``day`` (today's when None)."""

    def __init__(self, shared: SharedState, day: date | None = None, work: Work | None = None) -> None:
        self.clock, self.settings = shared.clock, shared.settings
        # The statements of warehouse/ ask a client for no more than this one has.
        self.client = cast("Client", (work or Work()).client(shared.client, shared.settings.question_max_s))
        self.recounting, self.pipeline = shared.recounting, shared.pipeline
        self._tree_keeper = shared.tree_keeper
        self.day = day or self.clock().astimezone(VIETNAM).date()

    def tree(self) -> Tree:
        """The unit tree of the day."""
        return self._tree_keeper.tree(self.day)

    def tree_with(self, unit: str) -> Tree:
        """The unit tree of the day, read again when it lacks ``unit``; raises 404 when it still does."""
        tree = self._tree_keeper.tree(self.day, having=unit)
        if unit not in tree.units:
            raise HTTPException(404, f"no unit has the code {unit!r}")
        return tree

    def period(self, start: str | None, end: str | None) -> Period:
        """The period from ``start`` to ``end``, by default today until now; raises 422."""
        return parse_period(start, end, self.clock)

    def indicators(self, ids: str | None) -> list[Indicator]:
        """The indicators with these comma-separated ids, all when None; raises 422 for unknown ones."""
        known = catalogue().indicators
        names = ids.split(",") if ids else list(known)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise HTTPException(422, f"no such indicator: {', '.join(unknown)}")
        return [known[name] for name in names]

    def indicator(self, name: str) -> Indicator:
        """The indicator with this id; raises 422 for an unknown one or when several are named."""
        indicators = self.indicators(name)
        if len(indicators) > 1:
            raise HTTPException(422, "this is asked of one indicator at a time")
        return indicators[0]

    def period_fields(self, period: Period) -> OfTree:
        """The fields of an answer that name its period and the day of its tree."""
        return {**period_bounds(period), "tree": self.day.isoformat()}

    def freshness(self) -> store_counts.Freshness:
        """When the newest stored event was recorded: of those recorded by now, and of all."""
        return store_counts.freshness(self.client, self.clock() + clock_tolerance(self.clock))

    def as_of(self) -> str | None:
        """When the newest stored event was recorded, without those of a clock that is ahead of ours."""
        recorded_at = self.freshness().recorded_at
        return None if recorded_at is None else str(to_json_value(recorded_at))


class Question:
    """The unit, with everything below it, and the period that a request asks about."""

    def __init__(self, context: RequestContext, unit: str, start: str | None = None, to: str | None = None) -> None:
        """Raises 404 for an unknown unit, 422 for a period that cannot be read or is empty."""
        self.context, self.client, self.unit = context, context.client, unit
        self.tree = context.tree_with(unit)
        self.period = context.period(start, to)

    def units_below(self) -> list[str]:
        """The unit's code and those of all units below it."""
        return self.tree.below(self.unit)

    def whole_unit(self) -> dict[str, str]:
        """Each of these codes with the unit, for counts of the unit as a whole."""
        return dict.fromkeys(self.units_below(), self.unit)

    def head(self, period: Period | None = None) -> OfUnit:
        """The first fields of an answer; with ``period`` where the answer covers another one than was asked for."""
        return {"unit": self.unit, **self.context.period_fields(period or self.period)}


def _shared_state(request: Request) -> SharedState:
    state = request.app.state
    if not hasattr(state, "shared"):
        state.shared = SharedState(state.settings)
    shared: SharedState = state.shared
    return shared


def _context(
    request: Request, shared: Annotated[SharedState, Depends(_shared_state)], tree: TreeDay = None
) -> RequestContext:
    return RequestContext(shared, tree, request.scope.get(WORK))


ContextDep = Annotated[RequestContext, Depends(_context)]


def _question(context: ContextDep, unit: Unit, start: From = None, to: To = None) -> Question:
    return Question(context, unit, start, to)


QuestionDep = Annotated[Question, Depends(_question)]


def _filter(
    counter: OneCode = ANY,
    staff: OneCode = ANY,
    procedure: OneCode = ANY,
    channel: OneCode = ANY,
    hour: Hour = ANY,
    weekday: Weekday = ANY,
) -> Filter:
    """``*`` for anything; an empty text for cases that do not name it."""
    return Filter(counter, staff, procedure, channel, hour, weekday)


FilterDep = Annotated[Filter, Depends(_filter)]


def period_bounds(period: Period) -> OfPeriod:
    """The bounds of a period as an answer has them, in Vietnam's time."""
    return {"from": period.start.astimezone(VIETNAM).isoformat(), "to": period.end.astimezone(VIETNAM).isoformat()}


def to_json_value(value: Any) -> Any:
    """A value of the store for JSON: instants with their offset (None beyond what a clock shows), ids as text."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(VIETNAM).isoformat() if is_within_bounds(aware) else None
    return str(value) if type(value).__name__ == "UUID" else value
