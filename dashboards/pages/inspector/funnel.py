"""The funnel plot: each unit's share over its number of cases, between the limits of chance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypedDict

import streamlit as st

from contract.indicators.funnel import ALARM_Z, WARNING_Z, Funnel
from dashboards.answers import figures as answers
from dashboards.answers.figures import RankedFigure
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.charts import DISSATISFIED_COLOUR, INK, SATISFIED_COLOUR, Chart
from dashboards.pages.parts.html import heading
from dashboards.pages.parts.units import name_in
from dashboards.texts.by_language import Texts

STEPS = 60


class Point(TypedDict):
    """One unit on the plot: its cases, its share in percent, its name, and whether it lies outside the funnel."""

    n: float
    share: float
    unit: str
    outside: bool


def draw(view: InspectorView, figures: Sequence[RankedFigure], funnel: answers.Funnel | None) -> None:
    """The plot of a ranking's figures; nothing where they have no funnel."""
    units = points(figures, view.texts)
    if not funnel or not units:
        return
    outside = sum(point["outside"] for point in units)
    lines = limits(Funnel(funnel["centre"] / 100, funnel["spread"]), [point["n"] for point in units])
    st.html(heading(view.text("funnel"), view.text("funnel_note")))
    st.vega_lite_chart(
        chart(units, lines, view.texts),
        height=260,
        theme=None,
        key="funnel",
        alt=view.text("funnel_alt", within=len(units) - outside, outside=outside),
    )


def points(figures: Sequence[RankedFigure], texts: Texts) -> list[Point]:
    """A point for each unit that has a place in the funnel. Pure."""
    return [
        {
            "n": figure["denominator"],
            "share": 100 * (figure["numerator"] or 0) / figure["denominator"],
            "unit": name_in(figure, texts, "unit_name"),
            "outside": figure["place"] != "within",
        }
        for figure in figures
        if figure["place"]
    ]


def limits(funnel: Funnel, cases: Sequence[float]) -> list[dict[str, float]]:
    """The limits from the fewest ``cases`` to the most, closer together where there are few. Pure."""
    fewest, most = min(cases) * 0.9, max(cases) * 1.1
    lines = []
    for step in range(STEPS + 1):
        n = fewest * math.exp(math.log(most / fewest) * step / STEPS)
        (low, high), (lowest, highest) = funnel.limits(n, WARNING_Z), funnel.limits(n, ALARM_Z)
        shares = {"low": low, "high": high, "lowest": lowest, "highest": highest, "centre": funnel.centre}
        lines.append({"n": n, **{name: 100 * share for name, share in shares.items()}})
    return lines


def chart(units: Sequence[Point], lines: Sequence[Mapping[str, float]], texts: Texts) -> Chart:
    """The Vega-Lite chart with its data. Pure."""
    axis = {"labelColor": INK, "labelFontSize": 12, "titleColor": INK, "gridColor": "#eaecf0"}
    x = {
        "field": "n",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False},
        "axis": {**axis, "title": texts("inspector.funnel_cases")},
    }
    scale = {"zero": False}

    def line(name: str, dash: Sequence[int]) -> Chart:
        return {
            "data": {"values": list(lines)},
            "mark": {"type": "line", "strokeDash": list(dash), "color": INK, "strokeWidth": 1},
            "encoding": {
                "x": x,
                "y": {"field": name, "type": "quantitative", "scale": scale, "axis": {**axis, "title": "%"}},
            },
        }

    dots = {
        "data": {"values": list(units)},
        "mark": {"type": "point", "filled": True, "size": 55, "opacity": 0.85},
        "encoding": {
            "x": x,
            "y": {"field": "share", "type": "quantitative", "scale": scale},
            # Colour never speaks alone: what is outside has another shape as well.
            "color": {"condition": {"test": "datum.outside", "value": DISSATISFIED_COLOUR}, "value": SATISFIED_COLOUR},
            "shape": {"condition": {"test": "datum.outside", "value": "diamond"}, "value": "circle"},
            "tooltip": [
                {"field": "unit", "title": texts("inspector.unit")},
                {"field": "share", "title": "%", "format": ".2f"},
                {"field": "n", "title": "n"},
            ],
        },
    }
    dashes = {"lowest": (), "highest": (), "low": (5, 4), "high": (5, 4), "centre": (1, 3)}
    return {
        "background": "white",
        "layer": [*(line(name, dash) for name, dash in dashes.items()), dots],
        "config": {"view": {"stroke": None}},
    }
