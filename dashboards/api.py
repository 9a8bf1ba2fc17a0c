"""The read API: every figure that anybody shows, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse

from contract.catalogue import catalogue
from contract.indicators import Indicator, evaluate
from contract.measures import Counts
from contract.reference_events import UnitLevel
from contract.scores import score
from dashboards.filters import period_of
from dashboards.scores import in_order
from dashboards.tree import Tree, TreeKeeper
from runtime.clock import VIETNAM, clock_from, speed_of
from runtime.http import HEALTH_ROUTES
from runtime.settings import Settings
from warehouse import figures
from warehouse.client import connect
from warehouse.figures import Period


class Reader:
    """What the routes share: the store, the tree, the clock."""

    def __init__(self, settings: Settings) -> None:
        self.client = connect(settings)
        self.clock = clock_from(settings.clock)
        self.keeper = TreeKeeper(
            lambda: Tree({u.unit: u for u in figures.units(self.client)}, figures.targets(self.client))
        )


def make_api(settings: Settings) -> FastAPI:
    """The application. ClickHouse away: 503 on each route until it is back."""
    app = FastAPI(title="hailong read API", version="1", routes=[*HEALTH_ROUTES])
    app.state.settings = settings
    app.add_exception_handler(ClickHouseError, _store_away)
    app.get("/readyz", response_class=PlainTextResponse)(readyz)
    routes: dict[str, Callable[..., Any]] = {
        "/v1/indicators": get_indicators,
        "/v1/ranking": get_ranking,
        "/v1/scores": get_scores,
        "/v1/units": get_units,
        "/v1/dossiers": get_dossiers,
        "/v1/ratings": get_ratings,
        "/v1/series": get_series,
        "/v1/freshness": get_freshness,
        "/v1/counts": get_counts,
    }
    for path, route in routes.items():
        app.add_api_route(path, route)
    return app


def _store_away(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": f"the store does not answer: {error}"[:500]}, 503, {"Retry-After": "2"})


def _reader(request: Request) -> Reader:
    state = request.app.state
    if not hasattr(state, "reader"):
        state.reader = Reader(state.settings)
    reader: Reader = state.reader
    return reader


Store = Annotated[Reader, Depends(_reader)]
From = Annotated[str | None, Query(alias="from", description="start of the period; today when left out")]
To = Annotated[str | None, Query(description="end of the period, exclusive; now when left out")]
Ids = Annotated[str | None, Query(description="indicators, separated by commas; all when left out")]


def readyz(store: Store) -> str:
    """200 while the store answers."""
    store.client.command("SELECT 1")
    return "ready\n"


def get_indicators(store: Store, unit: str, start: From = None, to: To = None, ids: Ids = None) -> dict[str, Any]:
    """Figures of one unit with everything below it."""
    tree, period, wanted = _scope(store, unit, start, to, ids)
    as_of = _as_of(store)
    found = figures.counts(store.client, dict.fromkeys(tree.below(unit), unit), period, _measures(wanted))
    entries = [_figure(indicator, unit, found[unit], period, tree, as_of) for indicator in wanted]
    return {"unit": unit, **_times(period), "as_of": as_of, "indicators": entries}


def get_ranking(
    store: Store, unit: str, level: UnitLevel = "service_point", start: From = None, to: To = None, ids: Ids = None
) -> dict[str, Any]:
    """Figures of each unit of a level below ``unit``; the least favourable bound decides the order, worst first."""
    tree, period, wanted = _scope(store, unit, start, to, ids)
    as_of = _as_of(store)
    found = figures.counts(store.client, tree.members(unit, level), period, _measures(wanted))
    rankings = {
        indicator.id: sorted(
            (
                _figure(indicator, code, counts, period, tree, as_of)
                | {"unit_name_vi": tree.units[code].name_vi, "unit_name_en": tree.units[code].name_en}
                for code, counts in found.items()
            ),
            key=lambda figure: _worst_first(indicator, figure),
        )
        for indicator in wanted
    }
    return {"unit": unit, "level": level, **_times(period), "as_of": as_of, "rankings": rankings}


def get_scores(
    store: Store,
    unit: str,
    level: UnitLevel | None = None,
    start: From = None,
    to: To = None,
    rule_set: Annotated[str, Query(description="a rule set with points")] = "qd766",
) -> dict[str, Any]:
    """Points by a rule set, of the unit or of each unit of a level below it: total, cards, what can be attained."""
    rules = catalogue().rule_set(rule_set)
    if rules is None or not rules.cards:
        raise HTTPException(422, f"no rule set with points has the id {rule_set!r}")
    tree, period, _ = _scope(store, unit, start, to, None)
    as_of = _as_of(store)
    wanted = [catalogue().indicators[name] for name in rules.components if name in catalogue().indicators]
    members = tree.members(unit, level) if level else dict.fromkeys(tree.below(unit), unit)
    found = figures.counts(store.client, members, period, _measures(wanted))
    scores = {
        code: score(rules.cards, rules.bands, {i.id: evaluate(i, counts) for i in wanted}, tree.units[code].level)
        for code, counts in found.items()
    }
    return {
        "unit": unit,
        "level": level,
        **_times(period),
        "as_of": as_of,
        "rule_set": rules.id,
        "name_vi": rules.name_vi,
        "name_en": rules.name_en,
        "max_points": rules.max_points,
        "scores": in_order([(tree.units[code], score) for code, score in scores.items()]),
    }


def get_units(store: Store) -> dict[str, Any]:
    """The unit tree as it is today."""
    return {"units": [row._asdict() for row in store.keeper.tree().units.values()]}


def get_dossiers(
    store: Store,
    unit: str,
    start: From = None,
    to: To = None,
    state: Literal["all", "open", "ended", "overdue"] = "all",
    has_due: bool | None = None,
    limit: Annotated[int, Query(ge=0, le=10_000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict[str, Any]:
    """Dossiers received in the period with their standing at its end; ``total`` counts all that match."""
    tree, period, _ = _scope(store, unit, start, to, None)
    # One row at least carries the total.
    rows = figures.dossiers(store.client, tree.below(unit), period, state, has_due, max(limit, 1), offset)
    total = rows[0]["total"] if rows else 0
    items = [{key: _readable(value) for key, value in row.items() if key != "total"} for row in rows[:limit]]
    return {"unit": unit, **_times(period), "total": total, "dossiers": items}


def get_ratings(
    store: Store,
    unit: str,
    start: From = None,
    to: To = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> dict[str, Any]:
    """Single ratings of the period, the latest first."""
    tree, period, _ = _scope(store, unit, start, to, None)
    rows = figures.ratings(store.client, tree.below(unit), period, limit)
    return {
        "unit": unit,
        **_times(period),
        "ratings": [{key: _readable(value) for key, value in row.items()} for row in rows],
    }


def get_series(
    store: Store, unit: str, start: From = None, to: To = None, step: Literal["hour", "day"] = "hour"
) -> dict[str, Any]:
    """Counts by hour or day, for charts."""
    tree, period, _ = _scope(store, unit, start, to, None)
    rows = figures.series(store.client, tree.below(unit), period, step)
    return {
        "unit": unit,
        **_times(period),
        "step": step,
        "series": [{key: _readable(value) for key, value in row.items()} for row in rows],
    }


def get_freshness(store: Store) -> dict[str, Any]:
    """How old the data is: now, and when the newest event that the figures hold was recorded."""
    now = store.clock()
    recorded = figures.freshness(store.client)
    # In a replayed day a second of age is a second of the wall, as the one who waits feels it.
    age_s = None if recorded is None else max(0.0, (now - recorded).total_seconds() / speed_of(store.clock))
    return {
        "now": _readable(now),
        "recorded_at": _readable(recorded),
        "age_s": age_s,
    }


def get_counts(store: Store, source: str) -> dict[str, Any]:
    """Distinct events of one source: ``rows`` in the raw table, ``stored`` of them in every figure."""
    rows, counted = figures.stored(store.client, source)
    return {"source": source, "rows": rows, "stored": counted}


def _scope(
    store: Reader, unit: str, start: str | None, end: str | None, ids: str | None
) -> tuple[Tree, Period, list[Indicator]]:
    tree = store.keeper.tree(having=unit)
    if unit not in tree.units:
        raise HTTPException(404, f"no unit has the code {unit!r}")
    known = catalogue().indicators
    names = ids.split(",") if ids else list(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise HTTPException(422, f"no such indicator: {', '.join(unknown)}")
    return tree, period_of(start, end, store.clock), [known[name] for name in names]


def _measures(indicators: list[Indicator]) -> set[str]:
    return {measure for indicator in indicators for measure in indicator.measures()}


def _figure(
    indicator: Indicator, unit: str, counts: Counts, period: Period, tree: Tree, as_of: str | None
) -> dict[str, Any]:
    figure = evaluate(indicator, counts)
    last_day = (period.end - timedelta(microseconds=1)).astimezone(VIETNAM).date()
    target = tree.target(indicator, unit, last_day)
    rule_set = catalogue().rule_set_of[indicator.id]
    component = rule_set.component(indicator.id)
    points = component.points(figure, tree.units[unit].level) if component else None
    return {
        "id": indicator.id,
        "name_vi": indicator.name_vi,
        "name_en": indicator.name_en,
        "unit_of_measure": indicator.unit,
        "direction": indicator.direction,
        "unit": unit,
        # Counts by unit-hour come in whole hours, and the figure says so.
        **_times(period if indicator.is_of_dossiers() else period.whole_hours()),
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "n": figure.n,
        "interval": figure.interval,
        "target": None if target is None else {"op": target.op, "value": target.value, "source": target.source},
        "points": points.points if points else None,
        "max_points": component.max_points if component else None,
        "status": figure.status,
        "rule_set": rule_set.id,
        "as_of": as_of,
    }


def _worst_first(indicator: Indicator, figure: dict[str, Any]) -> tuple[bool, float, str]:
    # For a worst list of shares the bound nearer to good decides: a poor figure of few cases is no proof.
    value = figure["value"]
    if value is None:
        return (True, 0.0, figure["unit"])
    low, high = figure["interval"] or (value, value)
    return (False, high if indicator.direction == "up" else -low, figure["unit"])


def _as_of(store: Reader) -> str | None:
    recorded = figures.freshness(store.client)
    return None if recorded is None else str(_readable(recorded))


def _times(period: Period) -> dict[str, str]:
    return {"from": period.start.astimezone(VIETNAM).isoformat(), "to": period.end.astimezone(VIETNAM).isoformat()}


def _readable(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(VIETNAM).isoformat()
    return str(value) if type(value).__name__ == "UUID" else value
