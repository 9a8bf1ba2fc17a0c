"""The units that miss a target beyond doubt, from the read API's rankings."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from dashboards.answers.figures import Figure, RankedFigure, Ranking
from dashboards.pages.parts.html import Html, join, link, more, quiet, tag
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.parts.selectors import Address, link_to
from dashboards.pages.parts.units import unit_name
from dashboards.pages.supervisor.acknowledge import Acknowledgements
from dashboards.pages.supervisor.heading import draw_heading
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

WATCHED = ("SAT_CSAT", "OPS_WAIT_AVG", "TIM_OVERDUE_RATE")
LEVELS = ("service_point", "branch")
QUESTIONS: tuple[Question[Ranking], ...] = tuple(
    Question("/v1/ranking", {"level": level, "ids": ",".join(WATCHED)}, every_s=5.0) for level in LEVELS
)
UNITS_SHOWN = 8


@dataclass
class Trouble:
    """One unit with every figure that misses its target beyond doubt."""

    unit: str
    level: str
    figures: list[RankedFigure] = field(default_factory=list)

    @property
    def miss(self) -> float:
        """The largest of the figures' misses."""
        return max(map(miss, self.figures))


@dataclass(frozen=True)
class Rankings:
    """The answers to the questions of this block, one for each level."""

    answers: Sequence[Answer[Ranking]]

    @property
    def data(self) -> list[Ranking]:
        """Those that are there."""
        return [answer.data for answer in self.answers if answer.data]

    @property
    def are_complete(self) -> bool:
        """Whether there is one for each level."""
        return len(self.data) == len(self.answers)

    @property
    def oldest(self) -> Answer[Ranking]:
        """The first that could not be renewed, else the first."""
        return next((answer for answer in self.answers if answer.problem), self.answers[0])

    @property
    def have_figures(self) -> bool:
        """Whether at least one unit has enough cases for a figure."""
        rankings = (ranking for answer in self.data for ranking in answer["rankings"].values())
        return any(figure["status"] == "ok" for ranking in rankings for figure in ranking)


def draw(view: View, rankings: Rankings, acknowledgements: Acknowledgements) -> None:
    """The list, or the reason why there is none."""
    troubles = unacknowledged_first(in_trouble(rankings.data), acknowledgements.latest)
    if troubles:
        st.html(trouble_list(troubles, view.units, acknowledgements, link_to, view.texts))
    elif not rankings.are_complete:
        st.html(quiet(view.texts("away_at_first" if rankings.oldest.problem else "loading")))
    else:
        st.html(quiet(view.texts("trouble_none" if rankings.have_figures else "trouble_no_figures")))


def draw_title(view: View, rankings: Rankings) -> None:
    """The heading, above the severe reports as well."""
    draw_heading(view.texts("trouble"), rankings.oldest, view.texts, view.texts("trouble_note"))


def in_trouble(answers: Iterable[Ranking]) -> list[Trouble]:
    """Units that miss a target beyond doubt, the largest miss first; each with its own largest miss first. Pure."""
    troubles: dict[str, Trouble] = {}
    for answer in answers:
        for indicator in WATCHED:
            for figure in answer["rankings"].get(indicator, ()):
                if form.misses_beyond_doubt(figure):
                    trouble = troubles.setdefault(figure["unit"], Trouble(figure["unit"], answer["level"]))
                    trouble.figures.append(figure)
    for trouble in troubles.values():
        trouble.figures.sort(key=miss, reverse=True)
    return sorted(troubles.values(), key=lambda trouble: (-trouble.miss, trouble.unit))


def unacknowledged_first(troubles: list[Trouble], acknowledged: Container[tuple[str, str]]) -> list[Trouble]:
    """Units with a figure that nobody has acknowledged before the others; otherwise in their order. Pure."""
    return sorted(
        troubles, key=lambda trouble: all((trouble.unit, figure["id"]) in acknowledged for figure in trouble.figures)
    )


def miss(figure: Figure) -> float:
    """How far the bound nearest to the target misses it, for the order of a list: in points of 100. Pure.

    Shares count in percentage points, all else in percent of the target, so that 30 minutes where 15 are allowed
    weigh as much as a share of 0 where 100 % are expected.
    """
    if figure["value"] is None or figure["target"] is None:
        return 0.0
    low, high = figure["interval"] or (figure["value"], figure["value"])
    expected = figure["target"]["value"]
    gap = expected - high if figure["target"]["op"] == ">=" else low - expected
    return gap if figure["unit_of_measure"] == "percent" or not expected else 100 * gap / expected


def trouble_list(
    troubles: Sequence[Trouble], units: Units, acknowledgements: Acknowledgements, address: Address, texts: Texts
) -> Html:
    """The units with all that is wrong there, each a link to its own page, and who takes care of it. Pure.

    ``address`` is the page's with other parameters.
    """
    items = []
    for trouble in troubles[:UNITS_SHOWN]:
        of_branch = [" ", tag("small", f"({texts('trouble_branch')})")] if trouble.level == "branch" else []
        wrongs = (
            _wrong(figure, texts, acknowledgements.mark(trouble.unit, figure["id"])) for figure in trouble.figures
        )
        anchor = link(address({"unit": trouble.unit}), unit_name(trouble.unit, units, texts))
        items.append(tag("li", anchor, *of_branch, tag("ul", *wrongs)))
    left = len(troubles) - UNITS_SHOWN
    note = more(left, texts("trouble_more", count=form.number(left, texts.language)))
    return join([tag("ol", *items, kind="troubles"), note])


def _wrong(figure: Figure, texts: Texts, mark: Html) -> Html:
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
