"""The read API: every figure that anybody shows, with what it rests on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse, PlainTextResponse

from contract.events.reference import UnitLevel
from contract.indicators.catalogue import catalogue
from contract.indicators.funnel import funnel
from contract.indicators.indicator import Indicator, evaluate
from contract.indicators.points import score
from dashboards.answers.figures import Funnel, Indicators, RankedFigure, Ranking
from dashboards.answers.scores import Scores
from dashboards.api import figure_json as told
from dashboards.api.context import Store
from dashboards.api.file_formats import answers_of, in_forms, with_files
from dashboards.api.filters import From, Ids, RuleSet, To, Unit
from dashboards.api.lanes import Lanes
from dashboards.api.problems import COME_AGAIN, PROBLEMS, answer_problems
from dashboards.api.routes import lists
from dashboards.api.routes.breakdown import get_breakdown
from dashboards.api.routes.compare import get_compare
from dashboards.api.routes.counted import get_counted
from dashboards.api.routes.freshness import get_freshness
from dashboards.api.routes.heat import get_heat
from dashboards.api.routes.imports import get_imports
from dashboards.api.routes.mix import get_mix
from dashboards.api.routes.public import get_public
from dashboards.api.routes.recount import get_recount
from dashboards.api.routes.scores import in_order
from dashboards.api.routes.staff_sheet import get_staff_sheet
from dashboards.api.routes.streaks import get_warnings
from dashboards.api.routes.troubles import get_troubles
from dashboards.api.routes.waiting import get_waiting
from runtime.http import HEALTH_ROUTES, KnownHosts, own_names, serve_docs
from runtime.settings import Settings
from warehouse.read.last_year_fallback import counts_of


def make_api(settings: Settings) -> FastAPI:
    """The application. ClickHouse away: 503 on each route until it is back."""
    app = FastAPI(title="hailong read API", version="1", routes=[*HEALTH_ROUTES], docs_url=None, redoc_url=None)
    app.state.settings = settings
    answer_problems(app)
    serve_docs(app)
    ready: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
    app.get("/readyz", response_class=JSONResponse, responses={**PROBLEMS, **ready})(readyz)
    for path, route in ROUTES.items():
        responses = {**PROBLEMS, **(COME_AGAIN if path == "/v1/recount" else {}), 200: answers_of(route)}
        app.add_api_route(path, in_forms(path, route), responses=responses, response_class=JSONResponse)
    app.add_middleware(Lanes)
    app.add_middleware(KnownHosts, names=own_names(settings.allowed_hosts, settings.api_url))
    return app


def readyz(store: Store) -> PlainTextResponse:
    """200 while the store answers."""
    store.client.command("SELECT 1")
    return PlainTextResponse("ready\n")


@with_files("indicators")
def get_indicators(store: Store, unit: Unit, start: From = None, to: To = None, ids: Ids = None) -> Indicators:
    """Figures of one unit with everything below it."""
    tree, period, wanted = store.scope(unit, start, to, ids)
    as_of = store.as_of()
    found = counts_of(store.client, dict.fromkeys(tree.below(unit), unit), period, told.needed(wanted))
    entries = [told.figure(indicator, unit, found[unit], period, tree, as_of) for indicator in wanted]
    return {"unit": unit, **store.told(period), "as_of": as_of, "indicators": entries}


@with_files("rankings")
def get_ranking(
    store: Store,
    unit: Unit,
    level: UnitLevel = "service_point",
    start: From = None,
    to: To = None,
    ids: Ids = None,
    order: Literal["worst", "best"] = "worst",
) -> Ranking:
    """Figures of each unit of a level below ``unit``, those without a figure last.

    The bound nearest to good decides a list of the worst, the one nearest to bad a list of the best: a poor or a
    splendid figure of few cases is no proof. ``funnels`` tell for each share what all units have together and how far
    they spread beyond chance (contract/indicators/funnel.py); ``place`` where a unit stands in it.
    """
    tree, period, wanted = store.scope(unit, start, to, ids)
    as_of = store.as_of()
    found = counts_of(store.client, tree.members(unit, level), period, told.needed(wanted))
    rankings: dict[str, list[RankedFigure]] = {}
    for indicator in wanted:
        rankings[indicator.id] = [
            {
                **told.figure(indicator, code, counts, period, tree, as_of),
                "unit_name_vi": tree.units[code].name_vi,
                "unit_name_en": tree.units[code].name_en,
                "place": None,
            }
            for code, counts in found.items()
        ]
        rankings[indicator.id].sort(key=partial(_first, indicator, order))
    funnels = {indicator.id: _put_into_funnel(indicator, rankings[indicator.id]) for indicator in wanted}
    return {
        "unit": unit,
        "level": level,
        "order": order,
        **store.told(period),
        "as_of": as_of,
        "rankings": rankings,
        "funnels": {name: found for name, found in funnels.items() if found},
    }


@with_files("scores")
def get_scores(
    store: Store,
    unit: Unit,
    level: UnitLevel | None = None,
    start: From = None,
    to: To = None,
    rule_set: RuleSet = "qd766",
) -> Scores:
    """Points by a rule set, of the unit or of each unit of a level below it: total, cards, what can be attained."""
    rules = catalogue().rule_set(rule_set)
    if rules is None or not rules.cards:
        raise HTTPException(422, f"no rule set with points has the id {rule_set!r}")
    tree, period, _ = store.scope(unit, start, to, None)
    as_of = store.as_of()
    wanted = [catalogue().indicators[name] for name in rules.asked]
    members = tree.members(unit, level) if level else dict.fromkeys(tree.below(unit), unit)
    found = counts_of(store.client, members, period, told.needed(wanted))
    scores = {
        code: score(rules.cards, rules.bands, {i.id: evaluate(i, counts) for i in wanted}, tree.units[code].level)
        for code, counts in found.items()
    }
    return {
        "unit": unit,
        "level": level,
        **store.told(period),
        "as_of": as_of,
        "rule_set": rules.id,
        "name_vi": rules.name_vi,
        "name_en": rules.name_en,
        "total": rules.total.id if rules.total else None,
        "max_points": rules.max_points,
        "scores": in_order([(tree.units[code], score) for code, score in scores.items()]),
    }


def _put_into_funnel(indicator: Indicator, figures: list[RankedFigure]) -> Funnel | None:
    """The funnel of all shares; sets the ``place`` of each."""
    shares = [
        (figure, numerator, figure["denominator"])
        for figure in figures
        if indicator.is_share()
        and (numerator := figure["numerator"]) is not None
        and 0 <= numerator <= figure["denominator"]
    ]
    found = funnel([(numerator, denominator) for _, numerator, denominator in shares])
    if found is None:
        return None
    for figure, numerator, denominator in shares:
        figure["place"] = found.place(numerator, denominator)
    return {"centre": 100 * found.centre, "spread": found.spread}


def _first(indicator: Indicator, order: str, figure: RankedFigure) -> tuple[bool, float, str]:
    value = figure["value"]
    if value is None:
        return (True, 0.0, figure["unit"])
    low, high = figure["interval"] or (value, value)
    if order == "best":
        return (False, -low if indicator.direction == "up" else high, figure["unit"])
    return (False, high if indicator.direction == "up" else -low, figure["unit"])


ROUTES: dict[str, Callable[..., Any]] = {
    "/v1/indicators": get_indicators,
    "/v1/ranking": get_ranking,
    "/v1/scores": get_scores,
    "/v1/troubles": get_troubles,
    "/v1/warnings": get_warnings,
    "/v1/units": lists.get_units,
    "/v1/reference": lists.get_reference,
    "/v1/reference/loads": lists.get_reference_loads,
    "/v1/breakdown": get_breakdown,
    "/v1/staff-sheet": get_staff_sheet,
    "/v1/compare": get_compare,
    "/v1/mix": get_mix,
    "/v1/heat": get_heat,
    "/v1/recount": get_recount,
    "/v1/waiting": get_waiting,
    "/v1/public": get_public,
    "/v1/dossiers": lists.get_dossiers,
    "/v1/dossiers/{code:path}": lists.get_dossier,
    "/v1/ratings": lists.get_ratings,
    "/v1/acknowledgements": lists.get_acknowledgements,
    "/v1/series": lists.get_series,
    "/v1/tablets": lists.get_tablets,
    "/v1/freshness": get_freshness,
    "/v1/counts": lists.get_counts,
    "/v1/counted": get_counted,
    "/v1/imports": get_imports,
}
