"""The inspector's page: units ranked fairly, and from a figure to its evidence in three clicks.

The address holds everything that is looked at, so that it can be sent on and the browser's back button works:
``/inspector?unit=H26.66.01&from=2026-11-01&to=2026-12-01&id=Q766_2_1&procedure=1.004884&dossier=…``.
The page computes no figure: all come from the read API, and what can be downloaded is what is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from contract.indicators.catalogue import catalogue
from contract.indicators.funnel import Funnel
from contract.time import TIMES
from dashboards.pages.inspector import blocks, chart
from dashboards.pages.inspector.compare import draw_compared, draw_mix, draw_times
from dashboards.pages.inspector.recount import draw_recount
from dashboards.pages.inspector.view import LEVELS, NoAnswerError, View, ask, path_of_dossier
from dashboards.pages.parts.selectors import choose_language, choose_option, choose_unit, link_to, put_in_address
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.supervisor.blocks import banner, card, choice, heading, link, quiet, unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

CASES_SHOWN, CASES_IN_A_FILE = 100, 100_000
ORDERS = ("worst", "best")
FIRST_INDICATOR = "SAT_CSAT"


@guarded
def draw() -> None:
    """The page as its address asks for it."""
    texts = begin("inspector.title", "🔎")
    units, problem = _units(texts)
    with st.container(horizontal=True, key="top", vertical_alignment="center"):
        st.html(f"<h1>{texts('inspector.title')}</h1>", width="content")
        unit = choose_unit(units, texts)
        span = _choose_period(texts)
        indicator = _choose_indicator(texts)
        choose_language(texts)
        st.html(link(_to_supervisor(unit), texts("inspector.go_supervisor")), width="content")
    if problem:
        st.html(banner(problem))
        return
    if unit not in units:
        st.html(banner(texts("unknown_unit", unit=unit), "?", texts("back_to_start")))
        return
    _page(View(unit, span, indicator, texts, units))


def _units(texts: Texts) -> tuple[dict[str, dict[str, Any]], str]:
    """The units by code, and why there are none."""
    try:
        return {unit["unit"]: unit for unit in ask("/v1/units")["units"]}, ""
    except NoAnswerError as error:
        return {}, error.words(texts)


def _page(view: View) -> None:
    if code := st.query_params.get("dossier"):
        _timeline(view, code)
    with st.spinner(view.text("asking"), show_time=True):
        left, right = st.columns([1, 2])
        with left:
            _figure(view)
        with right:
            _ranking(view)
        _look(view)
        _cases(view)


def _look(view: View) -> None:
    """One of the ways to look into the figure, which the address names."""
    wanted = st.query_params.get("look", "")
    chosen = wanted if wanted in LOOKS else "parts"
    addresses = {name: (view.text(f"looks.{name}"), link_to({"look": name})) for name in LOOKS}
    st.html(choice(addresses, chosen))
    LOOKS[chosen](view)


def _figure(view: View) -> None:
    st.html(heading(view.text("figure"), unit_name(view.unit, view.units, view.texts)))
    answer = view.ask("/v1/indicators", ids=view.indicator)
    if answer is None:
        return
    figure = answer["indicators"][0]
    st.html(card(figure, None, view.texts))
    st.html(heading(view.text("made")))
    st.html(blocks.made(figure, catalogue().indicators[view.indicator].model_dump(), view.texts))
    draw_recount(view)


def _ranking(view: View) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        level = choose_option("level", view.text("level"), LEVELS, LEVELS[0], lambda code: view.text(f"levels.{code}"))
        order = choose_option("order", view.text("order"), ORDERS, ORDERS[0], view.text)
    st.html(heading(view.text("ranking", level=view.text(f"levels.{level}")), view.text(f"ranking_note_{order}")))
    asked: dict[str, str | int] = {"level": level, "order": order, "ids": view.indicator, "unit": view.compared(level)}
    answer = view.ask("/v1/ranking", **asked)
    if answer is None:
        return
    figures = answer["rankings"][view.indicator]
    if not figures:
        st.html(quiet(view.text("ranking_empty")))
        return
    with st.container(height=430, key="ranking"):
        st.html(blocks.ranking(figures, view.unit, view.units, link_to, view.texts))
    view.download("/v1/ranking", asked, "ranking")
    told = answer["funnels"].get(view.indicator)
    placed = chart.points(figures, view.texts.language)
    if told and placed:
        found = Funnel(told["centre"] / 100, told["spread"])
        outside = sum(point["outside"] for point in placed)
        st.html(heading(view.text("funnel"), view.text("funnel_note")))
        st.vega_lite_chart(
            chart.spec(placed, chart.limits(found, [point["n"] for point in placed]), view.texts),
            height=260,
            theme=None,
            key="funnel",
            alt=view.text("funnel_alt", within=len(placed) - outside, outside=outside),
        )


def _parts(view: View) -> None:
    """Each way to split the figure that its cases tell of."""
    st.html(heading(view.text(f"of_{view.of}"), unit_name(view.unit, view.units, view.texts)))
    by_counter = view.units[view.unit]["level"] in {"service_point", "branch"}
    ways = ["procedure", "channel"] if view.of == "dossiers" else ["counter", "channel"]
    if by_counter:
        ways = ["counter", "procedure", "staff", "channel"]
    else:
        st.html(quiet(view.text("too_wide")))
    for column, by in zip(st.columns(len(ways)), ways, strict=True):
        with column:
            answer = view.ask("/v1/breakdown", of=view.of, by=by)
            if answer is not None:
                names = {part["part"]: _part_name(view, by, part) for part in answer["parts"]}
                st.html(blocks.parts(by, answer["parts"], names, link_to, view.texts))


LOOKS: dict[str, Callable[[View], None]] = {
    "parts": _parts,
    "times": draw_times,
    "compared": draw_compared,
    "mix": draw_mix,
}


def _part_name(view: View, by: str, part: dict[str, Any]) -> str:
    if not part["part"]:
        return view.text("untold")
    if by == "procedure" and (name := view.texts.name_of(part)):
        return f"{part['part']} · {name}"
    counter = view.units.get(part["part"])
    if by == "counter" and counter:
        return form.counter_name(counter, view.texts.language)
    if by == "channel":
        return view.channel(part["part"])
    return str(part["part"])


def _cases(view: View) -> None:
    asked: dict[str, str | int] = {**view.having}
    if view.of == "dossiers":
        state = choose_option("cases", view.text("state"), ("overdue", "all"), "overdue", _cases_word(view))
        asked |= {"counted": "settled", "state": state}
    else:
        asked |= {"comments": "true"}
    path = f"/v1/{view.of}"
    answer = view.ask(path, limit=CASES_SHOWN, **asked)
    if answer is None:
        return
    cases = answer[view.of]
    note = view.text("shown", shown=len(cases), total=answer["total"])
    if answer["total"] > CASES_IN_A_FILE:
        most = form.number(CASES_IN_A_FILE, view.texts.language)
        note = f"{note} · {view.text('file_is_cut', most=most)}"
    st.html(heading(view.text(view.of), note))
    if view.having:
        removes = (
            link(
                link_to({key: None}),
                f"✕ {view.text('remove', name=view.text(f'by.{key}'))}: {_value_name(view, key, value)}",
            )
            for key, value in view.having.items()
        )
        st.html(f'<p class="filters">{" ".join(removes)}</p>')
    if not cases:
        st.html(quiet(view.text("cases_empty")))
        return
    rows = blocks.dossier_rows if view.of == "dossiers" else blocks.rating_rows
    st.html(rows(cases, view.units, link_to, view.texts))
    view.download(path, {**asked, "limit": CASES_IN_A_FILE}, view.of)


def _value_name(view: View, key: str, value: str) -> str:
    return view.part_of_time(key, value) if key in TIMES else value


def _cases_word(view: View) -> Any:
    return lambda state: view.text("only_late" if state == "overdue" else "all_cases")


def _timeline(view: View, code: str) -> None:
    close = link(link_to({"dossier": None}), f"✕ {view.text('close')}")
    try:
        shown = blocks.timeline(ask(path_of_dossier(code)), view.units, view.texts)
    except NoAnswerError as error:
        unknown = error.reason == "not_there"
        shown = quiet(view.text("unknown_dossier", dossier=code) if unknown else error.words(view.texts))
    st.html(shown + close)


def _choose_indicator(texts: Texts) -> str:
    known = catalogue().indicators

    def words(code: str) -> str:
        return f"{known[code].name_in(texts.language)} · {code}"

    return choose_option("id", texts("inspector.indicator"), list(known), FIRST_INDICATOR, words, width=420)


def _choose_period(texts: Texts) -> dict[str, str]:
    """``from`` and ``to`` as the address has them; today when it has none."""
    named = _periods(_today())
    current = (st.query_params.get("from", ""), st.query_params.get("to", ""))
    found = {"..".join(span): name for name, span in reversed(named.items())}
    key = "..".join(current)
    options = list(dict.fromkeys([*reversed(found), key]))

    def words(option: str) -> str:
        if option in found:
            return texts(f"inspector.periods.{found[option]}")
        since, _, until = option.partition("..")
        return texts("inspector.from_to", **{"from": since, "to": until or "…"})

    def keep() -> None:
        since, _, until = str(st.session_state["choice_period"]).partition("..")
        put_in_address("from", since)
        put_in_address("to", until)

    st.session_state["choice_period"] = key
    st.selectbox(
        texts("period"),
        options,
        format_func=words,
        label_visibility="collapsed",
        width=180,
        key="choice_period",
        on_change=keep,
    )
    return {name: value for name, value in zip(("from", "to"), current, strict=True) if value}


def _periods(today: date) -> dict[str, tuple[str, str]]:
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
    try:
        return form.instant(ask("/v1/freshness")["now"]).date()
    except NoAnswerError:
        return date.today()  # noqa: DTZ011 no figure depends on it


def _to_supervisor(unit: str) -> str:
    kept = {name: st.query_params[name] for name in ("lang", "from") if name in st.query_params}
    return "/?" + urlencode({"unit": unit, **kept})
