"""The kinds of panels on the dashboards; each shows the result of one statement of warehouse/grafana_sql."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, stat, table, text, timeseries
from grafana_foundation_sdk.models.common import BigValueColorMode, BigValueGraphMode, LegendDisplayMode, StackingMode
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ThresholdsMode,
)

from contract.events.reference import UnitDefined
from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Indicator, Target
from contract.languages import FIRST
from dashboards.grafana.query import SERIES, TABLE, VARIABLE_SOURCE, ClickHouseQuery
from dashboards.texts.by_language import Texts
from warehouse.grafana_sql import figures as figure_statements
from warehouse.grafana_sql import statements
from warehouse.grafana_sql.statements import Members

GOOD, BAD, PLAIN = "green", "red", "blue"
UNITS = {"percent": "percent", "hours": "h", "minutes": "m", "seconds": "s", "count": "short", "points": "short"}
DECIMALS = {"percent": 2, "hours": 1, "minutes": 1, "seconds": 1}
JUST_BEYOND = 0.005
"""A threshold colours from its value on; a target that is just met is met. Figures are shown to two decimals."""

CHOSEN = "${unit:singlequote}"
UNIT_BOARD = "hailong-unit"


Panel = bargauge.Panel | stat.Panel | table.Panel | text.Panel | timeseries.Panel


def tile(board: dashboard.Dashboard, panel: Panel, width: int, height: int) -> None:
    """Appends a panel to the board; sizes are in the 24 columns and the rows of its grid."""
    board.with_panel(panel.span(width).height(height))


def figure(name: str, texts: Texts) -> stat.Panel:
    """One indicator of the chosen unit in large, with its number of cases, in the colour of its target."""
    indicator = catalogue().indicators[name]
    return (
        stat.Panel()
        .title(indicator.name_in(texts.language))
        .description(_description(indicator, texts))
        .datasource(VARIABLE_SOURCE)
        .with_target(ClickHouseQuery(figure_statements.figures([indicator], Members.of_unit(CHOSEN))))
        .unit(UNITS[indicator.unit])
        .decimals(DECIMALS.get(indicator.unit, 0))
        .no_value(texts("none"))
        .color_mode(BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.NONE)
        .thresholds(_thresholds(target_of(indicator)))
        .override_by_name(f"value_{name}", _shown_as(indicator.name_in(texts.language)))
        .override_by_name(f"n_{name}", [*_shown_as(texts("cases")), *_plain_count()])
    )


def bars(title: str, names: Sequence[str], texts: Texts) -> bargauge.Panel:
    """Several shares of the chosen unit side by side."""
    indicators = [catalogue().indicators[name] for name in names]
    panel = (
        bargauge.Panel()
        .title(texts(title))
        .description(texts(f"{title}_about"))
        .datasource(VARIABLE_SOURCE)
        .with_target(ClickHouseQuery(_values_only(indicators)))
        .unit("percent")
        .decimals(2)
        .min(0)
        .max(100)
        .no_value(texts("none"))
        .thresholds(_thresholds(None))
    )
    for indicator in indicators:
        steps = {"mode": ThresholdsMode.ABSOLUTE, "steps": _steps(target_of(indicator))}
        shown = [*_shown_as(indicator.name_in(texts.language)), DynamicConfigValue("thresholds", steps)]
        panel.override_by_name(f"value_{indicator.id}", shown)
    return panel


def hours(title: str, query: str, columns: Mapping[str, str], texts: Texts, unit: str = "short") -> timeseries.Panel:
    """A series by hour of the chosen unit."""
    return _coloured(
        timeseries.Panel()
        .title(texts(title))
        .description(texts(f"{title}_about"))
        .datasource(VARIABLE_SOURCE)
        .with_target(ClickHouseQuery(statements.series(query, columns, Members.of_unit(CHOSEN)), SERIES))
        .unit(unit)
        .min(0)
        .no_value(texts("none"))
        .interval("1h")
        .fill_opacity(0)
        .stacking(common.StackingConfig().mode(StackingMode.NONE))
        .legend(common.VizLegendOptions().show_legend(True).display_mode(LegendDisplayMode.LIST)),
        columns,
        texts,
    )


def ranking(title: str, names: Sequence[str], level: Any, texts: Texts) -> table.Panel:
    """The units of a level below the chosen one, the worst of the first indicator first; a name leads to its board."""
    indicators = [catalogue().indicators[name] for name in names]
    sql = figure_statements.worst_first(indicators, Members.of_level(level, CHOSEN), language_of_units(texts), rows=50)
    panel = listed(title, sql, ["unit", "name"], texts)
    panel.override_by_name("name", [*_shown_as(texts("columns.name")), unit_link(texts)])
    for indicator in indicators:
        shown = [
            *_shown_as(indicator.name_in(texts.language)),
            DynamicConfigValue("unit", UNITS[indicator.unit]),
            DynamicConfigValue("decimals", DECIMALS.get(indicator.unit, 0)),
            DynamicConfigValue("thresholds", {"mode": ThresholdsMode.ABSOLUTE, "steps": _steps(target_of(indicator))}),
            DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
        ]
        panel.override_by_name(f"value_{indicator.id}", shown)
        panel.override_by_name(f"n_{indicator.id}", [*_shown_as("n"), *_plain_count()])
    return panel


def listed(title: str, sql: str, columns: Iterable[str], texts: Texts) -> table.Panel:
    """The rows of a statement as they come; a column ``unit`` leads to the unit's board."""
    panel = (
        table.Panel()
        .title(texts(title))
        .description(texts(f"{title}_about"))
        .datasource(VARIABLE_SOURCE)
        .with_target(ClickHouseQuery(sql, TABLE))
        .unit("short")
        .no_value(texts("none"))
    )
    for column in columns:
        shown = _shown_as(texts(f"columns.{column}"))
        panel.override_by_name(column, [*shown, unit_link(texts)] if column == "unit" else shown)
    return panel


