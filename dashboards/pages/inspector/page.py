"""The inspector's page: units ranked fairly, and from a figure to its evidence in three clicks.

The address holds everything that is looked at, so that it can be sent on and the browser's back button works:
``/inspector?unit=H26.66.01&from=2026-11-01&to=2026-12-01&id=Q766_2_1&procedure=1.004884&dossier=…``.
The page computes no figure: all come from the read API, and what can be downloaded is what is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from urllib.parse import urlencode

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.pages.inspector import cases, compare, figure, mix, parts, ranking, timeline, times
from dashboards.pages.inspector.view import InspectorView, problem_text
from dashboards.pages.parts import clock
from dashboards.pages.parts.connections import direct
from dashboards.pages.parts.html import banner, choice, link, tag
from dashboards.pages.parts.selectors import (
    Period,
    choose_language,
    choose_option,
    choose_period,
    choose_unit,
    link_to,
)
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.parts.units import UNITS, by_code
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

FIRST_INDICATOR = "SAT_CSAT"
LOOKS: dict[str, Callable[[InspectorView], None]] = {
    "parts": parts.draw,
    "times": times.draw,
    "compared": compare.draw,
    "mix": mix.draw,
}
"""The ways to look into a figure."""


@guarded
def draw() -> None:
    """The page as its address asks for it."""
    texts = begin("inspector.title", "🔎")
    answer = direct().ask(UNITS)
    units = by_code(answer)
    with st.container(horizontal=True, key="top", vertical_alignment="center"):
        st.html(tag("h1", texts("inspector.title")), width="content")
        unit = choose_unit(units, texts)
        since, until = _choose_period(texts)
        indicator = _choose_indicator(texts)
        choose_language(texts)
        st.html(link(_to_supervisor(unit), texts("inspector.go_supervisor")), width="content")
    if answer.problem:
        st.html(banner(problem_text(answer, texts)))
        return
    if unit not in units:
        st.html(banner(texts("unknown_unit", unit=unit), link("?", texts("back_to_start"))))
        return
    span = {name: day for name, day in (("from", since), ("to", until)) if day}
    _draw_blocks(InspectorView({"unit": unit, **span}, indicator, texts, units))


def _draw_blocks(view: InspectorView) -> None:
    if code := st.query_params.get("dossier"):
        timeline.draw(view, code)
    with st.spinner(view.text("asking"), show_time=True):
        left, right = st.columns([1, 2])
        with left:
            figure.draw(view)
        with right:
            ranking.draw(view)
        _draw_look(view)
        cases.draw(view)


def _draw_look(view: InspectorView) -> None:
    named = st.query_params.get("look", "")
    chosen = named if named in LOOKS else "parts"
    st.html(choice({name: (view.text(f"looks.{name}"), link_to({"look": name})) for name in LOOKS}, chosen))
    LOOKS[chosen](view)


def _choose_indicator(texts: Texts) -> str:
    known = catalogue().indicators

    def label(code: str) -> str:
        return f"{known[code].name_in(texts.language)} · {code}"

    return choose_option("id", texts("inspector.indicator"), list(known), FIRST_INDICATOR, label, width=420)


def _choose_period(texts: Texts) -> Period:
    """The first day and the one after the last as the address has them; both empty for today."""
    names = {period: name for name, period in reversed(_periods(_today()).items())}
    named = {period: texts(f"inspector.periods.{name}") for period, name in reversed(names.items())}

    def label(period: Period) -> str:
        since, until = period
        return texts("inspector.from_to", **{"from": since, "to": until or "…"})

    return choose_period(named, texts, label, parameters=("from", "to"), width=180)


def _periods(today: date) -> dict[str, Period]:
    month = today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    quarter = month.replace(month=month.month - (month.month - 1) % 3)
    return {
        "today": ("", ""),
        "week": ((today - timedelta(days=6)).isoformat(), ""),
        "days30": ((today - timedelta(days=29)).isoformat(), ""),
        "month": (month.isoformat(), ""),
        "last_month": (last_month.isoformat(), month.isoformat()),
        "quarter": (quarter.isoformat(), ""),
    }


def _today() -> date:
    freshness = direct().ask(clock.QUESTION).data
    # Without an answer the page has no figure that could depend on the day.
    return form.instant(freshness["now"]).date() if freshness else date.today()  # noqa: DTZ011


def _to_supervisor(unit: str) -> str:
    kept = {name: st.query_params[name] for name in ("lang", "from") if name in st.query_params}
    return "/?" + urlencode({"unit": unit, **kept})
