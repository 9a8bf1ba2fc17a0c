"""The supervisor's page: whether anyone is in trouble, the headline figures, the last hour. New every second.

The address holds what is looked at:
``?unit=H26.66.01&from=2026-11-20&lang=en``.
The page computes no figure: all come from the read API, with their n, target and interval.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import streamlit as st

from contract.indicators.catalogue import catalogue
from dashboards.pages.parts.selectors import choose_language, choose_period, choose_unit, link_to
from dashboards.pages.parts.start import begin, guarded
from dashboards.pages.supervisor import blocks, chart, lists
from dashboards.pages.supervisor.acknowledge import draw_form
from dashboards.pages.supervisor.care import Care
from dashboards.pages.supervisor.feed import Answer, Feed, Shape
from dashboards.pages.supervisor.trouble import LEVELS, WATCHED, any_figure, in_trouble, nobody_cares_first
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from runtime.settings import Settings

# A tap must be seen within two seconds, of which storing it takes about one.
REFRESH_S = 0.7
QUICK_S, DOSSIERS_S, SLOW_S, TREE_S, LASTING_S = 0.3, 3.0, 5.0, 30.0, 300.0
HEADLINE = (
    "SAT_CSAT",
    "OPS_WAIT_AVG",
    "Q766_2_1",
    "TIM_OVERDUE_RATE",
    "TIM_DUE_SOON",
    "ONL_DOSSIER_RATE",
    "SUP_GT1_RATE",
    "DQ_FRESH",
)
FURTHER = {"OPS_WAIT_AVG": "OPS_WAIT_P90"}
# Taps and tickets change by the second; figures of dossiers cost more to count and change by the minute.
QUICK = ("SAT_CSAT", "OPS_WAIT_AVG", "OPS_WAIT_P90", "DQ_FRESH")
OF_DOSSIERS = tuple(name for name in HEADLINE if name not in QUICK)
HEATS = ("SAT_CSAT", "OPS_WAIT_AVG")
LATEST_SHOWN, SEVERE_READ = 10, 100
RATINGS_AN_HOUR = 10_000


@st.cache_resource
def feed() -> Feed:
    """One connection to the read API for all who look."""
    return Feed(Settings().api_url)


class View:
    """What one viewer looks at, and the questions that this raises."""

    def __init__(self, unit: str, start: str, texts: Texts, units: dict[str, dict[str, Any]]) -> None:
        self.unit = unit
        self.texts = texts
        self.units = units
        self.parameters = {"unit": unit, **({"from": start} if start else {})}
        self.start = start

    def ask(
        self, name: str, path: str, every_s: float, shape: Shape = dict, **parameters: str | int
    ) -> tuple[str, ...]:
        """Have a question asked; gives the name under which its answer is found."""
        key = (name, self.unit, self.start)
        feed().ask(key, path, {**self.parameters, **parameters}, every_s, shape)
        return key


@guarded
def draw() -> None:
    """Draw the page once; its live part draws itself again each second."""
    texts = begin("title")
    feed().ask(("units",), "/v1/units", {}, TREE_S)
    feed().ask(("freshness",), "/v1/freshness", {}, QUICK_S)
    tree, freshness = feed().latest(("units",)).data, feed().latest(("freshness",)).data
    units = {unit["unit"]: unit for unit in tree["units"]} if tree else {}
    with st.container(horizontal=True, key="top", vertical_alignment="center"):
        st.html(f"<h1>{texts('title')}</h1>", width="content")
        unit = choose_unit(units, texts)
        start = choose_period(freshness, texts)
        choose_language(texts)
        inspector = "inspector" + link_to({"unit": unit})
        st.html(blocks.link(inspector, texts("inspector.go_inspector")), width="content")
    draw_form(units, texts)
    live(View(unit, start, texts, units))


@st.fragment(run_every=REFRESH_S)
@guarded
def live(view: View) -> None:
    """Everything that moves."""
    feed().ask(("freshness",), "/v1/freshness", {}, QUICK_S)
    if not view.units:
        feed().ask(("units",), "/v1/units", {}, QUICK_S)
        if feed().latest(("units",)).data:
            st.rerun()
    quick = view.ask("quick", "/v1/indicators", QUICK_S, ids=",".join(QUICK))
    of_dossiers = view.ask("dossiers", "/v1/indicators", DOSSIERS_S, ids=",".join(OF_DOSSIERS))
    latest = view.ask("latest", "/v1/ratings", QUICK_S, limit=LATEST_SHOWN)
    severe = view.ask("severe", "/v1/ratings", DOSSIERS_S, limit=SEVERE_READ, severe="true")
    waiting = view.ask("waiting", "/v1/waiting", DOSSIERS_S)
    tablets = view.ask("tablets", "/v1/tablets", SLOW_S)
    lasting = view.ask("lasting", "/v1/warnings", LASTING_S)
    said = feed().latest(view.ask("care", "/v1/acknowledgements", DOSSIERS_S)).data
    care = Care(said["acknowledgements"] if said else (), link_to, view.texts)
    rankings = [
        view.ask(f"ranking {level}", "/v1/ranking", SLOW_S, level=level, ids=",".join(WATCHED)) for level in LEVELS
    ]
    freshness = feed().latest(("freshness",), at_once=True)
    figures = feed().latest(quick, at_once=True)
    rankings_found = [feed().latest(ranking) for ranking in rankings]
    severe_found = feed().latest(severe)
    _state(view, freshness, figures, rankings_found, severe_found)
    if figures.problem in ("unknown_unit", "bad_period") or (figures.data is None and figures.problem):
        return
    with st.container(key="board"):
        with st.container(key="left"):
            with st.container(key="troubles"):
                _troubles(view, rankings_found, severe_found, care)
                _standstill(view, feed().latest(tablets), feed().latest(lasting), care)
            with st.container(key="latest"):
                _latest(view, feed().latest(latest, at_once=True))
        with st.container(key="right"):
            with st.container(key="headline"):
                _cards(view, figures, feed().latest(of_dossiers))
            with st.container(key="waiting"):
                _waiting(view, feed().latest(waiting))
            with st.container(key="hour"):
                _last_hour(view, freshness)
            with st.container(key="heat"):
                _heat(view)


def _state(view: View, freshness: Answer, figures: Answer, rankings: list[Answer], severe: Answer) -> None:
    texts = view.texts
    away = freshness.problem is not None or figures.problem == "away"
    answers = [answer.data for answer in rankings if answer.data]
    troubles = in_trouble(answers) if len(answers) == len(rankings) else None
    nothing = figures.data is None and figures.problem is not None
    with st.container(key="state", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        if not nothing:
            st.html(blocks.verdict(troubles, any_figure(answers), _any(severe), texts), width="content")
        st.html(blocks.clock_line(freshness.data, away, texts), width="content")
    with st.container(key="banner"):
        home = link_to({"unit": None, "from": None})
        if figures.problem == "unknown_unit":
            words = texts("unknown_unit", unit=view.unit)
            st.html(blocks.banner(words, home, texts("back_to_start")))
        elif figures.problem == "bad_period":
            words = texts("bad_period", **{"from": view.start})
            st.html(blocks.banner(words, home, texts("back_to_start")))
        elif away:
            st.html(blocks.banner(_away(figures, texts)))


def _any(ratings: Answer) -> bool:
    return bool(ratings.data and ratings.data["ratings"])


def _away(answer: Answer, texts: Texts) -> str:
    at = _held_at(answer)
    return texts("away", at=at) if at else texts("away_at_first")


def _held_at(answer: Answer) -> str:
    return f"{form.instant(answer.data.get('to') or answer.data['at']):%H:%M}" if answer.data else ""


def _heading(words: str, answer: Answer, texts: Texts, note: str = "") -> None:
    problem = texts("stale_block", at=_held_at(answer)) if answer.problem and answer.data else ""
    st.html(blocks.heading(words, note, problem))


def _troubles(view: View, rankings: list[Answer], severe: Answer, care: Care) -> None:
    texts = view.texts
    answers = [answer.data for answer in rankings if answer.data]
    oldest = next((answer for answer in rankings if answer.problem), rankings[0])
    _heading(texts("trouble"), oldest, texts, texts("trouble_note"))
    found = nobody_cares_first(in_trouble(answers), care.latest)
    if severe.data and _any(severe):
        st.html(lists.severe_list(severe.data["ratings"], severe.data["total"], view.units, care, texts))
    if found:
        st.html(lists.trouble_list(found, view.units, care, link_to, texts))
    elif len(answers) < len(rankings):
        st.html(blocks.quiet(texts("away_at_first" if oldest.problem else "loading")))
    else:
        st.html(blocks.quiet(texts("trouble_none" if any_figure(answers) else "trouble_no_figures")))


def _standstill(view: View, tablets: Answer, lasting: Answer, care: Care) -> None:
    """What nobody notices because nothing happens: tablets that nobody taps, and misses that last for days."""
    texts = view.texts
    listed = tablets.data["tablets"] if tablets.data else []
    silent = [tablet for tablet in listed if tablet["silent"] or tablet["storage_fault"]]
    if silent:
        st.html(lists.silent_list(silent, view.units, care, texts))
    if lasting.data and lasting.data["warnings"]:
        st.html(lists.lasting_list(lasting.data["warnings"], view.units, care, texts))


def _cards(view: View, quick: Answer, of_dossiers: Answer) -> None:
    texts = view.texts
    _heading(texts("headline"), quick if quick.problem else of_dossiers, texts)
    figures = {
        figure["id"]: figure for answer in (quick, of_dossiers) if answer.data for figure in answer.data["indicators"]
    }
    if not figures:
        st.html(blocks.quiet(texts("loading")))
        return
    with st.container(key="cards"):
        for name in HEADLINE:
            with st.container(key=name):
                if name in figures:
                    st.html(blocks.card(figures[name], figures.get(FURTHER.get(name, "")), texts))
                else:
                    st.html(blocks.quiet(texts("loading")))
            if name == "SAT_CSAT" and name in figures:
                with st.container(key="answered"):
                    st.html(blocks.answered_card(figures[name], texts))


def _waiting(view: View, answer: Answer) -> None:
    texts = view.texts
    age = form.data_age(answer.data["age_s"], texts)[1] if answer.data else ""
    _heading(texts("waiting.title"), answer, texts, age)
    if answer.data is None:
        st.html(blocks.quiet(texts("away_at_first" if answer.problem else "loading")))
    else:
        st.html(lists.waiting_table(answer.data, view.units, link_to, texts))


def _last_hour(view: View, freshness: Answer) -> None:
    texts = view.texts
    if freshness.data is None:
        st.html(blocks.heading(texts("last_hour")) + blocks.quiet(texts("loading")))
        return
    now = form.instant(freshness.data["now"])
    hour = now.replace(minute=0, second=0, microsecond=0)
    ends = (now + timedelta(seconds=1)).isoformat()
    past: dict[str, str | int] = {"from": chart.first_bin(now).isoformat(), "to": ends, "limit": RATINGS_AN_HOUR}
    shape = partial(chart.last_hour, texts=texts)
    ratings = feed().latest(view.ask(f"hour {texts.language}", "/v1/ratings", SLOW_S, shape, **past))
    series = feed().latest(view.ask("series", "/v1/series", SLOW_S, dict, **{"from": hour.isoformat(), "to": ends}))
    _heading(texts("last_hour"), ratings, texts)
    if series.data is not None:
        rows = series.data["series"]
        begins = form.instant(series.data["from"])
        st.html(blocks.queue_line(rows[-1] if rows else None, f"{begins:%H:%M}", _held_at(series), texts))
    if ratings.data is None:
        st.html(blocks.quiet(texts("away_at_first" if ratings.problem else "loading")))
        return
    answers = {name: ratings.data[name] for name in ("satisfied", "dissatisfied")}
    if not any(answers.values()):
        st.html(blocks.quiet(texts("chart_empty")))
        return
    st.html(chart.legend(texts))
    st.vega_lite_chart(
        ratings.data["bins"],
        chart.spec(texts),
        height=175,
        theme=None,
        key="hour_chart",
        alt=texts("chart_alt", **answers),
    )


def _heat(view: View) -> None:
    texts = view.texts
    wanted = st.query_params.get("heat")
    chosen = wanted if wanted in HEATS else HEATS[0]
    answer = feed().latest(view.ask(f"heat {chosen}", "/v1/heat", SLOW_S, id=chosen))
    note = texts("heat_note") if answer.data else ""
    _heading(texts("heat"), answer, texts, note)
    # Links, because a list that drops down would close at each refresh.
    st.html(blocks.choice({name: (texts(f"heats.{name}"), link_to({"heat": name})) for name in HEATS}, chosen))
    if answer.data is None:
        st.html(blocks.quiet(texts("heat_too_long" if answer.problem == "bad_period" else "loading")))
    elif not answer.data["cells"]:
        st.html(blocks.quiet(texts("heat_empty")))
    else:
        measure = catalogue().indicators[chosen].unit
        st.html(blocks.heat_table(answer.data, view.units, measure, lambda code: link_to({"unit": code}), texts))


def _latest(view: View, answer: Answer) -> None:
    texts = view.texts
    _heading(texts("latest"), answer, texts)
    if answer.data is None:
        st.html(blocks.quiet(texts("away_at_first" if answer.problem else "loading")))
    elif not answer.data["ratings"]:
        st.html(blocks.quiet(texts("latest_empty")))
    else:
        st.html(lists.latest_list(answer.data["ratings"], view.units, texts))
