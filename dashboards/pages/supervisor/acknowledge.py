"""Who takes care of what: the read API's acknowledgements, and the form by which somebody makes one.

An acknowledgement is an event, admitted by ingest like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import streamlit as st

from contract.events.envelope import new_event
from contract.indicators.catalogue import catalogue
from dashboards.answers import counters as answers
from dashboards.answers.counters import Acknowledgement
from dashboards.pages.parts.connections import settings
from dashboards.pages.parts.html import Html, link, tag
from dashboards.pages.parts.questions import Answer, Question, Units
from dashboards.pages.parts.selectors import Address
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import markdown
from runtime.clock import clock_from
from runtime.ingest_client import IngestError, post_event
from runtime.settings import Settings

QUESTION: Question[answers.Acknowledgements] = Question("/v1/acknowledgements", every_s=3.0)
SOURCE = "supervisor"
OTHERS = ("severe", "silent", "lasting")
"""Matters beside the indicators that somebody can take care of."""

PARAMETER = "ack"
"""The parameter of the address that opens the form: ``ack=UNIT~ABOUT``."""

Row = TypeVar("Row")


class Acknowledgements:
    """The latest acknowledgement of each unit and matter; ``rows`` come latest first. Pure.

    ``address`` gives the page's own address with other parameters.
    """

    def __init__(self, rows: Sequence[Acknowledgement], address: Address, texts: Texts) -> None:
        self.latest = {(row["unit"], row["about"]): row for row in reversed(rows)}
        self._address = address
        self._texts = texts

    def of(self, unit: str, about: str, since: str | None = None) -> Acknowledgement | None:
        """The one that covers a matter; None when the matter became known (``since``) after it."""
        latest = self.latest.get((unit, about))
        if latest and since and form.instant(since) > form.instant(latest["occurred_at"]):
            return None
        return latest

    def mark(self, unit: str, about: str, since: str | None = None) -> Html:
        """Who takes care of a matter, or the link by which somebody does."""
        latest = self.of(unit, about, since)
        if latest is None:
            return link(self._address({PARAMETER: f"{unit}~{about}"}), self._texts("acknowledge.take"), kind="care")
        at = f"{form.instant(latest['occurred_at']):%H:%M}"
        text = self._texts("acknowledge.taken", by=latest["by"], at=at)
        comment = f": {latest['comment']}" if latest["comment"] else ""
        return tag("span", f"✓ {text}{comment}", kind="care")


def open_first(rows: Iterable[Row], acknowledgement_of: Callable[[Row], Acknowledgement | None]) -> list[Row]:
    """The rows that nobody has acknowledged before the others; otherwise in their order. Pure."""
    return sorted(rows, key=lambda row: acknowledgement_of(row) is not None)


def acknowledgements_of(answer: Answer[answers.Acknowledgements], address: Address, texts: Texts) -> Acknowledgements:
    """Those of an answer; none before the first."""
    return Acknowledgements(answer.data["acknowledgements"] if answer.data else (), address, texts)


def make_acknowledgement(unit: str, about: str, by: str, comment: str, at: datetime) -> dict[str, object]:
    """The event: ``by`` takes care of ``about`` at ``unit`` and does what ``comment`` says."""
    data = {"unit": unit, "by": by.strip(), **({"comment": comment.strip()} if comment.strip() else {})}
    return new_event("alert.acknowledged", about, data, source=SOURCE, time=at.astimezone(UTC).isoformat())


def send(settings: Settings, event: dict[str, object]) -> str:
    """Sends an event through ingest; returns the reason why it was not accepted, empty when it was."""
    try:
        rejection = post_event(settings.ingest_url, settings.api_key.get_secret_value(), event)
    except IngestError as error:
        return str(error)
    return rejection.detail if rejection else ""


def draw_form(units: Units, texts: Texts) -> None:
    """The form for the unit and matter that the address names; nothing when it names no known one."""
    unit, _, about = st.query_params.get(PARAMETER, "").partition("~")
    if unit not in units or about not in {*catalogue().indicators, *OTHERS}:
        return
    with st.form("acknowledge", clear_on_submit=False):
        wrong = texts(f"wrong.{about}")
        name = markdown(unit_name(unit, units, texts))
        st.markdown(f"**{texts('acknowledge.title', unit=name, wrong=wrong)}**")
        by = st.text_input(texts("acknowledge.by"), max_chars=100, key="acknowledged_by")
        comment = st.text_input(texts("acknowledge.comment"), max_chars=1200)
        with st.container(horizontal=True):
            done = st.form_submit_button(texts("acknowledge.send"), type="primary")
            cancelled = st.form_submit_button(texts("acknowledge.leave"))
    if done and by.strip():
        problem = _send_now(unit, about, by, comment)
        if problem:
            st.error(texts("acknowledge.failed", problem=markdown(problem)))
            return
    elif done:
        st.error(texts("acknowledge.nobody"))
        return
    if done or cancelled:
        st.query_params.pop(PARAMETER, None)
        st.rerun()


def _send_now(unit: str, about: str, by: str, comment: str) -> str:
    ours = settings()
    return send(ours, make_acknowledgement(unit, about, by, comment, clock_from(ours.clock)()))
