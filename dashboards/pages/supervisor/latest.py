"""The latest ratings: when, where, what, and why where a reason was given."""

from __future__ import annotations

import streamlit as st

from dashboards.answers.ratings import Rating, RatingPage
from dashboards.pages.parts.html import Html, quiet, tag
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.parts.units import counter_name, unit_name
from dashboards.pages.supervisor.heading import draw_heading
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[RatingPage] = Question("/v1/ratings", {"limit": 10}, every_s=0.3, at_once=True)
WHEN = "%H:%M:%S"


def draw(view: View, answer: Answer[RatingPage]) -> None:
    """The list, or the reason why there is none."""
    texts = view.texts
    draw_heading(texts("latest"), answer, texts)
    if answer.data is None:
        st.html(quiet(texts("away_at_first" if answer.problem else "loading")))
    elif not answer.data["ratings"]:
        st.html(quiet(texts("latest_empty")))
    else:
        items = (rating_item(rating, view.units, texts, WHEN) for rating in answer.data["ratings"])
        st.html(tag("ol", *items, kind="latest"))


def rating_item(rating: Rating, units: Units, texts: Texts, when: str, mark: str = "") -> Html:
    """A rating as an entry of a list, with ``mark`` behind it. Pure."""
    place = unit_name(rating["unit"], units, texts)
    if rating["counter"]:
        place = f"{place}, {counter_name(rating['counter'], units, texts)}"
    is_good = form.is_satisfied(rating["scale"], rating["score"])
    state, sign = ("good", "🙂") if is_good else ("bad", "🙁")
    reasons = form.reason_names(rating["reasons"], texts.language)
    answer = ": ".join(filter(None, (texts.score(rating["scale"], rating["score"]), reasons)))
    note = f" ({texts('replaced')})" if rating["replaced"] else ""
    return tag(
        "li",
        tag("time", f"{form.instant(rating['occurred_at']):{when}}"),
        tag("span", place, kind="place"),
        tag("span", f"{sign} {answer}{note}", kind="face"),
        mark,
        kind=state,
    )
