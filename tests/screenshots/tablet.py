"""The pictures of docs/tablet.md, one of each screen of the tablet and of the phone pages that belong to it.

Needs no stack: the pages have a server of their own, and a loopback door in ingest's place.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page
from pydantic import SecretStr

from contract.links.comment import HOLDS, CommentLink
from runtime.settings import Settings
from tests.support import free_port
from tests.tablet import Door, PageServer, until

KEY = "key-of-the-pictures"
TOKEN = "token-of-the-pictures"
DEVICE, UNIT = "TAB-BCDFGHJK", "H26.66.01.005"
SET_UP = f"/?device={DEVICE}&unit={UNIT}&counter={UNIT}.Q1&name=Phường Cửa Nam"
LYING, UPRIGHT, PHONE = (1280, 800), (800, 1280), (390, 844)
DISSATISFIED = "[data-score='2']"
COLOURS = 64
"""Enough for pages of few colours; a picture then has a quarter of its bytes."""


def tablet_pictures(browser: Browser, folder: Path) -> None:
    """Every screen as ``tablet-*.png`` and ``phone-*.png`` in ``folder``."""
    with _servers() as (door, server):
        _questions(browser, server, folder)
        _after_a_tap(browser, server, folder)
        _for_staff(browser, door, server, folder)
        _on_phones(browser, server, folder)


@contextmanager
def _servers() -> Iterator[tuple[Door, PageServer]]:
    door = Door()
    door.configuration |= {"device": DEVICE, "unit": UNIT}
    thread = threading.Thread(target=door.serve_forever)
    thread.start()
    own = f"http://127.0.0.1:{free_port()}"
    server = PageServer(Settings(feedback_url=own, ingest_url=door.url, api_key=SecretStr(KEY)))
    server.start()
    try:
        yield door, server
    finally:
        server.stop()
        door.closing.set()
        door.shutdown()
        thread.join()
        door.server_close()


@contextmanager
def _screen(browser: Browser, server: PageServer, size: tuple[int, int] = LYING) -> Iterator[Page]:
    with _context(browser, server, size) as context:
        yield context.new_page()


@contextmanager
def _context(browser: Browser, server: PageServer, size: tuple[int, int]) -> Iterator[BrowserContext]:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, has_touch=True, base_url=server.settings.feedback_url)  # type: ignore[arg-type]
    yield context
    context.close()


def _open(page: Page, options: str = "") -> None:
    page.goto(f"{SET_UP}{options}#token={TOKEN}")
    page.get_by_role("radio").first.wait_for()


def _save(page: Page, folder: Path, name: str) -> None:
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(path)


def _questions(browser: Browser, server: PageServer, folder: Path) -> None:
    layouts = {
        "tablet": ("", LYING),
        "tablet-3-faces": ("&faces=3", LYING),
        "tablet-5-faces": ("&faces=5", LYING),
        "tablet-upright": ("", UPRIGHT),
        "tablet-mirrored": ("&mirrored=1", LYING),
        "tablet-large-text": ("&large_text=1", LYING),
        "tablet-large-text-5-faces": ("&large_text=1&faces=5", LYING),
    }
    for name, (options, size) in layouts.items():
        with _screen(browser, server, size) as page:
            _open(page, options)
            _save(page, folder, name)
    with _screen(browser, server) as page:
        _open(page)
        page.get_by_role("button", name="Nghe").tap()
        page.locator(".face[data-heard]").first.wait_for()
        _save(page, folder, "tablet-listening")


def _after_a_tap(browser: Browser, server: PageServer, folder: Path) -> None:
    with _screen(browser, server) as page:
        page.clock.install()
        _open(page)
        page.locator(DISSATISFIED).tap()
        page.locator(".more").wait_for()
        _save(page, folder, "tablet-thanks")
        page.clock.run_for(2_100)
        page.locator(".reason").first.wait_for()
        _save(page, folder, "tablet-reasons")
        page.clock.run_for(30_000)
        page.get_by_role("alert").wait_for()
        _save(page, folder, "tablet-countdown")
        page.get_by_role("button", name="Tôi cần thêm thời gian").tap()
        page.get_by_role("button", name="Chờ quá lâu").tap()
        _save(page, folder, "tablet-reason-chosen")
        page.get_by_role("button", name="Xong").tap()
        page.locator(".qr").wait_for()
        _save(page, folder, "tablet-comment")


def _for_staff(browser: Browser, door: Door, server: PageServer, folder: Path) -> None:
    with _screen(browser, server) as page:
        page.goto("/")
        page.locator(".code").wait_for()
        _save(page, folder, "tablet-pairing")
    with _context(browser, server, LYING) as context:
        page = context.new_page()
        _open(page)
        page.goto("/?health")
        page.locator("dl").wait_for()
        _save(page, folder, "tablet-health")
        door.refused_units.add(UNIT)
        _rate(page)
        until(lambda: bool(door.posts), page=page)
        door.refused_units.clear()
        page.evaluate("() => navigator.serviceWorker.ready")
        context.set_offline(True)
        _rate(page)
        page.goto("/?health")
        page.locator(".quarantine").wait_for()
        _save(page, folder, "tablet-health-offline")


def _rate(page: Page) -> None:
    page.goto("/")
    page.get_by_role("radio").first.tap()
    page.locator(".thanks").wait_for()


def _on_phones(browser: Browser, server: PageServer, folder: Path) -> None:
    link = CommentLink(unit=UNIT, rating=UUID(int=7), expires_at=datetime.now(UTC) + HOLDS)
    with _screen(browser, server, PHONE) as page:
        page.goto(link.address(server.settings.feedback_url, KEY))
        _save(page, folder, "phone-comment")
        page.goto("/c/thanks")
        _save(page, folder, "phone-comment-thanks")
        page.goto("/pair?code=BCDF-GHJK")
        _save(page, folder, "phone-pairing")
        _open(page)
        _save(page, folder, "phone-question")
