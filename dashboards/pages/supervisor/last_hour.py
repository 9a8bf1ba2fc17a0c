"""The last hour: ratings by five minutes on a chart, and the hour's tickets and dossiers in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypedDict

import pyarrow as pa
import streamlit as st

from dashboards.answers.figures import Series, Step
from dashboards.answers.freshness import Freshness
from dashboards.answers.ratings import Rating, RatingPage
from dashboards.pages.parts.charts import DISSATISFIED_COLOUR, INK, SATISFIED_COLOUR, Chart
from dashboards.pages.parts.html import Html, counts_line, heading, join, quiet, tag
from dashboards.pages.parts.questions import Answer, Question, View
from dashboards.pages.supervisor.heading import draw_heading, held_at
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

SERIES: Question[Series] = Question("/v1/series", every_s=5.0)
BIN_MINUTES = 5
BINS = 12


class Bin(TypedDict):
    """The ratings with one of the two answers in five minutes, as a row of the chart."""

    time: str
    answer: str
    order: int
    ratings: int


class RatedHour(TypedDict):
    """The hour's ratings as the page shows them; ``bins`` is the chart's table of Arrow, ``to`` the hour's end."""

    to: str
    satisfied: int
    dissatisfied: int
    bins: pa.Table


RATINGS: Question[RatedHour] = Question("/v1/ratings", {"limit": 10_000}, every_s=5.0)


def draw(view: View, freshness: Answer[Freshness]) -> None:
    """The line and the chart of the hour that ends now, by the store's clock."""
    texts = view.texts
    if freshness.data is None:
        st.html(join([heading(texts("last_hour")), quiet(texts("loading"))]))
        return
    now = form.instant(freshness.data["now"])
    hour = now.replace(minute=0, second=0, microsecond=0)
    ends = (now + timedelta(seconds=1)).isoformat()
    shaped = replace(RATINGS, shape=partial(count_ratings, texts=texts), name=texts.language)
    ratings = view.ask(shaped, **{"from": first_bin(now).isoformat(), "to": ends})
    series = view.ask(SERIES, **{"from": hour.isoformat(), "to": ends})
    draw_heading(texts("last_hour"), ratings, texts)
    if series.data is not None:
        rows = series.data["series"]
        begins = f"{form.instant(series.data['from']):%H:%M}"
        st.html(queue_line(rows[-1] if rows else None, begins, held_at(series), texts))
    if ratings.data is None:
        st.html(quiet(texts("away_at_first" if ratings.problem else "loading")))
        return
    answers = {"satisfied": ratings.data["satisfied"], "dissatisfied": ratings.data["dissatisfied"]}
    if not any(answers.values()):
        st.html(quiet(texts("chart_empty")))
        return
    st.html(legend(texts))
    st.vega_lite_chart(
        ratings.data["bins"],
        chart(texts),
        height=175,
        theme=None,
        key="hour_chart",
        alt=texts("chart_alt", **answers),
    )


def queue_line(hour: Step | None, begins: str, ends: str, texts: Texts) -> Html:
    """The current hour's tickets and dossiers. Pure."""
    when = texts("queue", **{"from": begins, "to": ends})
    counts = {} if hour is None else _work(hour)
    if not any(counts.values()):
        return tag("p", tag("span", when), f" {texts('queue_empty')}", kind="queue")
    shown = {texts(name): form.number(count, texts.language) for name, count in counts.items()}
    return counts_line(shown, tag("span", f"{when}:"))


def _work(hour: Step) -> dict[str, int]:
    return {
        "tickets_issued": hour["tickets_issued"],
        "tickets_called": hour["tickets_called"],
        "tickets_served": hour["tickets_served"],
        "dossiers_received": hour["dossiers_received"],
        "dossiers_completed": hour["dossiers_completed"],
    }


def first_bin(now: datetime) -> datetime:
    """When the hour's first five minutes begin; the last ones hold ``now``. Pure."""
    running = now.replace(minute=now.minute - now.minute % BIN_MINUTES, second=0, microsecond=0)
    return running - timedelta(minutes=BIN_MINUTES * (BINS - 1))


def bins(ratings: Iterable[Rating], now: datetime, texts: Texts) -> list[Bin]:
    """The satisfied and the dissatisfied of each five minutes of the hour until ``now``, empty ones too. Pure."""
    begins, width = first_bin(now), timedelta(minutes=BIN_MINUTES)
    counts: Counter[tuple[int, bool]] = Counter()
    for rating in ratings:
        index = (form.instant(rating["occurred_at"]) - begins) // width
        counts[index, form.is_satisfied(rating["scale"], rating["score"])] += 1
    return [
        {
            "time": f"{begins + index * width:%H:%M}",
            "answer": texts("satisfied" if is_good else "dissatisfied"),
            "order": int(is_good),
            "ratings": counts[index, is_good],
        }
        for index in range(BINS)
        for is_good in (True, False)
    ]


def count_ratings(answer: RatingPage, texts: Texts) -> RatedHour:
    """Counts the ratings of an answer by five minutes. Pure."""
    ratings = answer["ratings"]
    satisfied = sum(form.is_satisfied(rating["scale"], rating["score"]) for rating in ratings)
    # A table of Arrow goes to the browser as it is.
    rows = pa.Table.from_pylist(bins(ratings, form.instant(answer["to"]), texts))
    return {"to": answer["to"], "satisfied": satisfied, "dissatisfied": len(ratings) - satisfied, "bins": rows}


def chart(texts: Texts) -> Chart:
    """The Vega-Lite chart without its data, so that new data moves the bars and redraws nothing. Pure."""
    answers = [texts("satisfied"), texts("dissatisfied")]
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
                "scale": {"domain": answers, "range": [SATISFIED_COLOUR, DISSATISFIED_COLOUR]},
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


def legend(texts: Texts) -> Html:
    """The chart's title and the meaning of its colours. Pure."""
    colours = {"satisfied": SATISFIED_COLOUR, "dissatisfied": DISSATISFIED_COLOUR}
    keys = (part for name, colour in colours.items() for part in (tag("i", style=f"background:{colour}"), texts(name)))
    return tag("p", f"{texts('chart_title')}:", *keys, kind="legend")
