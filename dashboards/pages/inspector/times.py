"""The figure by hour of the day and by weekday; each leads to its cases."""

from __future__ import annotations

import streamlit as st

from dashboards.pages.inspector.parts import QUESTION, parts_table
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.html import heading
from dashboards.pages.parts.selectors import link_to


def draw(view: InspectorView) -> None:
    """A table of hours and one of weekdays."""
    st.html(heading(view.text(f"of_{view.timed}"), view.text("times_note")))
    for column, by in zip(st.columns(2), ("hour", "weekday"), strict=True):
        with column:
            question = QUESTION.having(of=view.timed, by=by)
            answer = view.answer(question)
            if answer is not None:
                names = {part["part"]: view.name_of_time(by, part["part"]) for part in answer["parts"]}
                st.html(parts_table(by, answer["parts"], names, link_to, view.texts))
                view.draw_download(question, by)
