"""A unit's wallboard on a television (``/wall``): three figures, the day in a line, satisfaction by unit and hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

import streamlit as st

from dashboards.answers.figures import Heat, Indicators, Series, Step
from dashboards.pages.parts import clock
from dashboards.pages.parts.cards import figure_card
from dashboards.pages.parts.connections import feed
from dashboards.pages.parts.heat_table import heat_table
from dashboards.pages.parts.html import Html, banner, counts_line, join, quiet, tag
from dashboards.pages.parts.questions import Question, View
from dashboards.pages.parts.selectors import ROOT
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.parts.units import UNITS, by_code, unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

REFRESH_S = 2.0
FIGURES: Question[Indicators] = Question("/v1/indicators", {"ids": "SAT_CSAT,OPS_WAIT_AVG,Q766_2_1"}, every_s=REFRESH_S)
DAY: Question[Series] = Question("/v1/series", {"step": "day"}, every_s=REFRESH_S)
HEAT: Question[Heat] = Question("/v1/heat", every_s=REFRESH_S)
CLOCK = replace(clock.QUESTION, every_s=REFRESH_S)


@guarded
def draw() -> None:
    """Draw the page once; its live part draws itself again every two seconds."""
    texts = begin("wall.title")
    live(st.query_params.get("unit", ROOT), texts)


@st.fragment(run_every=REFRESH_S)
@guarded
def live(unit: str, texts: Texts) -> None:
    """Draw all of it."""
    units = by_code(feed().ask(UNITS))
    view = View(feed(), {"unit": unit}, texts, units)
    figures, day, heat, freshness = view.ask(FIGURES), view.ask(DAY), view.ask(HEAT), view.ask(CLOCK)
    with st.container(key="wall"):
        line = clock.clock_line(freshness, texts, is_away=freshness.problem is not None)
        st.html(join([tag("h1", unit_name(unit, units, texts)), line]))
        if figures.problem == "not_there":
            st.html(banner(texts("unknown_unit", unit=unit)))
        elif figures.data is None:
            st.html(quiet(texts("away_at_first" if figures.problem else "loading")))
        else:
            cards = (figure_card(figure, texts) for figure in figures.data["indicators"])
            st.html(tag("div", *cards, kind="wall"))
            st.html(day_line(day.data["series"] if day.data else [], texts))
        if heat.data and heat.data["cells"]:
            st.html(heat_table(heat.data, units, "percent", lambda code: f"?{urlencode({'unit': code})}", texts))


def day_line(days: Sequence[Step], texts: Texts) -> Html:
    """The work of the day: tickets served, dossiers received and completed. Pure."""
    sums = {
        "tickets_served": sum(day["tickets_served"] for day in days),
        "dossiers_received": sum(day["dossiers_received"] for day in days),
        "dossiers_completed": sum(day["dossiers_completed"] for day in days),
    }
    return counts_line({texts(name): form.number(count, texts.language) for name, count in sums.items()})
