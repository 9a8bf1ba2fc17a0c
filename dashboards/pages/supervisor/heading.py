"""The heading of a block that refreshes: it says since when the block shows an old answer."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.pages.parts.html import heading
from dashboards.pages.parts.questions import Answer
from dashboards.texts import formats as form
from dashboards.texts.by_language import Texts


def draw_heading(text: str, answer: Answer[Any], texts: Texts, note: str = "") -> None:
    """The heading of a block that shows ``answer``."""
    problem = texts("stale_block", at=held_at(answer)) if answer.problem and answer.data else ""
    st.html(heading(text, note, problem))


def held_at(answer: Answer[Any]) -> str:
    """The time until which an answer counts, ``10:42``; empty without an answer."""
    return f"{form.instant(answer.data.get('to') or answer.data['at']):%H:%M}" if answer.data else ""
