"""What the inspector looks at, and the questions to the read API that this raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import httpx
import streamlit as st

from contract.catalogue import catalogue
from dashboards.page_blocks import quiet
from dashboards.page_texts import Texts
from runtime.settings import Settings
from warehouse.figures import MADE_BY

TIMEOUT_S = 30.0
LEVELS = ("service_point", "branch")
"""The levels that are ranked, from the bottom up."""

PART_KEYS = ("counter", "staff", "procedure", "channel", "hour", "weekday")
CHANNELS = ("tablet", "online", "post", "direct", "phone", "paper")
PROBLEMS = (httpx.HTTPError, ValueError)


@st.cache_resource
def client() -> httpx.Client:
    """One connection to the read API for all who look."""
    return httpx.Client(base_url=Settings().api_url, timeout=TIMEOUT_S, trust_env=False)


def ask(path: str, parameters: Mapping[str, str | int] | None = None) -> dict[str, Any] | None:
    """An answer of the read API; None when there is none."""
    try:
        answer = client().get(path, params=dict(parameters or {}))
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except PROBLEMS:
        return None
    return found


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
        self.timed = "tickets" if measures <= MADE_BY["ticket_counts"] else self.of
        self.having = {key: st.query_params[key] for key in PART_KEYS if key in st.query_params}

    def ask(self, path: str, **parameters: str | int) -> dict[str, Any] | None:
        """An answer of the read API on what is looked at; None when there is none, which the page then says."""
        found = ask(path, {**self.parameters, **parameters})
        if found is None:
            st.html(quiet(self.texts("inspector.failed")))
        return found

    def channel(self, code: str) -> str:
        """A channel's name; one of another collector as it came."""
        return self.text(f"channels.{code}") if code in CHANNELS else code

    def part_of_time(self, by: str, code: str) -> str:
        """An hour or a weekday in words."""
        return self.text(f"weekdays.{code}") if by == "weekday" else self.text("hour", hour=code)

    def download(self, path: str, asked: Mapping[str, str | int], name: str) -> None:
        """The button that brings the rows of an answer as a file."""

        def written() -> bytes:
            answer = client().get(path, params={**self.parameters, **asked, "format": "csv"})
            answer.raise_for_status()
            return answer.content

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
