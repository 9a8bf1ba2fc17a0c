"""The chart of the last hour: ratings by five minutes. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

BIN_MINUTES = 5
BINS = 12
SATISFIED_COLOUR, DISSATISFIED_COLOUR = "#1d6fb8", "#c4320a"
INK = "#344054"


def first_bin(now: datetime) -> datetime:
    """When the hour's first five minutes begin; the last ones hold ``now``."""
    running = now.replace(minute=now.minute - now.minute % BIN_MINUTES, second=0, microsecond=0)
    return running - timedelta(minutes=BIN_MINUTES * (BINS - 1))


def bins(ratings: Iterable[dict[str, Any]], now: datetime, texts: Texts) -> list[dict[str, Any]]:
    """For each five minutes of the hour until ``now``, empty ones too, how many were satisfied and how many not."""
    begins, width = first_bin(now), timedelta(minutes=BIN_MINUTES)
    found: Counter[tuple[int, bool]] = Counter()
    for rating in ratings:
        place = (form.instant(rating["occurred_at"]) - begins) // width
        found[place, form.is_satisfied(rating["scale"], rating["score"])] += 1
    return [
        {
            "time": f"{begins + place * width:%H:%M}",
            "answer": texts("satisfied" if good else "dissatisfied"),
            "order": int(good),
            "ratings": found[place, good],
        }
        for place in range(BINS)
        for good in (True, False)
    ]


def last_hour(answer: dict[str, Any], texts: Texts) -> dict[str, Any]:
    """The hour's ratings as the page shows them: ``satisfied``, ``dissatisfied``, and the chart's ``bins``."""
    found = answer["ratings"]
    good = sum(form.is_satisfied(rating["scale"], rating["score"]) for rating in found)
    # A table of Arrow goes to the browser as it is.
    rows = pa.Table.from_pylist(bins(found, form.instant(answer["to"]), texts))
    return {"to": answer["to"], "satisfied": good, "dissatisfied": len(found) - good, "bins": rows}


def spec(texts: Texts) -> dict[str, Any]:
    """The Vega-Lite chart without its data, so that new data moves the bars and draws nothing anew."""
    words = [texts("satisfied"), texts("dissatisfied")]
    axis = {"labelColor": INK, "labelFontSize": 13, "title": None}
    return {
        "background": "white",
        "padding": {"left": 4, "right": 8, "top": 10, "bottom": 4},
        "mark": {"type": "bar"},
        "encoding": {
            "x": {
                "field": "time",
                "type": "ordinal",
                "axis": {**axis, "labelAngle": 0, "labelOverlap": True, "labelSeparation": 8},
            },
            "y": {
                "field": "ratings",
                "type": "quantitative",
                "axis": {**axis, "tickMinStep": 1, "format": "d", "tickCount": 4, "gridColor": "#eaecf0"},
            },
            "color": {
                "field": "answer",
                "type": "nominal",
                "scale": {"domain": words, "range": [SATISFIED_COLOUR, DISSATISFIED_COLOUR]},
                "legend": None,
            },
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                {"field": "time", "type": "ordinal", "title": texts("chart_time")},
                {"field": "answer", "type": "nominal", "title": texts("chart_answer")},
                {"field": "ratings", "type": "quantitative", "title": texts("chart_ratings")},
            ],
        },
        "config": {"view": {"stroke": None}},
    }


def legend(texts: Texts) -> str:
    """The chart's title and what its colours mean, as HTML."""
    marks = ((SATISFIED_COLOUR, "satisfied"), (DISSATISFIED_COLOUR, "dissatisfied"))
    keys = "".join(f'<i style="background:{colour}"></i>{texts(name)}' for colour, name in marks)
    return f'<p class="legend">{texts("chart_title")}:{keys}</p>'
