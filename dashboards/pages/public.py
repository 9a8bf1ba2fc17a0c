"""The page for the public (``/public``): a band for each service point and a closed month."""

from __future__ import annotations

import streamlit as st

from contract.indicators.public_bands import PUBLISHED, Band
from dashboards.answers.units import PublicBands, PublicUnit
from dashboards.pages.parts.connections import feed
from dashboards.pages.parts.html import Html, quiet, tag
from dashboards.pages.parts.questions import Question, View
from dashboards.pages.parts.selectors import ROOT
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.parts.tables import cell, head_cell, row, table
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[PublicBands] = Question("/v1/public", every_s=60.0)
SIGNS = {"good": "▲", "fair": "●", "poor": "▼", None: "…"}


@guarded
def draw() -> None:
    """The table, or the reason why there is none."""
    texts = begin("public.title")
    unit = st.query_params.get("unit", ROOT)
    month = {name: st.query_params[name] for name in ("month",) if name in st.query_params}
    answer = View(feed(), {"unit": unit, **month}, texts, {}).ask(QUESTION)
    st.html(tag("h1", texts("public.title")))
    if answer.data is None:
        reasons = {"not_there": texts("unknown_unit", unit=unit), "question": texts("public.not_over")}
        st.html(quiet(reasons.get(answer.problem or "", texts("public.away"))))
        return
    st.html(public_table(answer.data, texts))
    st.html(quiet(texts("public.note")))


def public_table(answer: PublicBands, texts: Texts) -> Html:
    """The service points with a sign and a word for each indicator that is published. Pure."""
    year, month = answer["month"].split("-")
    columns = [texts("unit"), *(texts(f"public.{name}") for name in PUBLISHED)]
    rows = (
        row(head_cell(form.short_name(unit, texts.language)), *(_band(band, texts) for band in _bands(unit)))
        for unit in answer["units"]
    )
    return table("public", texts("public.month", month=f"{month}/{year}"), columns, rows)


def _bands(unit: PublicUnit) -> list[Band | None]:
    """A unit's bands in the order of the columns."""
    return [unit["SAT_CSAT"], unit["Q766_2_1"]]


def _band(band: Band | None, texts: Texts) -> Html:
    name = band or "none"
    return cell(f"{SIGNS[band]} {texts(f'public.bands.{name}')}", kind=f"band {name}")
