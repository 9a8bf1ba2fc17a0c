"""The units that miss a target beyond doubt."""

from __future__ import annotations

from collections.abc import Container, Sequence

import streamlit as st

from dashboards.answers.troubles import Trouble, TroubleFigure, Troubles
from dashboards.pages.parts.html import Html, join, link, more, quiet, tag
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.parts.selectors import Address, link_to
from dashboards.pages.parts.units import unit_name
from dashboards.pages.supervisor.acknowledge import Acknowledgements
from dashboards.pages.supervisor.heading import draw_heading
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Troubles] = Question("/v1/troubles", every_s=5.0)
SHOWN = 8


def draw(view: View, answer: Answer[Troubles], acknowledgements: Acknowledgements) -> None:
    """The list, or the reason why there is none."""
    if answer.data is None:
        st.html(quiet(view.texts("away_at_first" if answer.problem else "loading")))
    elif answer.data["troubles"]:
        troubles = unacknowledged_first(answer.data["troubles"], acknowledgements.latest)
        st.html(trouble_list(troubles, view.units, acknowledgements, link_to, view.texts))
    else:
        st.html(quiet(view.texts("trouble_none" if answer.data["figures_with_value"] else "trouble_no_figures")))


def draw_title(view: View, answer: Answer[Troubles]) -> None:
    """The heading, above the severe reports as well."""
    draw_heading(view.texts("trouble"), answer, view.texts, view.texts("trouble_note"))


def unacknowledged_first(troubles: Sequence[Trouble], acknowledged: Container[tuple[str, str]]) -> list[Trouble]:
    """Units with a figure that nobody has acknowledged before the others; otherwise in their order. Pure."""
    return sorted(
        troubles,
        key=lambda trouble: all((trouble["unit"], figure["id"]) in acknowledged for figure in trouble["figures"]),
    )


def trouble_list(
    troubles: Sequence[Trouble], units: Units, acknowledgements: Acknowledgements, address: Address, texts: Texts
) -> Html:
    """The units with all that is wrong there, each a link to its own page, and who takes care of it. Pure.

    ``address`` is the page's with other parameters.
    """
    items = []
    for trouble in troubles[:SHOWN]:
        of_branch = [" ", tag("small", f"({texts('trouble_branch')})")] if trouble["level"] == "branch" else []
        wrongs = (
            _wrong(figure, texts, acknowledgements.mark(trouble["unit"], figure["id"])) for figure in trouble["figures"]
        )
        anchor = link(address({"unit": trouble["unit"]}), unit_name(trouble["unit"], units, texts))
        items.append(tag("li", anchor, *of_branch, tag("ul", *wrongs)))
    left = len(troubles) - SHOWN
    note = more(left, texts("trouble_more", count=form.number(left, texts.language)))
    return join([tag("ol", *items, kind="troubles"), note])


def _wrong(figure: TroubleFigure, texts: Texts, mark: Html) -> Html:
    value = form.quantity(figure["value"], figure["unit_of_measure"], texts)
    cases = form.number(figure["n"], texts.language)
    # "1/11" says more of a share than its n alone.
    of = (
        f"{form.number(figure['numerator'] or 0, texts.language)}/{cases}"
        if figure["interval"]
        else texts("n", n=cases)
    )
    wrong = tag("span", f"✗ {texts('wrong.' + figure['id'])}: ", tag("b", value))
    return tag("li", wrong, " ", tag("small", f"({of}) {form.target(figure, texts)}"), " ", mark)
