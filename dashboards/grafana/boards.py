"""The four dashboards: right now, one unit, procedures and counters, the pipeline. Each answers one question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
)

from contract.indicators.catalogue import catalogue
from contract.ratings.reasons import severe_reasons
from dashboards.api.routes.evidence.breakdown import FEWEST
from dashboards.grafana.panels import (
    CHOSEN,
    bars,
    figure,
    hours,
    language_of_units,
    legend,
    listed,
    ranking,
    tile,
)
from dashboards.grafana.query import PLUGIN, VARIABLE_SOURCE, ClickHouseQuery
from dashboards.texts.by_language import Texts
from warehouse.grafana_sql import expressions, statements
from warehouse.grafana_sql.statements import Members
from warehouse.read import evidence

ROOT = "H26"
TAG = "hailong"
REFRESH = "1m"
SHOWN_LEVELS = ("city", "department", "centre", "branch", "service_point")
TICKETS = {name: f"sum({name})" for name in ("tickets_issued", "tickets_served", "tickets_abandoned")}
WAITS = {
    "wait_minutes": f"sum({expressions.OF_WAITS['waited_s']}) / nullIf(sum({expressions.OF_WAITS['waits']}), 0) / 60"
}
DOSSIERS = {name: f"sum({name})" for name in ("dossiers_received", "dossiers_completed", "dossiers_late")}
DELAYS = {"delay_median": expressions.nearest_rank("sumMap(delays_s)", 0.5)} | {
    "delay_p99": expressions.nearest_rank("sumMap(delays_s)", 0.99)
}
OF_UNIT = Members.of_unit(CHOSEN)
ANY = {name: repr(value) for name, value in evidence.EVERY_CASE._asdict().items()}


def right_now(texts: Texts) -> dashboard.Dashboard:
    """Is any unit in trouble?"""
    board = _board("now", "now", "now-8h", texts)
    for name in ("SAT_CSAT", "OPS_WAIT_AVG", "OPS_WAIT_P90", "TIM_OVERDUE_RATE", "TIM_DUE_SOON", "DQ_FRESH"):
        tile(board, figure(name, texts), 4, 5)
    tile(board, ranking("now.worst", ("SAT_CSAT", "OPS_WAIT_AVG", "TIM_OVERDUE_RATE"), "service_point", texts), 14, 10)
    columns = {"time": "occurred_at", **{name: name for name in ("unit", "counter", "channel", "reasons")}}
    severe = statements.rows("ratings", columns, OF_UNIT, reasons=repr(severe_reasons()), limit="20", **ANY)
    tile(board, listed("now.severe", severe, columns, texts), 10, 10)
    counted = {name: f"sum({name})" for name in ("answered", "satisfied")}
    tile(board, hours("now.ratings", "rating_counts", counted, texts), 8, 7)
    tile(board, hours("now.queue", "ticket_counts", TICKETS, texts), 8, 7)
    tile(board, hours("now.dossiers", "dossier_hour_counts", DOSSIERS, texts), 8, 7)
    return board


def unit(texts: Texts) -> dashboard.Dashboard:
    """Why is this unit as it is?"""
    board = _board("unit", "unit_board", "now-7d", texts)
    for name in ("SAT_CSAT", "SAT_VERY", "OPS_WAIT_AVG", "OPS_HANDLE_AVG", "Q766_2_1", "SUP_GT1_RATE"):
        tile(board, figure(name, texts), 4, 5)
    tile(board, bars("unit_board.progress", ("Q766_2_1", "TIM_OVERDUE_RATE", "TIM_EARLY_RATE"), texts), 12, 7)
    tile(board, bars("unit_board.digital", ("ONL_DOSSIER_RATE", "PAY_ONLINE", "DIG_RESULT"), texts), 12, 7)
    tile(board, ranking("unit_board.below", ("TIM_OVERDUE_RATE", "SAT_CSAT"), "service_point", texts), 12, 9)
    tile(board, hours("unit_board.waits", "ticket_counts", WAITS, texts, unit="m"), 12, 9)
    return board


def procedures(texts: Texts) -> dashboard.Dashboard:
    """At which procedure, at which counter?"""
    board = _board("procedures", "procedures", "now-7d", texts)
    ended = {"procedure": "procedure", "dossiers_received": "received", "ended": "settled", "late": "settled_late"}
    ended |= {"late_share": _share("settled_late", "settled")}
    by_procedure = statements.rows("dossiers_by_procedure", ended, OF_UNIT)
    tile(board, listed("procedures.dossiers", by_procedure, ended, texts), 14, 14)
    scales = {name: repr(value) for name, value in evidence.SCALES.items()}
    rated = {"unit": "within", "counter": "part", "answered": "answered", "share": _share("satisfied", "answered")}
    by_counter = statements.rows("ratings_by", rated, OF_UNIT, by="'counter'", **scales)
    tile(board, listed("procedures.counters", by_counter, rated, texts), 10, 14)
    return board


def pipeline(texts: Texts) -> dashboard.Dashboard:
    """Are the figures fresh and complete?"""
    board = _board("pipeline", "pipeline", "now-24h", texts)
    tile(board, figure("DQ_FRESH", texts), 6, 5)
    tile(board, figure("DQ_COMPLETE", texts), 6, 5)
    tile(board, listed("pipeline.newest", statements.statement("freshness"), ["newest"], texts), 12, 5)
    tile(board, hours("pipeline.events", "event_counts", {"events": "sum(events)"}, texts), 12, 8)
    tile(board, hours("pipeline.delays", "event_counts", DELAYS, texts, unit="s"), 12, 8)
    sources = statements.rows("sources", {"source": "source", "events": "events"}, OF_UNIT)
    tile(board, listed("pipeline.sources", sources, ("source", "events"), texts), 12, 9)
    shown = ("table", "parts", "stored_rows", "bytes")
    tile(board, listed("pipeline.parts", statements.statement("parts"), shown, texts), 12, 9)
    return board


BOARDS: dict[str, Callable[[Texts], dashboard.Dashboard]] = {
    "now": right_now,
    "unit": unit,
    "procedures": procedures,
    "pipeline": pipeline,
}
"""The dashboards by the part of their uid before the language."""


def board(name: str, texts: Texts) -> Dashboard:
    """A dashboard in one language; its panels are numbered in their order."""
    built = BOARDS[name](texts).build()
    for number, panel in enumerate(built.panels or [], 1):
        panel.id_val = number
    return built


def uid(name: str, texts: Texts) -> str:
    """A dashboard's uid. It never changes: links, alerts and bookmarks refer to it."""
    return f"hailong-{name}-{texts.language}"


