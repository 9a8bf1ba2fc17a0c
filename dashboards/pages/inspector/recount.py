"""A figure counted again from its raw events while the inspector waits: the button, and both numbers side by side."""

from __future__ import annotations

from typing import cast

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.answers.figures import CountedParts, Recount
from dashboards.pages.inspector.view import InspectorView
from dashboards.pages.parts.connections import api
from dashboards.pages.parts.html import Html, join, quiet, sentence, tag
from dashboards.pages.parts.start import guarded
from dashboards.pages.parts.tables import head_cell, number_cell, row, table
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from runtime.api_client import ApiError, ApiStatusError

PATH = "/v1/recount"
TIMEOUT_S = 180.0
SIGNS = {"equal": "✓", "moved": "…", "different": "✗"}
REASONS = {429: "busy", 422: "too_much"}


@st.fragment
@guarded
def draw_recount(view: InspectorView) -> None:
    """The button; its result stands below it until something else is looked at."""
    if not st.button(view.text("recounting.start"), key="recount", type="tertiary"):
        return
    try:
        with st.spinner(view.text("recounting.under_way"), show_time=True):
            parameters = {**view.parameters, "id": view.indicator}
            answer = cast("Recount", api().get(PATH, parameters, timeout_s=TIMEOUT_S))
    except ApiError as error:
        reason = REASONS.get(error.status) if isinstance(error, ApiStatusError) else None
        st.html(quiet(view.text(f"recounting.{reason}" if reason else "failed")))
        return
    st.html(side_by_side(answer, catalogue().indicators[view.indicator].unit, view.texts))


def side_by_side(answer: Recount, measure: str, texts: Texts) -> Html:
    """The served and the recounted parts of a figure, and a sentence that interprets them. Pure."""

    def text(key: str, **values: object) -> str:
        return texts(f"inspector.recounting.{key}", **values)

    state = answer["agreement"]
    details = {
        "events": form.number(answer["events_read"], texts.language),
        "time": form.duration(answer["took_s"], texts) if answer["took_s"] >= 1 else text("at_once"),
        "from": form.day_and_time(form.instant(answer["from"])),
        "to": form.day_and_time(form.instant(answer["to"])),
    }
    borrowed = text("lent", year=answer["lent_by"]) if answer["lent_by"] else ""
    routes = [_numbers(answer[route], measure, texts) for route in ("served", "recounted")]
    rows = (
        row(head_cell(texts(f"inspector.{part}")), *(number_cell(numbers[part]) for numbers in routes))
        for part in routes[0]
    )
    shown = table("recount", text("caption"), ("", text("served"), text("recounted")), rows)
    verdict = tag("b", f"{SIGNS[state]} {text(state)}")
    return join([shown, sentence(state, verdict, f" {text('read', **details)} {borrowed}")])


def _numbers(parts: CountedParts, measure: str, texts: Texts) -> dict[str, str]:
    counts = {"numerator": parts["numerator"], "denominator": parts["denominator"]}
    shown = {
        name: form.NOTHING if count is None else form.number(count, texts.language) for name, count in counts.items()
    }
    return shown | {"value": form.quantity(parts["value"], measure, texts)}
