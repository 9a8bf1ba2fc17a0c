"""The unit, period and indicator that the inspector looks at, and how its blocks ask about them."""

from __future__ import annotations

import time
from typing import Any, Literal

import streamlit as st

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import measures_of
from contract.time import TIMES
from dashboards.pages.parts.connections import api, direct
from dashboards.pages.parts.html import quiet
from dashboards.pages.parts.questions import A, Answer, Question, Units, View
from dashboards.texts.by_language import Texts
from runtime.api_client import ApiStatusError, Parameters

DOWNLOAD_TIMEOUT_S = 120.0
RETRY_AFTER_S = 2.0
UNAVAILABLE = 503
LEVELS = ("service_point", "branch")
"""The levels that are ranked, from the bottom up."""

PART_KEYS = ("counter", "staff", "procedure", "channel", "hour", "weekday")
NO_PART: dict[str, str | None] = dict.fromkeys(PART_KEYS)
"""The changes to an address by which no part is chosen."""

CHANNELS = ("tablet", "online", "post", "direct", "phone", "paper")


def problem_text(answer: Answer[Any], texts: Texts) -> str:
    """A sentence for whoever looks at a page without an answer."""
    return texts(f"inspector.no_answer.{answer.problem}", detail=answer.detail)


class InspectorView(View):
    """One unit, one indicator and a period, and the part of the cases that the address chooses."""

    def __init__(self, parameters: Parameters, indicator: str, texts: Texts, units: Units) -> None:
        super().__init__(direct(), parameters, texts, units)
        self.indicator = indicator
        of_dossiers = catalogue().indicators[indicator].is_of_dossiers()
        self.of: Literal["dossiers", "ratings"] = "dossiers" if of_dossiers else "ratings"
        measures = catalogue().indicators[indicator].measures()
        self.timed = "tickets" if measures <= measures_of("ticket_counts") else self.of
        self.part = {key: st.query_params[key] for key in PART_KEYS if key in st.query_params}

    def answer(self, question: Question[A]) -> A | None:
        """The answer about what is looked at; without one, draws the reason and returns None."""
        answer = self.ask(question)
        if answer.data is None:
            st.html(quiet(problem_text(answer, self.texts)))
        return answer.data

    def text(self, key: str, **values: object) -> str:
        """A text of this page."""
        return self.texts(f"inspector.{key}", **values)

    def name_of_channel(self, code: str) -> str:
        """A channel's name; one of another collector as it came."""
        return self.text(f"channels.{code}") if code in CHANNELS else code

    def name_of_time(self, by: str, code: str) -> str:
        """An hour or a weekday in words; any other value as it is."""
        if by not in TIMES:
            return code
        return self.text(f"weekdays.{code}") if by == "weekday" else self.text("hour", hour=code)

    def ranked_below(self, level: str) -> str:
        """The unit below which a level is ranked: the one looked at, but the root for a unit of that level or lower."""
        code = self.unit
        if self.units[code]["level"] in LEVELS[: LEVELS.index(level) + 1]:
            while self.units[code]["parent"] in self.units:
                code = self.units[code]["parent"]
        return code

    def draw_download(self, question: Question[Any], name: str) -> None:
        """The button that brings the rows of an answer as a file."""
        st.download_button(
            self.text("download"),
            lambda: _csv(question.path, {**self.parameters, **question.parameters, "format": "csv"}),
            f"{name}.csv",
            "text/csv",
            key=f"download_{name}",
            on_click="ignore",
            type="tertiary",
        )


def _csv(path: str, parameters: Parameters) -> bytes:
    gives_up_at = time.monotonic() + DOWNLOAD_TIMEOUT_S
    while True:
        try:
            return api().get_bytes(path, parameters, timeout_s=DOWNLOAD_TIMEOUT_S)
        except ApiStatusError as error:
            # A few large files are made at a time; the API asks all others to come again.
            if error.status != UNAVAILABLE or time.monotonic() > gives_up_at:
                raise
            time.sleep(error.retry_after_s or RETRY_AFTER_S)
