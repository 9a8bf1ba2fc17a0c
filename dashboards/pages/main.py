"""The pages of one Streamlit (``hailong dashboards``): the supervisor's at the root, the others beside it."""

from __future__ import annotations

import streamlit as st

from dashboards.pages import boards
from dashboards.pages.inspector import page as inspector
from dashboards.pages.supervisor import page as supervisor

st.navigation(
    [
        st.Page(supervisor.draw, title="hailong", url_path="supervisor", default=True),
        st.Page(inspector.draw, title="hailong", url_path="inspector"),
        st.Page(boards.draw_wall, title="hailong", url_path="wall"),
        st.Page(boards.draw_public, title="hailong", url_path="public"),
    ],
    position="hidden",
).run()
