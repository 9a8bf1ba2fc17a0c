"""Tablets that nobody taps though people are served there, those without a heartbeat, and those whose browser keeps no
ratings.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards.answers.counters import Tablet, Tablets
from dashboards.pages.parts.html import Html
from dashboards.pages.parts.questions import Answer, Question, Units, View
from dashboards.pages.parts.units import unit_name
from dashboards.pages.supervisor.acknowledge import Acknowledgements, open_first
from dashboards.pages.supervisor.warned import Place, warned_list
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts

QUESTION: Question[Tablets] = Question("/v1/tablets", every_s=5.0)


def draw(view: View, answer: Answer[Tablets], acknowledgements: Acknowledgements) -> None:
    """The silent tablets; nothing without any."""
    tablets = answer.data["tablets"] if answer.data else []
    silent = [tablet for tablet in tablets if tablet["silent"] or tablet["storage_fault"]]
    if silent:
        st.html(silent_list(silent, view.units, acknowledgements, view.texts))


def silent_list(tablets: Sequence[Tablet], units: Units, acknowledgements: Acknowledgements, texts: Texts) -> Html:
    """Each with what it lacks; those that nobody has acknowledged before the others. Pure.

    A tablet that showed life after its acknowledgement is silent anew.
    """
    ordered = open_first(tablets, lambda tablet: acknowledgements.of(tablet["unit"], "silent", _last_life(tablet)))
    entries = [
        Place(
            f"{unit_name(tablet['unit'], units, texts)}, {tablet['device']}",
            "; ".join([*_lacks(tablet, texts), *_vitals(tablet, texts)]),
            acknowledgements.mark(tablet["unit"], "silent", _last_life(tablet)),
        )
        for tablet in ordered
    ]
    return warned_list(texts("silent"), entries, texts)


def _last_life(tablet: Tablet) -> str | None:
    """The last of what is missed now: a tap, a heartbeat."""
    missed = [(tablet["untapped"], tablet["last_tap_at"]), (tablet["unseen"], tablet["last_seen_at"])]
    return max((at for is_missed, at in missed if is_missed and at), key=form.instant, default=None)


def _lacks(tablet: Tablet, texts: Texts) -> list[str]:
    lacks = []
    if tablet["untapped"]:
        served = form.number(tablet["served_since"], texts.language)
        lacks.append(texts("silent_served", served=served, at=_minute(tablet["last_tap_at"], texts)))
    if tablet["unseen"]:
        lacks.append(texts("silent_unseen", at=_minute(tablet["last_seen_at"], texts)))
    return lacks


def _minute(instant: str | None, texts: Texts) -> str:
    return f"{form.instant(instant):%d/%m %H:%M}" if instant else texts("silent_never")


def _vitals(tablet: Tablet, texts: Texts) -> list[str]:
    """The parts of the newest heartbeat that help whoever goes there."""
    vitals = []
    if tablet.get("storage_fault"):
        vitals.append(texts("tablet_keeps_nothing"))
    if tablet["battery_percent"] is not None:
        vitals.append(
            texts("tablet_charging" if tablet["charging"] else "tablet_battery", percent=tablet["battery_percent"])
        )
    if tablet["waiting"]:
        minutes = (tablet["oldest_unsent_s"] or 0) // 60
        vitals.append(texts("tablet_waiting", count=form.number(tablet["waiting"], texts.language), minutes=minutes))
    return vitals
