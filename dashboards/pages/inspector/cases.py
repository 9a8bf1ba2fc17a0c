"""The single ratings or dossiers behind the figure."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.answers.dossiers import DossierPage, ListedDossier
from dashboards.answers.ratings import Rating, RatingPage
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.html import Html, heading, join, link, quiet, tag
from dashboards.pages.parts.questions import Question, Units
from dashboards.pages.parts.selectors import Address, choose_option, link_to
from dashboards.pages.parts.tables import cell, head_cell, row, table
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

SHOWN, IN_A_FILE = 100, 100_000
RATINGS: Question[RatingPage] = Question("/v1/ratings", {"limit": SHOWN, "comments": "true"})
DOSSIERS: Question[DossierPage] = Question("/v1/dossiers", {"limit": SHOWN, "counted": "settled"})
STATES = {"overdue": "only_late", "all": "all_cases"}
RATING_COLUMNS = ("time", "unit", "counter", "staff", "answer", "comment", "dossier")
DOSSIER_COLUMNS = ("dossier", "unit", "procedure", "counter", "staff", "received", "due", "ended", "state")


def draw(view: InspectorView) -> None:
    """The cases of the part that is looked at; each dossier leads to what happened to it."""
    if view.of == "dossiers":
        state = choose_option(
            "cases", view.text("state"), tuple(STATES), "overdue", lambda name: view.text(STATES[name])
        )
        dossiers = DOSSIERS.having(**view.part, state=state)
        page = view.answer(dossiers)
        if page is not None:
            _draw_heading(view, len(page["dossiers"]), page["total"])
            _draw_rows(view, dossiers, dossier_table(page["dossiers"], view.units, link_to, view.texts))
    else:
        ratings = RATINGS.having(**view.part)
        rated = view.answer(ratings)
        if rated is not None:
            _draw_heading(view, len(rated["ratings"]), rated["total"])
            _draw_rows(view, ratings, rating_table(rated["ratings"], view.units, link_to, view.texts))


def _draw_heading(view: InspectorView, shown: int, total: int) -> None:
    note = view.text("shown", shown=shown, total=total)
    if total > IN_A_FILE:
        most = form.number(IN_A_FILE, view.texts.language)
        note = f"{note} · {view.text('file_is_cut', most=most)}"
    st.html(heading(view.text(view.of), note))
    if view.part:
        st.html(part_links(view))


def _draw_rows(view: InspectorView, question: Question[RatingPage] | Question[DossierPage], rows: Html) -> None:
    if not rows:
        st.html(quiet(view.text("cases_empty")))
        return
    st.html(rows)
    view.draw_download(question.having(limit=IN_A_FILE), view.of)


def part_links(view: InspectorView) -> Html:
    """The part that is looked at; each link leads to the cases without one of its limits."""
    links = (
        link(
            link_to({key: None}),
            f"✕ {view.text('remove', name=view.text(f'by.{key}'))}: {view.name_of_time(key, value)}",
        )
        for key, value in view.part.items()
    )
    return tag("p", join(links, " "), kind="filters")


def rating_table(ratings: Sequence[Rating], units: Units, address: Address, texts: Texts) -> Html:
    """Ratings with their comments; empty without any. Pure."""
    rows = [_rating(rating, units, address, texts) for rating in ratings]
    columns = [texts(f"inspector.{key}") for key in RATING_COLUMNS]
    return table("cases", texts("inspector.ratings"), columns, rows) if rows else Html()


def _rating(rating: Rating, units: Units, address: Address, texts: Texts) -> Html:
    is_good = form.is_satisfied(rating["scale"], rating["score"])
    reasons = form.reason_names(rating["reasons"], texts.language)
    answer = ": ".join(filter(None, (texts.score(rating["scale"], rating["score"]), reasons)))
    code = rating["dossier"]
    return row(
        cell(f"{form.instant(rating['occurred_at']):%d/%m/%Y %H:%M:%S}"),
        cell(unit_name(rating["unit"], units, texts)),
        cell(rating["counter"]),
        cell(rating["staff"]),
        cell(f"{'🙂' if is_good else '🙁'} {answer}", kind="good" if is_good else "bad"),
        cell(rating["comment"]),
        cell(link(address({"dossier": code}), code) if code else ""),
    )


def dossier_table(dossiers: Sequence[ListedDossier], units: Units, address: Address, texts: Texts) -> Html:
    """Dossiers with their dates; empty without any. Pure."""
    rows = [_dossier(dossier, units, address, texts) for dossier in dossiers]
    columns = [texts(f"inspector.{key}") for key in DOSSIER_COLUMNS]
    return table("cases", texts("inspector.dossiers"), columns, rows) if rows else Html()


def _dossier(dossier: ListedDossier, units: Units, address: Address, texts: Texts) -> Html:
    is_late = dossier["overdue"]
    return row(
        head_cell(link(address({"dossier": dossier["dossier"]}), dossier["dossier"])),
        cell(unit_name(dossier["unit"], units, texts)),
        cell(dossier["procedure"]),
        cell(dossier["counter"]),
        cell(dossier["staff"]),
        *(cell(_minute(instant)) for instant in (dossier["received_at"], dossier["due_at"], dossier["ended"])),
        cell(
            f"✗ {texts('inspector.late')}" if is_late else f"✓ {texts('inspector.in_time')}",
            kind="bad" if is_late else "good",
        ),
    )


def _minute(instant: str | None) -> str:
    return f"{form.instant(instant):%d/%m/%Y %H:%M}" if instant else form.NOTHING
