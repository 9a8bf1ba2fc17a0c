"""The figure compared with that of the period before."""

from __future__ import annotations

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.answers.figures import ComparedFigure, Comparison
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.html import Html, heading, join
from dashboards.pages.parts.questions import Question
from dashboards.pages.parts.tables import bar, cell, head_cell, number_cell, row, signed_sentence, table
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Comparison] = Question("/v1/compare")
COLUMNS = ("", "period", "value", "spread", "", "n")


def draw(view: InspectorView) -> None:
    """Both periods in a table, and a sentence about the difference."""
    st.html(heading(view.text("compared"), unit_name(view.unit, view.units, view.texts)))
    question = QUESTION.having(id=view.indicator)
    answer = view.answer(question)
    if answer is not None:
        st.html(comparison(answer, catalogue().indicators[view.indicator].unit, view.texts))
        view.draw_download(question, "compare")


def comparison(answer: Comparison, measure: str, texts: Texts) -> Html:
    """Both periods with value, interval and cases, and in a sentence whether chance explains the difference. Pure."""
    rows = (_period(figure, measure, texts) for figure in answer["periods"])
    columns = [texts(f"inspector.{key}") if key else "" for key in COLUMNS]
    shown = table("compared", texts("inspector.compared"), columns, rows)
    return join([shown, _difference(answer, measure, texts)])


def _period(figure: ComparedFigure, measure: str, texts: Texts) -> Html:
    since, until = (form.day_and_time(form.instant(instant)) for instant in (figure["from"], figure["to"]))
    interval, target = figure["interval"], figure["target"]
    bounds = " – ".join(form.percent(bound, texts.language) for bound in interval) if interval else form.NOTHING
    is_share = measure == "percent"
    return row(
        head_cell(texts("inspector.periods_compared." + figure["period"])),
        cell(texts("inspector.from_to", **{"from": since, "to": until})),
        number_cell(form.quantity(figure["value"], measure, texts), is_main=True),
        number_cell(bounds),
        cell(bar(figure["value"], interval, target and target["value"], 100) if is_share else ""),
        number_cell(form.number(figure["n"], texts.language)),
    )


def _difference(answer: Comparison, measure: str, texts: Texts) -> Html:
    difference = answer["difference"]
    if difference is None:
        return signed_sentence("none", "", texts("inspector.difference.unknown"))
    is_share, change = measure == "percent", difference["value"]

    def signed(value: float) -> str:
        return ("+" if value > 0 else "−" if value < 0 else "") + form.number(abs(value), texts.language, 2)

    if is_share:
        value = f"{signed(change)} {texts('inspector.difference.points')}".strip()
    else:
        value = ("+" if change > 0 else "−") + form.quantity(abs(change), measure, texts)
    if difference["interval"] is None:
        return signed_sentence("none", "", texts("inspector.difference.without", value=value))
    low, high = map(signed, difference["interval"])
    state, sign = "chance", "○"
    if difference["beyond_chance"]:
        state, sign = "differs", "▲" if change > 0 else "▼"
    return signed_sentence(state, sign, texts(f"inspector.difference.{state}", value=value, low=low, high=high))
