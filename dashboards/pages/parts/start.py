"""How every page begins: its language, title and looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import streamlit as st

from dashboards.pages.supervisor.blocks import banner
from dashboards.texts.by_language import Texts, texts_in
from runtime.telemetry import log

P = ParamSpec("P")

STYLE = Path(__file__).with_name("style.css")


def begin(title: str, icon: str = "🙂") -> Texts:
    """Sets the page up under the text ``title``; the texts in the language that the address asks for."""
    texts = texts_in(st.query_params.get("lang"))
    st.set_page_config(page_title=texts(title), page_icon=icon, layout="wide", initial_sidebar_state="collapsed")
    # Screen readers choose their voice by the document's language.
    st.html(
        f"<style>{STYLE.read_text(encoding='utf-8')}</style>"
        f"<script>document.documentElement.lang = '{texts.language}'</script>",
        unsafe_allow_javascript=True,
    )
    return texts


def guarded(draw: Callable[P, None]) -> Callable[P, None]:
    """What draws a page or a part of it: of a fault who looks reads a sentence, and the log the rest."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            draw(*args, **kwargs)
        except Exception:  # noqa: BLE001 whatever it is, who looks has no use for a traceback
            log.exception("page_not_drawn", page=draw.__name__)
            st.html(banner(texts_in(st.query_params.get("lang"))("page_broken")))

    return drawn
