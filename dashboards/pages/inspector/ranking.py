"""All units of a level, ranked fairly by the figure that is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.answers.figures import RankedFigure, Ranking
from dashboards.pages.inspector import funnel
from dashboards.pages.inspector.view import LEVELS, NO_PART, InspectorView
from dashboards.pages.parts.cards import state_chip
from dashboards.pages.parts.html import Html, heading, link, quiet
from dashboards.pages.parts.questions import Question, Units
from dashboards.pages.parts.selectors import Address, choose_option, link_to
from dashboards.pages.parts.tables import bar, cell, head_cell, number_cell, row, table
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Ranking] = Question("/v1/ranking")
ORDERS = ("worst", "best")
PLACE_SIGNS = {"within": "○", "low": "◔", "very_low": "▼", "high": "◕", "very_high": "▲"}
COLUMNS = ("place", "unit", "value", "spread", "n", "state", "in_funnel")


def draw(view: InspectorView) -> None:
    """The table in the order that the address names, and the funnel plot of the same figures."""
    with st.container(horizontal=True, vertical_alignment="center"):
        level = choose_option("level", view.text("level"), LEVELS, LEVELS[0], lambda code: view.text(f"levels.{code}"))
        order = choose_option("order", view.text("order"), ORDERS, ORDERS[0], view.text)
    st.html(heading(view.text("ranking", level=view.text(f"levels.{level}")), view.text(f"ranking_note_{order}")))
    question = QUESTION.having(level=level, order=order, ids=view.indicator, unit=view.ranked_below(level))
    answer = view.answer(question)
    if answer is None:
        return
    figures = answer["rankings"][view.indicator]
    if not figures:
        st.html(quiet(view.text("ranking_empty")))
        return
    with st.container(height=430, key="ranking"):
        st.html(ranking_table(figures, view.unit, view.units, link_to, view.texts))
    view.draw_download(question, "ranking")
    funnel.draw(view, figures, answer["funnels"].get(view.indicator))


def ranking_table(figures: Sequence[RankedFigure], own: str, units: Units, address: Address, texts: Texts) -> Html:
    """Units with their figures in the order of the answer, ``own`` marked; each leads to its own evidence. Pure."""
    bounds = [bound for figure in figures for bound in (figure["interval"] or ())]
    top = 100.0 if figures[0]["unit_of_measure"] == "percent" else max(bounds, default=1.0)
    rows = (
        row(
            number_cell(str(rank) if figure["status"] == "ok" else form.NOTHING),
            head_cell(link(address({"unit": figure["unit"], **NO_PART}), unit_name(figure["unit"], units, texts))),
            number_cell(form.quantity(figure["value"], figure["unit_of_measure"], texts), is_main=True),
            cell(bar(figure["value"], figure["interval"], figure["target"] and figure["target"]["value"], top)),
            number_cell(form.number(figure["n"], texts.language)),
            cell(state_chip(figure, texts)),
            cell(_place(figure, texts)),
            is_own=figure["unit"] == own,
        )
        for rank, figure in enumerate(figures, 1)
    )
    columns = [texts(f"inspector.{key}") for key in COLUMNS]
    return table("ranking", texts("inspector.title"), columns, rows)


def _place(figure: RankedFigure, texts: Texts) -> str:
    place = figure["place"]
    return f"{PLACE_SIGNS[place]} {texts(f'inspector.places.{place}')}" if place else ""
