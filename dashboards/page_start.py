"""How every page begins: its language, title and looks."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboards.page_texts import Texts, texts_in

STYLE = Path(__file__).with_name("page_style.css")


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
