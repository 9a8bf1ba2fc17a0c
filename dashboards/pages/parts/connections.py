"""Settings and one connection to the read API, shared by all pages of the process."""

from __future__ import annotations

import streamlit as st

from dashboards.pages.parts.direct import REQUEST_TIMEOUT_S, Direct
from dashboards.pages.parts.feed import Feed
from runtime.api_client import ApiClient
from runtime.settings import Settings


def settings() -> Settings:
    """The settings of this process; Streamlit starts the pages without the command line that builds them elsewhere."""
    return Settings()


@st.cache_resource
def api() -> ApiClient:
    """The connection to the read API."""
    return ApiClient(settings().api_url, REQUEST_TIMEOUT_S)


@st.cache_resource
def feed() -> Feed:
    """Asks in the background for all who look."""
    return Feed(api())


def direct() -> Direct:
    """Asks while the page waits."""
    return Direct(api())
