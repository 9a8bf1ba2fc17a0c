"""Ratings that give a severe reason: as urgent as a unit in trouble."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.answers.ratings import Rating, RatingPage
from dashboards.pages.parts.html import Html, join, more, tag
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.supervisor.acknowledge import Acknowledgements, open_first
from dashboards.pages.supervisor.latest import rating_item
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[RatingPage] = Question("/v1/ratings", {"limit": 100, "severe": "true"}, every_s=3.0)
SHOWN = 5
WHEN = "%d/%m %H:%M"


def has_reports(answer: Answer[RatingPage]) -> bool:
    """Whether a citizen has reported something severe."""
    return bool(answer.data and answer.data["ratings"])


def draw(view: View, answer: Answer[RatingPage], acknowledgements: Acknowledgements) -> None:
    """The reports; nothing without any."""
    if answer.data and has_reports(answer):
        st.html(severe_list(answer.data["ratings"], answer.data["total"], view.units, acknowledgements, view.texts))


def severe_list(
    ratings: Sequence[Rating], total: int, units: Units, acknowledgements: Acknowledgements, texts: Texts
) -> Html:
    """The first of ``total`` reports, those that nobody has acknowledged before the others. Pure.

    An acknowledgement covers all reports of a unit that were known by then; what came in later is open again.
    """
    ordered = open_first(ratings, lambda rating: acknowledgements.of(rating["unit"], "severe", rating["recorded_at"]))
    shown = ordered[:SHOWN]
    items = (
        rating_item(rating, units, texts, WHEN, acknowledgements.mark(rating["unit"], "severe", rating["recorded_at"]))
        for rating in shown
    )
    left = total - len(shown)
    note = more(left, texts("severe_more", count=form.number(left, texts.language)))
    title = tag("h3", f"✗ {texts('severe')}", kind="severe")
    return join([title, tag("ol", *items, kind="latest severe"), note])
