"""The figure split by counter, procedure, officer or channel; each part leads to its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboards.answers.parts import Breakdown, Part
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.html import Html, heading, link, quiet
from dashboards.pages.parts.questions import Question
from dashboards.pages.parts.selectors import Address, link_to
from dashboards.pages.parts.tables import bar, cell, head_cell, number_cell, row, table
from dashboards.pages.parts.units import counter_name, name_in, unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Breakdown] = Question("/v1/breakdown")
COLUMNS = ("part", "value", "spread", "n")
COUNTER_LEVELS = {"service_point", "branch"}
"""The levels at which single counters and officers are looked at."""


def draw(view: InspectorView) -> None:
    """A table for each property that the cases have."""
    st.html(heading(view.text(f"of_{view.of}"), unit_name(view.unit, view.units, view.texts)))
    properties = ["procedure", "channel"] if view.of == "dossiers" else ["counter", "channel"]
    if view.units[view.unit]["level"] in COUNTER_LEVELS:
        properties = ["counter", "procedure", "staff", "channel"]
    else:
        st.html(quiet(view.text("too_wide")))
    for column, by in zip(st.columns(len(properties)), properties, strict=True):
        with column:
            answer = view.answer(QUESTION.having(of=view.of, by=by))
            if answer is not None:
                names = {part["part"]: _name(view, by, part) for part in answer["parts"]}
                st.html(parts_table(by, answer["parts"], names, link_to, view.texts))


def parts_table(by: str, parts: Sequence[Part], names: Mapping[str, str], address: Address, texts: Texts) -> Html:
    """The parts of one property with their shares. Pure."""
    if not parts:
        return quiet(texts("inspector.parts_empty"))
    rows = (
        row(
            head_cell(link(address({by: part["part"]}), names[part["part"]])),
            number_cell(form.quantity(part["value"], "percent", texts), is_main=True),
            cell(bar(part["value"], part["interval"], None, 100)),
            number_cell(form.number(part["n"], texts.language)),
        )
        for part in parts
    )
    return table("parts", texts(f"inspector.by.{by}"), [texts(f"inspector.{key}") for key in COLUMNS], rows)


def _name(view: InspectorView, by: str, part: Part) -> str:
    code = part["part"]
    if not code:
        return view.text("untold")
    if by == "procedure":
        return " · ".join(filter(None, (code, name_in(part, view.texts))))
    if by == "counter":
        return counter_name(code, view.units, view.texts)
    return view.name_of_channel(code) if by == "channel" else code
