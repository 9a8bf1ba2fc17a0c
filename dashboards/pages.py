"""The pages of one Streamlit (``hailong dashboards``): the supervisor's at the root, the inspector's beside it."""

from __future__ import annotations

import streamlit as st

from dashboards import inspector, supervisor

st.navigation(
    [
        st.Page(supervisor.draw, title="hailong", url_path="supervisor", default=True),
        st.Page(inspector.draw, title="hailong", url_path="inspector"),
    ],
    position="hidden",
).run()
