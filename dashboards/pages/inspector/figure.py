"""The figure that is looked at, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.answers.figures import Figure, Indicators
from dashboards.pages.inspector.recount import draw_recount
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.cards import figure_card
from dashboards.pages.parts.html import Html, definitions, heading, tag
from dashboards.pages.parts.questions import Question
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Indicators] = Question("/v1/indicators")


def draw(view: InspectorView) -> None:
    """The figure on a card, its definition, and the button that counts it again."""
    st.html(heading(view.text("figure"), unit_name(view.unit, view.units, view.texts)))
    answer = view.answer(QUESTION.having(ids=view.indicator))
    if answer is None:
        return
    figure = answer["indicators"][0]
    st.html(figure_card(figure, view.texts))
    st.html(heading(view.text("made")))
    st.html(definition(figure, catalogue().indicators[view.indicator].model_dump(), view.texts))
    draw_recount(view)


def definition(figure: Figure, indicator: Mapping[str, Any], texts: Texts) -> Html:
    """Formula, numerator, denominator, rule set and source of a figure, and the command that counts it again. Pure."""
    last_moment = form.instant(figure["to"]) - timedelta(microseconds=1)
    formula = f"{indicator['numerator']} / {indicator['denominator']}"
    if factor := indicator["factor"]:
        formula += " " + texts("inspector.factor", **factor)
    recount = f"hailong verify --from {form.instant(figure['from']):%Y-%m-%d} --to {last_moment:%Y-%m-%d}"
    entries = {
        "formula": tag("code", formula),
        "numerator": form.NOTHING if figure["numerator"] is None else form.number(figure["numerator"], texts.language),
        "denominator": form.number(figure["denominator"], texts.language),
        "rule_set": figure["rule_set"],
        "source": indicator["source"],
        "note": texts.name_of(indicator, "note"),
        "target": form.target(figure, texts) if figure["target"] is None else figure["target"]["source"],
        "as_of": form.day_and_time(form.instant(figure["as_of"])) if figure["as_of"] else form.NOTHING,
        "recount": tag("code", recount),
    }
    return definitions("made", {texts(f"inspector.{key}"): text for key, text in entries.items() if text})
