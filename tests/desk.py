"""A browser page of the size of a desk's screen, with timeouts for a busy machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect

WAIT_MS = 30_000
WIDTH = 1366


@contextmanager
def open_page(browser: Browser, height: int = 768) -> Iterator[Page]:
    """An empty page of a desk's screen, closed at the end."""
    page = browser.new_page(viewport={"width": WIDTH, "height": height})
    page.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    yield page
    page.close()
