"""The supervisor's page."""

import streamlit as st

st.title("hailong")
