"""What the inspector looks at, and the questions to the read API that this raises."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import httpx
import streamlit as st

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import measures_of
from dashboards.pages.supervisor.blocks import quiet
from dashboards.texts.by_language import Texts
from runtime.settings import Settings

TIMEOUT_S, DOWNLOAD_TIMEOUT_S = 30.0, 120.0
LEVELS = ("service_point", "branch")
"""The levels that are ranked, from the bottom up."""

PART_KEYS = ("counter", "staff", "procedure", "channel", "hour", "weekday")
CHANNELS = ("tablet", "online", "post", "direct", "phone", "paper")
PROBLEMS = (httpx.HTTPError, ValueError)
Reason = Literal["away", "busy", "not_there", "question"]
REASONS: dict[int, Reason] = {404: "not_there", 422: "question"}
"""What a status of the read API means to who looks; any other means that it cannot answer now."""


@st.cache_resource
def client() -> httpx.Client:
    """One connection to the read API for all who look."""
    return httpx.Client(base_url=Settings().api_url, timeout=TIMEOUT_S, trust_env=False)


class NoAnswerError(Exception):
    """The read API gave no answer; ``reason`` is a key of the page's texts, ``detail`` what the API says of it."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def words(self, texts: Texts) -> str:
        """A sentence for who looks."""
        return texts(f"inspector.no_answer.{self.reason}", detail=self.detail)


def ask(path: str, parameters: Mapping[str, str | int] | None = None) -> dict[str, Any]:
    """An answer of the read API; raises NoAnswerError."""
    try:
        answer = client().get(path, params=dict(parameters or {}))
        found: dict[str, Any] = answer.json()
    except httpx.HTTPError as error:
        raise NoAnswerError("away") from error
    except ValueError as error:
        raise NoAnswerError("busy") from error
    if answer.is_success:
        return found
    raise NoAnswerError(REASONS.get(answer.status_code, "busy"), str(found.get("detail", "")))


def path_of_dossier(code: str) -> str:
    """Where the read API tells of a dossier: nothing in a code is taken for a part of the address, dots neither."""
    return f"/v1/dossiers/{quote(code, safe='').replace('.', '%2E')}"


class View:
    """What is looked at, and the questions that this raises."""

    def __init__(
        self, unit: str, span: Mapping[str, str], indicator: str, texts: Texts, units: dict[str, dict[str, Any]]
    ) -> None:
        self.unit = unit
        self.indicator = indicator
        self.texts = texts
        self.units = units
        self.parameters = {"unit": unit, **span}
        of_dossiers = catalogue().indicators[indicator].is_of_dossiers()
        self.of: Literal["dossiers", "ratings"] = "dossiers" if of_dossiers else "ratings"
        measures = catalogue().indicators[indicator].measures()
        self.timed = "tickets" if measures <= measures_of("ticket_counts") else self.of
        self.having = {key: st.query_params[key] for key in PART_KEYS if key in st.query_params}

    def ask(self, path: str, **parameters: str | int) -> dict[str, Any] | None:
        """An answer of the read API on what is looked at; None when there is none, which the page then says."""
        try:
            return ask(path, {**self.parameters, **parameters})
        except NoAnswerError as error:
            st.html(quiet(error.words(self.texts)))
            return None

    def channel(self, code: str) -> str:
        """A channel's name; one of another collector as it came."""
        return self.text(f"channels.{code}") if code in CHANNELS else code

    def part_of_time(self, by: str, code: str) -> str:
        """An hour or a weekday in words."""
        return self.text(f"weekdays.{code}") if by == "weekday" else self.text("hour", hour=code)

    def download(self, path: str, asked: Mapping[str, str | int], name: str) -> None:
        """The button that brings the rows of an answer as a file."""

        def written() -> bytes:
            given_up_at = time.monotonic() + DOWNLOAD_TIMEOUT_S
            while True:
                query = {**self.parameters, **asked, "format": "csv"}
                answer = client().get(path, params=query, timeout=DOWNLOAD_TIMEOUT_S)
                # A few large files are made at a time; others are told when to come again.
                if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > given_up_at:
                    return answer.raise_for_status().content
                time.sleep(float(answer.headers.get("Retry-After", "2")))

        st.download_button(
            self.text("download"),
            written,
            f"{name}.csv",
            "text/csv",
            key=f"download_{name}",
            on_click="ignore",
            type="tertiary",
        )

    def compared(self, level: str) -> str:
        """Below which unit a level is ranked: the one looked at, but one of that level or below it among all."""
        code = self.unit
        if self.units[code]["level"] in LEVELS[: LEVELS.index(level) + 1]:
            while self.units[code]["parent"] in self.units:
                code = self.units[code]["parent"]
        return code

    def text(self, key: str, **values: object) -> str:
        """A text of this page."""
        return self.texts(f"inspector.{key}", **values)