def _board(name: str, group: str, since: str, texts: Texts) -> dashboard.Dashboard:
    board = (
        dashboard.Dashboard(texts(f"{group}.title"))
        .uid(uid(name, texts))
        .description(texts(f"{group}.about"))
        .tags([TAG, f"{TAG}-{texts.language}"])
        .readonly()
        .timezone("Asia/Ho_Chi_Minh")
        .week_start("monday")
        .time(since, "now")
        .refresh(REFRESH)
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .link(
            dashboard.DashboardLink(texts("all_boards"))
            .type(DashboardLinkType.DASHBOARDS)
            .tags([f"{TAG}-{texts.language}"])
            .include_vars(True)
            .keep_time(True)
            .as_dropdown(True)
        )
        .with_variable(
            dashboard.DatasourceVariable("datasource")
            .label(texts("datasource"))
            .type(PLUGIN)
            .hide(VariableHide.HIDE_VARIABLE)
            .current(VariableOption(selected=True, text="ClickHouse", value="clickhouse"))
        )
        .with_variable(_units(texts))
    )
    annotations = {
        "targets": ("blue", statements.target_changes()),
        "acknowledged": ("green", statements.acknowledgements(OF_UNIT)),
        "rules": ("purple", statements.rule_changes(_changes(texts))),
    }
    for kind, (colour, sql) in annotations.items():
        board = board.annotation(
            dashboard.AnnotationQuery()
            .name(texts(f"annotations.{kind}"))
            .datasource(VARIABLE_SOURCE)
            .enable(True)
            .icon_color(colour)
            .target(ClickHouseQuery(sql, ref_id=kind))
        )
    tile(board, legend(texts(f"{group}.legend")), 24, 3)
    return board


def _changes(texts: Texts) -> Iterator[tuple[date, str, str]]:
    for change in catalogue().changes:
        name = texts.name_of(vars(change.rule_set))
        if change.begins:
            yield change.day, texts("rule_begins", name=name), change.rule_set.id
        if change.targets:
            yield change.day, texts("rule_targets", name=name, targets=", ".join(change.targets)), change.rule_set.id


def _share(part: str, whole: str) -> str:
    return f"if({whole} >= {FEWEST}, 100 * {part} / {whole}, NULL)"


def _units(texts: Texts) -> dashboard.QueryVariable:
    sql = statements.unit_choices(language_of_units(texts), SHOWN_LEVELS)
    query: dict[str, Any] = {"refId": "unit", "queryType": "sql", "editorType": "sql", "rawSql": sql}
    return (
        dashboard.QueryVariable("unit")
        .label(texts("unit"))
        .datasource(VARIABLE_SOURCE)
        .query(query)
        .definition(sql)
        .refresh(VariableRefresh.ON_DASHBOARD_LOAD)
        .current(VariableOption(selected=True, text=ROOT, value=ROOT))
    )
