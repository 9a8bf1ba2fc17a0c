"""One figure by unit and hour of the day."""

from __future__ import annotations

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.answers.figures import Heat
from dashboards.pages.parts.heat_table import heat_table
from dashboards.pages.parts.html import choice, quiet
from dashboards.pages.parts.questions import Question, View
from dashboards.pages.parts.selectors import link_to
from dashboards.pages.supervisor.heading import draw_heading

QUESTION: Question[Heat] = Question("/v1/heat", every_s=5.0)
INDICATORS = ("SAT_CSAT", "OPS_WAIT_AVG")


def draw(view: View) -> None:
    """The table of the indicator that the address names, and links to the others."""
    texts = view.texts
    named = st.query_params.get("heat")
    chosen = named if named in INDICATORS else INDICATORS[0]
    answer = view.ask(QUESTION.having(id=chosen))
    draw_heading(texts("heat"), answer, texts, texts("heat_note") if answer.data else "")
    # Links, because a list that drops down would close at each refresh.
    st.html(choice({name: (texts(f"heats.{name}"), link_to({"heat": name})) for name in INDICATORS}, chosen))
    if answer.data is None:
        st.html(quiet(texts("heat_too_long" if answer.problem == "question" else "loading")))
    elif not answer.data["cells"]:
        st.html(quiet(texts("heat_empty")))
    else:
        measure = catalogue().indicators[chosen].unit
        st.html(heat_table(answer.data, view.units, measure, lambda code: link_to({"unit": code}), texts))
