"""A supervisor takes care of something: a form on the page, an event through ingest's door like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.pages.supervisor.blocks import Units, unit_name
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import markdown
from runtime.clock import clock_from
from runtime.ingest_client import IngestError, post_event
from runtime.settings import Settings

SOURCE = "supervisor"
OTHERS = ("severe", "silent", "lasting")
ASKED = "ack"
"""The parameter of the address that opens the form: ``ack=UNIT~ABOUT``."""


def acknowledged(unit: str, about: str, by: str, comment: str, at: datetime) -> dict[str, object]:
    """The event: ``by`` takes care of ``about`` at ``unit`` and does what ``comment`` says."""
    told = {"unit": unit, "by": by.strip(), **({"comment": comment.strip()} if comment.strip() else {})}
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": "alert.acknowledged",
        "source": SOURCE,
        "time": at.astimezone(UTC).isoformat(),
        "subject": about,
        "data": told,
    }


def send(settings: Settings, event: dict[str, object]) -> str:
    """Sends it through ingest; what hinders it, empty when it was accepted."""
    try:
        rejection = post_event(settings.ingest_url, settings.api_key.get_secret_value(), event)
    except IngestError as error:
        return str(error)
    return rejection.detail if rejection else ""


def draw_form(units: Units, texts: Texts) -> None:
    """The form for what the address asks to take care of; nothing when it asks for nothing known."""
    unit, _, about = st.query_params.get(ASKED, "").partition("~")
    if unit not in units or about not in {*catalogue().indicators, *OTHERS}:
        return
    settings = Settings()
    with st.form("acknowledge", clear_on_submit=False):
        wrong = texts(f"wrong.{about}")
        name = markdown(unit_name(unit, units, texts))
        st.markdown(f"**{texts('acknowledge.title', unit=name, wrong=wrong)}**")
        by = st.text_input(texts("acknowledge.by"), max_chars=100, key="acknowledged_by")
        comment = st.text_input(texts("acknowledge.comment"), max_chars=1200)
        with st.container(horizontal=True):
            done = st.form_submit_button(texts("acknowledge.send"), type="primary")
            left = st.form_submit_button(texts("acknowledge.leave"))
    if done and by.strip():
        problem = send(settings, acknowledged(unit, about, by, comment, clock_from(settings.clock)()))
        if problem:
            st.error(texts("acknowledge.failed", problem=markdown(problem)))
            return
    elif done:
        st.error(texts("acknowledge.nobody"))
        return
    if done or left:
        st.query_params.pop(ASKED, None)
        st.rerun()
