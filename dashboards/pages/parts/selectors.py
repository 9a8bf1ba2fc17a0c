"""The choices of a viewer: unit, period, language. The address holds each choice, so that it can be sent on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import streamlit as st

from dashboards.pages.parts.questions import Units
from dashboards.pages.parts.units import unit_name
from dashboards.texts.by_language import Texts, every_text

ROOT = "H26"
SHOWN_LEVELS = ("city", "department", "centre", "branch", "service_point")
PERIOD_DAYS = (1, 7, 30)
INDENT = "\u2003"

Period = tuple[str, ...]
"""A period as the address holds it: its first day, or its first day and the one after its last."""

Address = Callable[[Mapping[str, str | None]], str]
"""Gives a page's own address with other parameters; None takes one away."""


def choose_unit(units: Units, texts: Texts) -> str:
    """The unit looked at; the root of the tree when the address names none."""
    shown = in_tree_order(units)
    roots = [code for code, depth in shown if depth == 0]
    unit = st.query_params.get("unit") or (roots[0] if roots else ROOT)
    depths = dict(shown)
    options = [code for code, _ in shown]
    if unit not in depths:
        options.insert(0, unit)

    def label(code: str) -> str:
        return INDENT * depths.get(code, 0) + unit_name(code, units, texts)

    return _select("unit", texts("unit"), options, unit, label, width=430)


def in_tree_order(units: Units) -> list[tuple[str, int]]:
    """The codes of units above the counter, each followed by those below it, with its depth in the tree."""
    below: dict[str, list[str]] = {}
    for code, unit in units.items():
        if unit["level"] in SHOWN_LEVELS:
            below.setdefault(unit["parent"] if unit["parent"] in units else "", []).append(code)
    order: list[tuple[str, int]] = []

    def walk(parent: str, depth: int) -> None:
        for code in sorted(below.get(parent, [])):
            order.append((code, depth))
            walk(code, depth + 1)

    walk("", 0)
    return order


def choose_period(
    named: Mapping[Period, str], texts: Texts, label: Callable[[Period], str], *, parameters: Sequence[str], width: int
) -> Period:
    """The days looked at, as the address has them under ``parameters``; an empty text stands for none.

    ``named`` are the periods on offer; ``label`` writes any other, which the address alone can name.
    """
    current = tuple(st.query_params.get(name, "") for name in parameters)
    key = f"choice_{parameters[0]}"

    def keep() -> None:
        for name, value in zip(parameters, st.session_state[key], strict=True):
            put_in_address(name, value)

    st.session_state[key] = current
    st.selectbox(
        texts("period"),
        list(named) if current in named else [*named, current],
        format_func=lambda period: named[period] if period in named else label(period),
        label_visibility="collapsed",
        width=width,
        key=key,
        on_change=keep,
    )
    return current


def choose_language(texts: Texts) -> None:
    """The language; Vietnamese when the address names none."""
    names = {code: texts["language"] for code, texts in every_text().items()}
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
    name: str, label: str, options: Sequence[str], first: str, option_text: Callable[[str], str], width: int = 200
) -> str:
    """One of some options, kept in the address under ``name``; ``first`` when the address has none of them."""
    current = st.query_params.get(name, first)
    return _select(name, label, list(options), current if current in options else first, option_text, width)


def _select(
    name: str, label: str, options: list[str], current: str, option_text: Callable[[str], str], width: int
) -> str:
    key = _mirror(name, current)
    st.selectbox(
        label,
        options,
        format_func=option_text,
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
