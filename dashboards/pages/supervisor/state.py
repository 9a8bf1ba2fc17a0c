"""The line on top: in one sentence whether anyone is in trouble, the clock, and what prevents newer figures."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from contract.indicators.verdict import WATCHED
from dashboards.answers.figures import Indicators
from dashboards.answers.freshness import Freshness
from dashboards.answers.ratings import RatingPage
from dashboards.answers.troubles import Troubles
from dashboards.pages.parts.cards import SIGNS
from dashboards.pages.parts.clock import clock_line
from dashboards.pages.parts.html import Html, banner, join, link, tag, verdict
from dashboards.pages.parts.questions import Answer, View
from dashboards.pages.parts.selectors import link_to
from dashboards.pages.supervisor.heading import held_at
from dashboards.pages.supervisor.severe import has_reports
from dashboards.texts.by_language import Texts


def draw(
    view: View,
    freshness: Answer[Freshness],
    figures: Answer[Indicators],
    troubles: Answer[Troubles],
    severe: Answer[RatingPage],
) -> None:
    """The line, and below it a banner when something prevents newer figures."""
    texts = view.texts
    away = freshness.problem is not None or figures.is_away
    with st.container(key="state", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if figures.data is not None or figures.problem is None:
            st.html(judgement(troubles.data, has_reports(severe), texts), width="content")
        st.html(clock_line(freshness, texts, is_away=away), width="content")
    with st.container(key="banner"):
        way_out = link(link_to({"unit": None, "from": None}), texts("back_to_start"))
        if figures.problem == "not_there":
            st.html(banner(texts("unknown_unit", unit=view.unit), way_out))
        elif figures.problem == "question":
            st.html(banner(texts("bad_period", **{"from": view.parameters.get("from", "")}), way_out))
        elif away:
            at = held_at(figures)
            st.html(banner(texts("away", at=at) if at else texts("away_at_first")))


def judgement(answer: Troubles | None, severe_reported: bool, texts: Texts) -> Html:
    """One sentence with the number of units in trouble, by problem; ``answer`` is None before the first one. Pure.

    A citizen's severe report is never calm.
    """
    if answer is None:
        return verdict("none", f"… {texts('loading')}", role=None)
    if not answer["troubles"] and severe_reported:
        return verdict("missed", f"✗ {texts('severe')}")
    if not answer["troubles"]:
        state, key = ("met", "verdict_calm") if answer["figures_with_value"] else ("too_few", "verdict_unknown")
        return verdict(state, f"{SIGNS[state]} {texts(key)}")
    units_by_wrong = Counter(figure["id"] for trouble in answer["troubles"] for figure in trouble["figures"])
    split = (
        join([f"{texts(f'wrong.{wrong}')}: ", tag("b", str(units_by_wrong[wrong]))])
        for wrong in WATCHED
        if units_by_wrong[wrong]
    )
    text = texts("verdict_trouble", count=len(answer["troubles"]))
    return verdict("missed", f"✗ {text}", tag("span", join(split, " · ")))