def legend(content: str) -> text.Panel:
    """A sentence or two on top: the question of the dashboard and the source of its figures."""
    return text.Panel().title("").content(content).transparent(True)


def unit_link(texts: Texts) -> DynamicConfigValue:
    """A cell that leads to the board of the unit in its row, at the same time."""
    url = f"/d/{UNIT_BOARD}-{texts.language}?${{__url_time_range}}&var-unit=${{__data.fields.unit}}"
    return DynamicConfigValue("links", [{"title": texts("see_unit"), "url": url}])


def language_of_units(texts: Texts) -> str:
    """The language in which the store has the units' names: the first one where it has none in that of the texts."""
    return texts.language if f"name_{texts.language}" in UnitDefined.model_fields else FIRST


def target_of(indicator: Indicator) -> Target | None:
    """The target that colours an indicator: the newest that is not meant for some levels only."""
    meant = [target for target in indicator.targets if target.valid_to is None and not target.levels]
    return max(meant, key=lambda target: target.valid_from, default=None)


def _values_only(indicators: Sequence[Indicator]) -> str:
    columns = ", ".join(f"value_{indicator.id}" for indicator in indicators)
    return f"SELECT {columns} FROM\n(\n{figure_statements.figures(indicators, Members.of_unit(CHOSEN))}\n)"


def _coloured(panel: timeseries.Panel, columns: Iterable[str], texts: Texts) -> timeseries.Panel:
    for column in columns:
        panel.override_by_name(column, _shown_as(texts(f"columns.{column}")))
    return panel


def _thresholds(target: Target | None) -> dashboard.ThresholdsConfig:
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(_steps(target))


def _steps(target: Target | None) -> list[Threshold]:
    if target is None:
        return [Threshold(None, PLAIN)]
    if target.op == ">=":
        return [Threshold(None, BAD), Threshold(target.value, GOOD)]
    return [Threshold(None, GOOD), Threshold(target.value + JUST_BEYOND, BAD)]


def _description(indicator: Indicator, texts: Texts) -> str:
    return texts("stat", name=indicator.name_in(texts.language), source=indicator.source, min_n=indicator.min_n)


def _shown_as(name: str) -> list[DynamicConfigValue]:
    return [DynamicConfigValue("displayName", name)]


def _plain_count() -> list[DynamicConfigValue]:
    return [
        DynamicConfigValue("unit", "short"),
        DynamicConfigValue("decimals", 0),
        DynamicConfigValue("color", {"mode": FieldColorModeId.FIXED, "fixedColor": "text"}),
    ]
