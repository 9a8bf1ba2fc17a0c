"""Two pages to look at and not to touch: a unit's wallboard (``/wall``), and what the public is told (``/public``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

from contract.indicators.public_bands import TOLD_OF
from dashboards.pages.parts.selectors import ROOT
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.supervisor import blocks
from dashboards.pages.supervisor.feed import Answer
from dashboards.pages.supervisor.page import feed
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape

WALL_EVERY_S, PUBLIC_EVERY_S, TREE_S = 2.0, 60.0, 30.0
WALL = ("SAT_CSAT", "OPS_WAIT_AVG", "Q766_2_1")
BAND_SIGNS = {"good": "▲", "fair": "●", "poor": "▼", None: "…"}


@guarded
def draw_wall() -> None:
    """Three figures, the day in a line, and satisfaction by unit and hour on a television; new every two seconds."""
    texts = begin("wall.title")
    _wall(st.query_params.get("unit", ROOT), texts)


@st.fragment(run_every=WALL_EVERY_S)
@guarded
def _wall(unit: str, texts: Texts) -> None:
    units = _units()
    figures = _asked(("wall", unit), "/v1/indicators", WALL_EVERY_S, unit=unit, ids=",".join(WALL))
    today = _asked(("wall day", unit), "/v1/series", WALL_EVERY_S, unit=unit, step="day")
    heat = _asked(("wall heat", unit), "/v1/heat", WALL_EVERY_S, unit=unit)
    freshness = _asked(("freshness",), "/v1/freshness", WALL_EVERY_S)
    name = blocks.unit_name(unit, units, texts)
    with st.container(key="wall"):
        st.html(f"<h1>{escape(name)}</h1>{blocks.clock_line(freshness.data, freshness.problem is not None, texts)}")
        if figures.problem == "unknown_unit":
            st.html(blocks.banner(texts("unknown_unit", unit=unit)))
        elif figures.data is None:
            st.html(blocks.quiet(texts("away_at_first" if figures.problem else "loading")))
        else:
            cards = "".join(blocks.card(figure, None, texts) for figure in figures.data["indicators"])
            st.html(f'<div class="wall">{cards}</div>')
            st.html(blocks.day_line(today.data["series"] if today.data else [], texts))
        if heat.data and heat.data["cells"]:
            st.html(blocks.heat_table(heat.data, units, "percent", lambda code: f"?{urlencode({'unit': code})}", texts))


@guarded
def draw_public() -> None:
    """A band for each service point and a closed month."""
    texts = begin("public.title")
    parameters = {name: st.query_params[name] for name in ("month",) if name in st.query_params}
    unit = st.query_params.get("unit", ROOT)
    found = _asked(("public", unit, *parameters.values()), "/v1/public", PUBLIC_EVERY_S, unit=unit, **parameters)
    st.html(f"<h1>{escape(texts('public.title'))}</h1>")
    if found.data is None:
        words = {"unknown_unit": texts("unknown_unit", unit=unit), "bad_period": texts("public.not_over")}
        st.html(blocks.quiet(words.get(found.problem or "", texts("public.away"))))
        return
    st.html(public_table(found.data, texts))
    st.html(blocks.quiet(texts("public.note")))


def public_table(found: dict[str, Any], texts: Texts) -> str:
    """Service points with a sign and a word for each thing that the public is told."""
    year, month = found["month"].split("-")
    head = "".join(f'<th scope="col">{escape(texts(f"public.{name}"))}</th>' for name in TOLD_OF)
    rows = []
    for unit in found["units"]:
        cells = "".join(_band(unit[name], texts) for name in TOLD_OF)
        rows.append(f'<tr><th scope="row">{escape(form.short_name(unit, texts.language))}</th>{cells}</tr>')
    caption = escape(texts("public.month", month=f"{month}/{year}"))
    return (
        f'<table class="public"><caption>{caption}</caption><thead><tr><th scope="col">{escape(texts("unit"))}</th>'
        f"{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _band(band: str | None, texts: Texts) -> str:
    name = band or "none"
    return f'<td class="band {name}">{BAND_SIGNS[band]} {escape(texts(f"public.bands.{name}"))}</td>'


def _units() -> dict[str, dict[str, Any]]:
    tree = _asked(("units",), "/v1/units", TREE_S).data
    return {unit["unit"]: unit for unit in tree["units"]} if tree else {}


def _asked(name: tuple[str, ...], path: str, every_s: float, **parameters: str) -> Answer:
    feed().ask(name, path, parameters, every_s)
    return feed().latest(name)
