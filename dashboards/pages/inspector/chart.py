"""The funnel plot: each unit's share over its number of cases, between the limits of chance. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from contract.indicators.funnel import ALARM_Z, WARNING_Z, Funnel
from contract.languages import field_in
from dashboards.pages.supervisor.chart import DISSATISFIED_COLOUR, INK, SATISFIED_COLOUR
from dashboards.texts.by_language import Texts

STEPS = 60


def points(figures: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """A point for each unit that has a place in the funnel."""
    return [
        {
            "n": figure["denominator"],
            "share": 100 * figure["numerator"] / figure["denominator"],
            "unit": field_in(language, figure, "unit_name"),
            "outside": figure["place"] != "within",
        }
        for figure in figures
        if figure["place"]
    ]


def limits(found: Funnel, cases: Sequence[float]) -> list[dict[str, Any]]:
    """The limits from the fewest ``cases`` to the most, closer together where there are few."""
    fewest, most = min(cases) * 0.9, max(cases) * 1.1
    lines = []
    for step in range(STEPS + 1):
        n = fewest * math.exp(math.log(most / fewest) * step / STEPS)
        (low, high), (lowest, highest) = found.limits(n, WARNING_Z), found.limits(n, ALARM_Z)
        shares = {"low": low, "high": high, "lowest": lowest, "highest": highest, "centre": found.centre}
        lines.append({"n": n, **{name: 100 * share for name, share in shares.items()}})
    return lines


def spec(units: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]], texts: Texts) -> dict[str, Any]:
    """The Vega-Lite chart with its data."""
    axis = {"labelColor": INK, "labelFontSize": 12, "titleColor": INK, "gridColor": "#eaecf0"}
    x = {
        "field": "n",
        "type": "quantitative",
        "scale": {"type": "log", "nice": False},
        "axis": {**axis, "title": texts("inspector.funnel_cases")},
    }
    scale = {"zero": False}

    def line(name: str, dash: Sequence[int]) -> dict[str, Any]:
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
