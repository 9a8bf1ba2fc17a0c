"""What a viewer chooses: unit, period, language. The address holds each choice, so that it can be sent on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts, every_text

ROOT = "H26"
SHOWN_LEVELS = ("city", "department", "centre", "branch", "service_point")
PERIOD_DAYS = (1, 7, 30)
INDENT = "\u2003"


def choose_unit(units: Mapping[str, dict[str, Any]], texts: Texts) -> str:
    """The unit looked at; the root of the tree when the address names none."""
    shown = in_tree_order(units)
    roots = [code for code, depth in shown if depth == 0]
    unit = st.query_params.get("unit") or (roots[0] if roots else ROOT)
    depths = dict(shown)
    options = [code for code, _ in shown]
    if unit not in depths:
        options.insert(0, unit)

    def label(code: str) -> str:
        known = units.get(code)
        return INDENT * depths.get(code, 0) + (form.short_name(known, texts.language) if known else code)

    return _select("unit", texts("unit"), options, unit, label, width=430)


def in_tree_order(units: Mapping[str, dict[str, Any]]) -> list[tuple[str, int]]:
    """The codes of units above the counter, each followed by what is below it, with how deep it lies."""
    below: dict[str, list[str]] = {}
    for code, unit in units.items():
        if unit["level"] in SHOWN_LEVELS:
            below.setdefault(unit["parent"] if unit["parent"] in units else "", []).append(code)
    found: list[tuple[str, int]] = []

    def walk(parent: str, depth: int) -> None:
        for code in sorted(below.get(parent, [])):
            found.append((code, depth))
            walk(code, depth + 1)

    walk("", 0)
    return found


def choose_period(freshness: dict[str, Any] | None, texts: Texts) -> str:
    """The first day looked at, as the address has it; empty for today."""
    start = st.query_params.get("from", "")
    days = {"": 1}
    if freshness:
        today = form.instant(freshness["now"]).date()
        days |= {(today - timedelta(days=days - 1)).isoformat(): days for days in PERIOD_DAYS[1:]}
    options = list(days) if start in days else [*days, start]

    def label(value: str) -> str:
        if not value:
            return texts("period_today")
        if value in days:
            return texts("period_days", days=days[value])
        return texts("period_from", day=_day(value))

    return _select("from", texts("period"), options, start, label, width=170)


def _day(text: str) -> str:
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}"
    except ValueError:
        return text


def choose_language(texts: Texts) -> None:
    """The language; Vietnamese when the address names none."""
    names = {code: words["language"] for code, words in every_text().items()}
    key = _mirror("lang", texts.language)
    st.segmented_control(
        texts("language_label"),
        list(names),
        required=True,
        format_func=lambda code: names[code],
        label_visibility="collapsed",
        key=key,
        on_change=_keep,
        args=("lang", key),
    )


def choose_option(
    name: str, label: str, options: Sequence[str], first: str, words: Callable[[str], str], width: int = 200
) -> str:
    """One of some options, kept in the address under ``name``; ``first`` when the address has none of them."""
    current = st.query_params.get(name, first)
    return _select(name, label, list(options), current if current in options else first, words, width)


def _select(name: str, label: str, options: list[str], current: str, words: Callable[[str], str], width: int) -> str:
    key = _mirror(name, current)
    st.selectbox(
        label,
        options,
        format_func=words,
        label_visibility="collapsed",
        width=width,
        key=key,
        on_change=_keep,
        args=(name, key),
    )
    return current


def _mirror(name: str, current: str) -> str:
    # The address is the one truth: a choice is written there before the page is drawn, and read from there.
    key = f"choice_{name}"
    st.session_state[key] = current
    return key


def _keep(name: str, key: str) -> None:
    put_in_address(name, st.session_state[key])


def put_in_address(name: str, value: str) -> None:
    """Changes one parameter of the page's address; an empty text takes it away."""
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def link_to(changes: Mapping[str, str | None]) -> str:
    """The page's address with other parameters; None takes one away."""
    merged = {**st.query_params.to_dict(), **changes}
    return "?" + urlencode({name: value for name, value in merged.items() if value})
