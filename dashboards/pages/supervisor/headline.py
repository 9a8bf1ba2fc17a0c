"""The headline figures on cards, and the number of ratings."""

from __future__ import annotations

import streamlit as st

from dashboards.answers.figures import Figure, Indicators
from dashboards.pages.parts.cards import card, figure_card
from dashboards.pages.parts.html import Html, quiet
from dashboards.pages.parts.questions import Answer, Question, View
from dashboards.pages.supervisor.heading import draw_heading
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

SHOWN = (
    "SAT_CSAT",
    "OPS_WAIT_AVG",
    "Q766_2_1",
    "TIM_OVERDUE_RATE",
    "TIM_DUE_SOON",
    "ONL_DOSSIER_RATE",
    "SUP_GT1_RATE",
    "DQ_FRESH",
)
SECOND = {"OPS_WAIT_AVG": "OPS_WAIT_P90"}
"""Figures that stand on another one's card."""

# Taps and tickets change by the second; figures of dossiers cost more to count and change by the minute.
_QUICK = ("SAT_CSAT", "OPS_WAIT_AVG", "OPS_WAIT_P90", "DQ_FRESH")
_OF_DOSSIERS = (name for name in SHOWN if name not in _QUICK)
QUICK: Question[Indicators] = Question("/v1/indicators", {"ids": ",".join(_QUICK)}, every_s=0.3, at_once=True)
OF_DOSSIERS: Question[Indicators] = Question("/v1/indicators", {"ids": ",".join(_OF_DOSSIERS)}, every_s=3.0)


def draw(view: View, quick: Answer[Indicators], of_dossiers: Answer[Indicators]) -> None:
    """A card for each figure."""
    texts = view.texts
    draw_heading(texts("headline"), quick if quick.problem else of_dossiers, texts)
    figures = {
        figure["id"]: figure for answer in (quick, of_dossiers) if answer.data for figure in answer.data["indicators"]
    }
    if not figures:
        st.html(quiet(texts("loading")))
        return
    with st.container(key="cards"):
        for name in SHOWN:
            with st.container(key=name):
                if name in figures:
                    st.html(figure_card(figures[name], texts, figures.get(SECOND.get(name, ""))))
                else:
                    st.html(quiet(texts("loading")))
            if name == "SAT_CSAT" and name in figures:
                with st.container(key="answered"):
                    st.html(answered_card(figures[name], texts))


def answered_card(csat: Figure, texts: Texts) -> Html:
    """The number of ratings in the period. Pure."""
    details = [texts("answered_detail")]
    if csat["numerator"] is not None:
        counts = {"satisfied": csat["numerator"], "dissatisfied": csat["n"] - csat["numerator"]}
        split = {name: form.number(count, texts.language) for name, count in counts.items()}
        details.append(texts("answered_split", **split))
    return card(texts("answered"), form.number(csat["n"], texts.language), "none", Html(), details)
