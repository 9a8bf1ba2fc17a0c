"""The inspector's further looks at a figure: by time of day, beside the period before, beside its procedures' mix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.pages.inspector.blocks import bar, parts, table
from dashboards.pages.inspector.view import View
from dashboards.pages.parts.selectors import link_to
from dashboards.pages.supervisor.blocks import heading, quiet, unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import escape

PROCEDURES_SHOWN = 25
FEW_TOLD = 50
"""Percent of cases with their procedure below which a mix says little."""

SIGNS = {"as_expected": "○", "below": "▼", "above": "▲"}


def draw_times(view: View) -> None:
    """What is good of the cases by hour of the day and by weekday; each leads to its cases."""
    st.html(heading(view.text(f"of_{view.timed}"), view.text("times_note")))
    for column, by in zip(st.columns(2), ("hour", "weekday"), strict=True):
        with column:
            answer = view.ask("/v1/breakdown", of=view.timed, by=by)
            if answer is not None:
                names = {part["part"]: view.part_of_time(by, part["part"]) for part in answer["parts"]}
                st.html(parts(by, answer["parts"], names, link_to, view.texts))
                view.download("/v1/breakdown", {"of": view.timed, "by": by}, by)


def draw_compared(view: View) -> None:
    """The figure beside that of the period before."""
    st.html(heading(view.text("compared"), unit_name(view.unit, view.units, view.texts)))
    answer = view.ask("/v1/compare", id=view.indicator)
    if answer is not None:
        st.html(two_periods(answer, catalogue().indicators[view.indicator].unit, view.texts))
        view.download("/v1/compare", {"id": view.indicator}, "compare")


def draw_mix(view: View) -> None:
    """The unit's procedures beside those of all units of its level."""
    st.html(heading(view.text("mixed"), view.text("mix_note")))
    if view.units[view.unit]["parent"] not in view.units:
        st.html(quiet(view.text("mix_of_all")))
        return
    answer = view.ask("/v1/mix", of=view.of)
    if answer is None:
        return
    if not answer["parts"]:
        st.html(quiet(view.text("parts_empty")))
        return
    st.html(mix(answer, view.texts))
    view.download("/v1/mix", {"of": view.of}, "mix")


def two_periods(answer: Mapping[str, Any], measure: str, texts: Texts) -> str:
    """Both periods with value, interval and cases, and in a sentence whether chance explains the difference. Pure."""
    rows = []
    for figure in answer["periods"]:
        since, until = (form.day_and_time(form.instant(figure[name])) for name in ("from", "to"))
        interval = form.NOTHING
        if figure["interval"]:
            interval = " – ".join(form.percent(bound, texts.language) for bound in figure["interval"])
        rows.append(
            f'<tr><th scope="row">{escape(texts("inspector.periods_compared." + figure["period"]))}</th>'
            f"<td>{escape(texts('inspector.from_to', **{'from': since, 'to': until}))}</td>"
            f'<td class="number"><b>{escape(form.quantity(figure["value"], measure, texts))}</b></td>'
            f'<td class="number">{escape(interval)}</td><td>{bar(figure, 100) if measure == "percent" else ""}</td>'
            f'<td class="number">{form.number(figure["n"], texts.language)}</td></tr>'
        )
    columns = [texts(f"inspector.{key}") if key else "" for key in ("", "period", "value", "spread", "", "n")]
    return table(texts("inspector.compared"), columns, rows, "compared") + _difference(answer, measure, texts)


def _difference(answer: Mapping[str, Any], measure: str, texts: Texts) -> str:
    found = answer["difference"]
    if found is None:
        return _sentence("none", "", texts("inspector.difference.unknown"))
    unit = texts("inspector.difference.points") if measure == "percent" else ""

    def signed(value: float) -> str:
        return ("+" if value > 0 else "−" if value < 0 else "") + form.number(abs(value), texts.language, 2)

    value = f"{signed(found['value'])} {unit}".strip()
    if measure != "percent":
        value = ("+" if found["value"] > 0 else "−") + form.quantity(abs(found["value"]), measure, texts)
    if found["interval"] is None:
        return _sentence("none", "", texts("inspector.difference.without", value=value))
    low, high = map(signed, found["interval"])
    state = "differs" if found["beyond_chance"] else "chance"
    sign = ("▲" if found["value"] > 0 else "▼") if found["beyond_chance"] else "○"
    words = texts(f"inspector.difference.{state}", value=value, low=low, high=high)
    return _sentence(state, sign, words)


def mix(answer: Mapping[str, Any], texts: Texts) -> str:
    """What the unit's procedures let expect and what it has, and each of them here and in all. Pure."""

    def percent(value: float | None) -> str:
        return form.NOTHING if value is None else form.percent(value, texts.language)

    state = answer["beside"]
    words = texts("inspector.mix.too_few", n=form.number(answer["n"], texts.language))
    if state:
        low, high = map(percent, answer["interval"])
        told = {"value": percent(answer["value"]), "expected": percent(answer["expected"]), "low": low, "high": high}
        words = texts("inspector.mix.told", **told) + " " + texts(f"inspector.mix.{state}")
    if answer["told"] < FEW_TOLD:
        words += " " + texts("inspector.mix.untold", told=percent(answer["told"]))
    rows = []
    for part in answer["parts"][:PROCEDURES_SHOWN]:
        name = " · ".join(filter(None, (part["part"], texts.name_of(part)))) or texts("inspector.untold")
        cells = (part["share"], part["share_of_all"], part["value"], part["value_of_all"])
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td class="number">{form.number(part["n"], texts.language)}</td>'
            + "".join(f'<td class="number">{escape(percent(cell))}</td>' for cell in cells)
            + "</tr>"
        )
    keys = ("procedure", "n", "mix.share", "mix.share_of_all", "mix.value", "mix.value_of_all")
    columns = [texts(f"inspector.{key}") for key in keys]
    left = len(answer["parts"]) - PROCEDURES_SHOWN
    more = quiet(texts("trouble_more", count=left)) if left > 0 else ""
    return (
        _sentence(state or "none", SIGNS.get(state, ""), words)
        + table(texts("inspector.mixed"), columns, rows, "mix")
        + more
    )


def _sentence(state: str, sign: str, words: str) -> str:
    return f'<p class="recount {state}" role="status">{f"<b>{sign}</b> " if sign else ""}{escape(words)}</p>'
