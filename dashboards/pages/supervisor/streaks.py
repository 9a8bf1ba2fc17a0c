"""Units that miss a target for days on end."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.answers.streaks import Warned, Warnings
from dashboards.pages.parts.html import Html
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.parts.units import name_in, unit_name
from dashboards.pages.supervisor.acknowledge import Acknowledgements, open_first
from dashboards.pages.supervisor.warned import Place, warned_list
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Warnings] = Question("/v1/warnings", every_s=300.0)


def draw(view: View, answer: Answer[Warnings], acknowledgements: Acknowledgements) -> None:
    """The units; nothing without any."""
    if answer.data and answer.data["warnings"]:
        st.html(streak_list(answer.data["warnings"], view.units, acknowledgements, view.texts))


def streak_list(warnings: Sequence[Warned], units: Units, acknowledgements: Acknowledgements, texts: Texts) -> Html:
    """Each with its days and its last value; those that nobody has acknowledged before the others. Pure."""
    ordered = open_first(warnings, lambda warning: acknowledgements.of(warning["unit"], "lasting"))
    entries = []
    for warning in ordered:
        value = form.quantity(warning["value"], warning["unit_of_measure"], texts)
        indicator = name_in(warning, texts, "indicator_name")
        problem = texts("lasting_days", days=warning["days"], value=value, indicator=indicator)
        mark = acknowledgements.mark(warning["unit"], "lasting")
        entries.append(Place(unit_name(warning["unit"], units, texts), problem, mark))
    return warned_list(name_in(warnings[0], texts), entries, texts)
