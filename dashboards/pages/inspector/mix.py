"""The unit's mix of procedures compared with that of all units of its level."""

from __future__ import annotations

import streamlit as st

from dashboards.answers.parts import Mix, MixPart
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.html import Html, heading, join, more, quiet
from dashboards.pages.parts.questions import Question
from dashboards.pages.parts.tables import head_cell, number_cell, row, signed_sentence, table
from dashboards.pages.parts.units import name_in
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Mix] = Question("/v1/mix")
PROCEDURES_SHOWN = 25
FEW_NAMED_PERCENT = 50
"""Percent of cases with their procedure below which a mix says little."""

SIGNS = {"as_expected": "○", "below": "▼", "above": "▲"}
COLUMNS = ("procedure", "n", "mix.share", "mix.share_of_all", "mix.value", "mix.value_of_all")


def draw(view: InspectorView) -> None:
    """The comparison, or the reason why there is none."""
    st.html(heading(view.text("mixed"), view.text("mix_note")))
    if view.units[view.unit]["parent"] not in view.units:
        st.html(quiet(view.text("mix_of_all")))
        return
    question = QUESTION.having(of=view.of)
    answer = view.answer(question)
    if answer is None:
        return
    if not answer["parts"]:
        st.html(quiet(view.text("parts_empty")))
        return
    st.html(mix_table(answer, view.texts))
    view.draw_download(question, "mix")


def mix_table(answer: Mix, texts: Texts) -> Html:
    """The share expected from the unit's procedures and the one it has, and each procedure here and in all. Pure."""
    state = answer["beside"]
    rows = (_procedure(part, texts) for part in answer["parts"][:PROCEDURES_SHOWN])
    columns = [texts(f"inspector.{key}") for key in COLUMNS]
    left = len(answer["parts"]) - PROCEDURES_SHOWN
    return join(
        [
            signed_sentence(state or "none", SIGNS.get(state or "", ""), _summary(answer, texts)),
            table("mix", texts("inspector.mixed"), columns, rows),
            more(left, texts("trouble_more", count=left)),
        ]
    )


def _summary(answer: Mix, texts: Texts) -> str:
    sentences = [texts("inspector.mix.too_few", n=form.number(answer["n"], texts.language))]
    if answer["beside"]:
        low, high = answer["interval"] or (None, None)
        shares = {"value": answer["value"], "expected": answer["expected"], "low": low, "high": high}
        shown = {name: form.quantity(share, "percent", texts) for name, share in shares.items()}
        sentences = [texts("inspector.mix.told", **shown), texts(f"inspector.mix.{answer['beside']}")]
    if answer["told"] is not None and answer["told"] < FEW_NAMED_PERCENT:
        sentences.append(texts("inspector.mix.untold", told=form.quantity(answer["told"], "percent", texts)))
    return " ".join(sentences)


def _procedure(part: MixPart, texts: Texts) -> Html:
    name = " · ".join(filter(None, (part["part"], name_in(part, texts)))) or texts("inspector.untold")
    shares = (part["share"], part["share_of_all"], part["value"], part["value_of_all"])
    return row(
        head_cell(name),
        number_cell(form.number(part["n"], texts.language)),
        *(number_cell(form.quantity(share, "percent", texts)) for share in shares),
    )
