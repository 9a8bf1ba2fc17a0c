"""The beginning of every page: its language, title and style; and the sentence that stands for a part that failed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from dashboards.pages.parts.html import banner, page_head
from dashboards.texts.by_language import Texts, texts_in
from runtime.telemetry import log

P = ParamSpec("P")

STYLE = Path(__file__).with_name("style.css")


def begin(title: str, icon: str = "🙂") -> Texts:
    """Sets the page up under the text ``title``; returns the texts in the language that the address asks for."""
    texts = texts_in(st.query_params.get("lang"))
    st.set_page_config(page_title=texts(title), page_icon=icon, layout="wide", initial_sidebar_state="collapsed")
    st.html(page_head(STYLE.read_text(encoding="utf-8"), texts.language), unsafe_allow_javascript=True)
    return texts


def guarded(draw: Callable[P, None]) -> Callable[P, None]:
    """Wraps a function that draws a page or a part of it: on a fault the viewer reads a sentence, the log the rest."""

    @wraps(draw)
    def draw_or_apologise(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except Exception:  # noqa: BLE001 whatever it is, a viewer has no use for a traceback
            log.exception("page_not_drawn", page=draw.__name__)
            st.html(banner(texts_in(st.query_params.get("lang"))("page_broken")))

    return draw_or_apologise
