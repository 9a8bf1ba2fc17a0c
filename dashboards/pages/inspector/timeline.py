"""Everything that happened to one dossier, event by event."""

from __future__ import annotations

import json
from urllib.parse import quote

import streamlit as st

from dashboards.answers.dossiers import DossierStep, DossierSteps
from dashboards.pages.inspector.view import InspectorView, problem_text
from dashboards.pages.parts.html import Html, join, link, quiet, tag
from dashboards.pages.parts.questions import Question, Units
from dashboards.pages.parts.selectors import link_to
from dashboards.pages.parts.tables import cell, row, table
from dashboards.pages.parts.units import unit_name
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts
from dashboards.texts.plain_text import with_marks

COLUMNS = ("time", "step", "unit", "told", "recorded", "sender")


def path_of_dossier(code: str) -> str:
    """The read API's path of a dossier. Nothing in a code is read as a part of the address, dots neither."""
    return f"/v1/dossiers/{quote(code, safe='').replace('.', '%2E')}"


def draw(view: InspectorView, code: str) -> None:
    """The dossier's events, and the link that closes them."""
    question: Question[DossierSteps] = Question(path_of_dossier(code), is_general=True)
    answer = view.ask(question)
    if answer.data is not None:
        shown = timeline(answer.data, view.units, view.texts)
    elif answer.problem == "not_there":
        shown = quiet(view.text("unknown_dossier", dossier=code))
    else:
        shown = quiet(problem_text(answer, view.texts))
    st.html(join([shown, link(link_to({"dossier": None}), f"✕ {view.text('close')}")]))


def timeline(answer: DossierSteps, units: Units, texts: Texts) -> Html:
    """Every event about a dossier, as it was sent. Pure."""
    caption = texts("inspector.timeline", dossier=answer["dossier"]["dossier"])
    columns = [texts(f"inspector.{key}") for key in COLUMNS]
    return table("timeline", caption, columns, (_step(step, units, texts) for step in answer["steps"]))


def _step(step: DossierStep, units: Units, texts: Texts) -> Html:
    content = {name: value for name, value in step["data"].items() if name != "unit" and value is not None}
    retracted = f" · {texts('inspector.retracted')}" if step["retracted"] else ""
    return row(
        cell(_second(step["time"])),
        cell(tag("code", step["type"])),
        cell(unit_name(step["unit"], units, texts)),
        cell(tag("small", with_marks(json.dumps(content, ensure_ascii=False)))),
        cell(_second(step["recorded_at"])),
        cell(f"{step['source']}{retracted}"),
    )


def _second(instant: str | None) -> str:
    return f"{form.instant(instant):%d/%m/%Y %H:%M:%S}" if instant else form.NOTHING
