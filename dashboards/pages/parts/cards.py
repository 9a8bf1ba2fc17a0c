"""A figure on a card: value, target, whether it is met, number of cases and interval. Pure.

Colour never speaks alone: each state has a sign and a word beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboards.answers.figures import Figure
from dashboards.pages.parts.html import Html, tag
from dashboards.pages.parts.units import name_in
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.formats import STATES

SIGNS = {"met": "✓", "missed": "✗", "too_few": "…", "none": ""}


def chip(state: str, text: str) -> Html:
    """Whether a target is met, as a sign and a word; nothing without a target."""
    return tag("span", f"{SIGNS[state]} {text}", kind=f"chip {state}") if text else Html()


def state_chip(figure: Figure, texts: Texts) -> Html:
    """Whether a figure meets its target."""
    state = STATES[figure["verdict"]]
    return chip(state, "" if state == "none" else texts(state))


def card(name: str, value: str, state: str, mark: Html, details: Sequence[str]) -> Html:
    """A card; ``mark`` stands beside the value, ``details`` below it."""
    shown = tag("div", tag("span", value, kind="value"), mark, kind="figure")
    return tag("section", tag("h3", name), shown, *(tag("p", line) for line in details), kind=f"card {state}")


def figure_card(figure: Figure, texts: Texts, second: Figure | None = None) -> Html:
    """A figure of the read API on a card; ``second`` is another figure that stands below it."""
    name = name_in(figure, texts)
    if figure["status"] != "ok":
        details = [texts(figure["status"], n=figure["n"]), form.target(figure, texts)]
        return card(name, form.NOTHING, "too_few", chip("too_few", texts("too_few")), details)
    unit, cases = figure["unit_of_measure"], form.number(figure["n"], texts.language)
    if unit == "count":
        details = [texts("open_dossiers", n=cases)]
    else:
        details = [f"{form.target(figure, texts)} · {texts('n', n=cases)}"]
    if figure["interval"]:
        low, high = (form.percent(bound, texts.language) for bound in figure["interval"])
        details.append(texts("interval", low=low, high=high))
    if second and second["value"] is not None:
        details.append(texts("p90", value=form.quantity(second["value"], second["unit_of_measure"], texts)))
    value = form.quantity(figure["value"], unit, texts)
    return card(name, value, STATES[figure["verdict"]], state_chip(figure, texts), details)
