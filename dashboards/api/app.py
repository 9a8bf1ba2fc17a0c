"""The read API: every figure that anybody shows, with the cases behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse

from dashboards.api.context import ContextDep
from dashboards.api.file_formats import describe_answer, with_formats
from dashboards.api.lanes import Lanes
from dashboards.api.problems import COME_AGAIN, PROBLEMS, Responses, answer_problems
from dashboards.api.routes.counters.acknowledgements import get_acknowledgements
from dashboards.api.routes.counters.tablets import get_tablets
from dashboards.api.routes.counters.waiting import get_waiting
from dashboards.api.routes.data.counted import get_counted
from dashboards.api.routes.data.freshness import get_freshness
from dashboards.api.routes.data.imports import get_counts, get_imports
from dashboards.api.routes.data.reference import get_reference, get_reference_loads
from dashboards.api.routes.data.units import get_units
from dashboards.api.routes.evidence.breakdown import get_breakdown
from dashboards.api.routes.evidence.dossiers import get_dossier, get_dossiers
from dashboards.api.routes.evidence.mix import get_mix
from dashboards.api.routes.evidence.ratings import get_ratings
from dashboards.api.routes.evidence.staff_sheet import get_staff_sheet
from dashboards.api.routes.figures.compare import get_compare
from dashboards.api.routes.figures.heat import get_heat
from dashboards.api.routes.figures.indicators import get_indicators
from dashboards.api.routes.figures.public import get_public
from dashboards.api.routes.figures.ranking import get_ranking
from dashboards.api.routes.figures.recount import get_recount
from dashboards.api.routes.figures.scores import get_scores
from dashboards.api.routes.figures.series import get_series
from dashboards.api.routes.figures.streaks import get_warnings
from dashboards.api.routes.figures.troubles import get_troubles
from runtime.http import HEALTH_ROUTES, KnownHosts, own_names, serve_docs
from runtime.settings import Settings

ROUTES: dict[str, Callable[..., Any]] = {
    "/v1/indicators": get_indicators,
    "/v1/ranking": get_ranking,
    "/v1/scores": get_scores,
    "/v1/troubles": get_troubles,
    "/v1/warnings": get_warnings,
    "/v1/units": get_units,
    "/v1/reference": get_reference,
    "/v1/reference/loads": get_reference_loads,
    "/v1/breakdown": get_breakdown,
    "/v1/staff-sheet": get_staff_sheet,
    "/v1/compare": get_compare,
    "/v1/mix": get_mix,
    "/v1/heat": get_heat,
    "/v1/recount": get_recount,
    "/v1/waiting": get_waiting,
    "/v1/public": get_public,
    "/v1/dossiers": get_dossiers,
    "/v1/dossiers/{code:path}": get_dossier,
    "/v1/ratings": get_ratings,
    "/v1/acknowledgements": get_acknowledgements,
    "/v1/series": get_series,
    "/v1/tablets": get_tablets,
    "/v1/freshness": get_freshness,
    "/v1/counts": get_counts,
    "/v1/counted": get_counted,
    "/v1/imports": get_imports,
}


def make_api(settings: Settings) -> FastAPI:
    """The application. ClickHouse away: 503 on each route until it is back."""
    app = FastAPI(title="hailong read API", version="1", routes=[*HEALTH_ROUTES], docs_url=None, redoc_url=None)
    app.state.settings = settings
    answer_problems(app)
    serve_docs(app)
    ready: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
    app.get("/readyz", response_class=JSONResponse, responses={**PROBLEMS, **ready})(readyz)
    for path, route in ROUTES.items():
        responses = {**PROBLEMS, **(COME_AGAIN if path == "/v1/recount" else {}), 200: describe_answer(route)}
        app.add_api_route(path, with_formats(path, route), responses=responses, response_class=JSONResponse)
    app.add_middleware(Lanes)
    app.add_middleware(KnownHosts, names=own_names(settings.allowed_hosts, settings.api_url))
    return app


def readyz(context: ContextDep) -> PlainTextResponse:
    """200 while the store answers."""
    context.client.command("SELECT 1")
    return PlainTextResponse("ready\n")
