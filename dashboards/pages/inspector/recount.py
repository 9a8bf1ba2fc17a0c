"""A figure held against its raw events while the inspector looks: the button, and both numbers side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.pages.inspector.blocks import table
from dashboards.pages.inspector.view import PROBLEMS, View, client
from dashboards.pages.parts.start import guarded
from dashboards.pages.supervisor.blocks import quiet
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape

TIMEOUT_S = 180.0
ROWS = ("numerator", "denominator", "value")
SIGNS = {"equal": "✓", "moved": "…", "different": "✗"}
REASONS: dict[int, str] = {httpx.codes.TOO_MANY_REQUESTS: "busy", httpx.codes.UNPROCESSABLE_ENTITY: "too_much"}


@st.fragment
@guarded
def draw_recount(view: View) -> None:
    """The button; what it was pressed for stands below it until something else is looked at."""
    if not st.button(view.text("recounting.start"), key="recount", type="tertiary"):
        return
    try:
        with st.spinner(view.text("recounting.under_way"), show_time=True):
            asked = {**view.parameters, "id": view.indicator}
            answer = client().get("/v1/recount", params=asked, timeout=TIMEOUT_S)
        if reason := REASONS.get(answer.status_code):
            st.html(quiet(view.text(f"recounting.{reason}")))
            return
        found: dict[str, Any] = answer.raise_for_status().json()
    except PROBLEMS:
        st.html(quiet(view.text("failed")))
        return
    st.html(side_by_side(found, catalogue().indicators[view.indicator].unit, view.texts))


def side_by_side(found: Mapping[str, Any], measure: str, texts: Texts) -> str:
    """The served and the recounted parts of a figure, and in a sentence what that means. Pure."""

    def text(key: str, **values: object) -> str:
        return texts(f"inspector.recounting.{key}", **values)

    def shown(part: str, number: float | None) -> str:
        if part == "value":
            return form.quantity(number, measure, texts)
        return form.NOTHING if number is None else form.number(number, texts.language)

    rows = [
        f'<tr><th scope="row">{escape(texts(f"inspector.{part}"))}</th>'
        + "".join(
            f'<td class="number">{escape(shown(part, found[route][part]))}</td>' for route in ("served", "recounted")
        )
        + "</tr>"
        for part in ROWS
    ]
    state = found["agreement"]
    read = {
        "events": form.number(found["events_read"], texts.language),
        "time": form.duration(found["took_s"], texts) if found["took_s"] >= 1 else text("at_once"),
        "from": form.day_and_time(form.instant(found["from"])),
        "to": form.day_and_time(form.instant(found["to"])),
    }
    lent = text("lent", year=found["lent_by"]) if found["lent_by"] else ""
    columns = ("", text("served"), text("recounted"))
    return (
        f"{table(text('caption'), columns, rows, 'recount')}"
        f'<p class="recount {state}" role="status"><b>{SIGNS[state]} {escape(text(state))}</b> '
        f"{escape(text('read', **read))} {escape(lent)}</p>"
    )
