"""The supervisor's page: whether anyone is in trouble, the headline figures, the last hour. New every second.

The address holds what is looked at:
``?unit=H26.66.01&from=2026-11-20&lang=en``.
The page computes no figure: all come from the read API, with their n, target and interval.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboards.answers.freshness import Freshness
from dashboards.pages.parts import clock
from dashboards.pages.parts.connections import feed
from dashboards.pages.parts.html import link, tag
from dashboards.pages.parts.questions import Answer, Question, View
from dashboards.pages.parts.selectors import (
    PERIOD_DAYS,
    Period,
    choose_language,
    choose_period,
    choose_unit,
    link_to,
)
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.parts.units import UNITS, by_code
from dashboards.pages.supervisor import (
    acknowledge,
    headline,
    heat,
    last_hour,
    latest,
    severe,
    silent_tablets,
    state,
    streaks,
    trouble,
    waiting,
)
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

# A tap must be seen within two seconds, of which storing it takes about one.
REFRESH_S = 0.7
UNITS_SOON = replace(UNITS, every_s=0.3)
QUESTIONS: tuple[Question[Any], ...] = (
    clock.QUESTION,
    headline.QUICK,
    headline.OF_DOSSIERS,
    latest.QUESTION,
    severe.QUESTION,
    waiting.QUESTION,
    silent_tablets.QUESTION,
    streaks.QUESTION,
    acknowledge.QUESTION,
    trouble.QUESTION,
)
"""Questions that are asked side by side before the first block is drawn."""


@guarded
def draw() -> None:
    """Draw the page once; its live part draws itself again each second."""
    texts = begin("title")
    feed().start(UNITS)
    feed().start(clock.QUESTION)
    units, freshness = by_code(feed().ask(UNITS)), feed().ask(clock.QUESTION)
    with st.container(horizontal=True, key="top", vertical_alignment="center"):
        st.html(tag("h1", texts("title")), width="content")
        unit = choose_unit(units, texts)
        (start,) = _choose_period(freshness, texts)
        choose_language(texts)
        st.html(link("inspector" + link_to({"unit": unit}), texts("inspector.go_inspector")), width="content")
    acknowledge.draw_form(units, texts)
    live(View(feed(), {"unit": unit, **({"from": start} if start else {})}, texts, units))


@st.fragment(run_every=REFRESH_S)
@guarded
def live(view: View) -> None:
    """Draw the blocks."""
    view.start(*QUESTIONS)
    if not view.units and by_code(view.ask(UNITS_SOON)):
        st.rerun()
    acknowledgements = acknowledge.acknowledgements_of(view.ask(acknowledge.QUESTION), link_to, view.texts)
    freshness, figures = view.ask(clock.AT_ONCE), view.ask(headline.QUICK)
    troubles, reports = view.ask(trouble.QUESTION), view.ask(severe.QUESTION)
    state.draw(view, freshness, figures, troubles, reports)
    if figures.problem in ("not_there", "question") or (figures.data is None and figures.problem):
        return
    with st.container(key="board"):
        with st.container(key="left"):
            with st.container(key="troubles"):
                trouble.draw_title(view, troubles)
                severe.draw(view, reports, acknowledgements)
                trouble.draw(view, troubles, acknowledgements)
                silent_tablets.draw(view, view.ask(silent_tablets.QUESTION), acknowledgements)
                streaks.draw(view, view.ask(streaks.QUESTION), acknowledgements)
            with st.container(key="latest"):
                latest.draw(view, view.ask(latest.QUESTION))
        with st.container(key="right"):
            with st.container(key="headline"):
                headline.draw(view, figures, view.ask(headline.OF_DOSSIERS))
            with st.container(key="waiting"):
                waiting.draw(view, view.ask(waiting.QUESTION))
            with st.container(key="hour"):
                last_hour.draw(view, freshness)
            with st.container(key="heat"):
                heat.draw(view)


def _choose_period(freshness: Answer[Freshness], texts: Texts) -> Period:
    """The first day looked at; empty for today."""
    named: dict[Period, str] = {("",): texts("period_today")}
    if freshness.data:
        today = form.instant(freshness.data["now"]).date()
        for days in PERIOD_DAYS[1:]:
            named[((today - timedelta(days=days - 1)).isoformat(),)] = texts("period_days", days=days)
    return choose_period(
        named, texts, lambda period: texts("period_from", day=_day(period[0])), parameters=("from",), width=170
    )


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text
