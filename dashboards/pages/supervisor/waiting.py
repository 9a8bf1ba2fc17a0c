"""The people who wait at this moment, and the points with the longest waits."""

from __future__ import annotations

import streamlit as st

from dashboards.answers.counters import Waiting, WaitingInAll, WaitingPoint
from dashboards.pages.parts.html import Html, join, link, more, quiet, tag
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.parts.selectors import Address, link_to
from dashboards.pages.parts.tables import cell, head_cell, number_cell, row, table
from dashboards.pages.parts.units import counter_name, unit_name
from dashboards.pages.supervisor.heading import draw_heading
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Waiting] = Question("/v1/waiting", every_s=3.0)
SHOWN = 5
COLUMNS = ("point", "people", "longest", "serving")


def draw(view: View, answer: Answer[Waiting]) -> None:
    """The table with the age of the data, or the reason why there is none."""
    texts = view.texts
    age = form.data_age(answer.data["age_s"], texts)[1] if answer.data else ""
    draw_heading(texts("waiting.title"), answer, texts, age)
    if answer.data is None:
        st.html(quiet(texts("away_at_first" if answer.problem else "loading")))
    else:
        st.html(waiting_table(answer.data, view.units, link_to, texts))


def waiting_table(answer: Waiting, units: Units, address: Address, texts: Texts) -> Html:
    """The number of people who wait in all, and the points with the longest waits; each leads to its own page. Pure."""
    summary = _summary(answer["in_all"], texts)
    points = [point for point in answer["points"] if point["waiting"]]
    if not points:
        return summary
    rows = (_point(point, units, address, texts) for point in points[:SHOWN])
    columns = [texts(f"waiting.{name}") for name in COLUMNS]
    left = len(points) - SHOWN
    note = more(left, texts("trouble_more", count=form.number(left, texts.language)))
    return join([summary, table("waiting", texts("waiting.title"), columns, rows), note])


def _summary(in_all: WaitingInAll, texts: Texts) -> Html:
    waiting, forgotten = (form.number(count, texts.language) for count in (in_all["waiting"], in_all["forgotten"]))
    longest = form.duration(in_all["longest_wait_s"] or 0, texts)
    text = texts("waiting.in_all", waiting=waiting, longest=longest) if in_all["waiting"] else texts("waiting.nobody")
    left_out = [" ", tag("small", texts("waiting.forgotten", count=forgotten))] if in_all["forgotten"] else []
    return tag("p", text, *left_out, kind="waiting")


def _point(point: WaitingPoint, units: Units, address: Address, texts: Texts) -> Html:
    counters = ", ".join(counter_name(code, units, texts) for code in sorted(point["counters"]))
    return row(
        head_cell(link(address({"unit": point["unit"]}), unit_name(point["unit"], units, texts))),
        number_cell(form.number(point["waiting"], texts.language)),
        number_cell(form.duration(point["longest_wait_s"] or 0, texts)),
        cell(counters or form.NOTHING),
    )
