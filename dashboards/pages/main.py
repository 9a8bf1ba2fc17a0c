"""The pages of one Streamlit (``hailong dashboards``): the supervisor's at the root, the others beside it.

Streamlit puts this file's folder first on ``sys.path``: nothing beside it may bear a library's name.
"""

from __future__ import annotations

import streamlit as st

from dashboards.pages import public, wall
from dashboards.pages.inspector import page as inspector
from dashboards.pages.supervisor import page as supervisor

st.navigation(
    [
        st.Page(supervisor.draw, title="hailong", url_path="supervisor", default=True),
        st.Page(inspector.draw, title="hailong", url_path="inspector"),
        st.Page(wall.draw, title="hailong", url_path="wall"),
        st.Page(public.draw, title="hailong", url_path="public"),
    ],
    position="hidden",
).run()
