"""Every page for citizens and the supervisor's figures through axe: no serious or critical finding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

from contract.links.rating import RatingLink
from runtime.settings import Settings
from tests.support import Stack, free_port, rating, unit, wait_until
from tests.tablet import SET_UP, PageServer, set_up, tap

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
KEY = "secret-key"
GRAVE = {"serious", "critical"}
LINK = RatingLink(unit="H26.A11Y", dossier="D-1", last_day=datetime.now(UTC).date() + timedelta(days=9))

pytestmark = pytest.mark.browser


def grave_findings(page: Page, within: str = "html") -> list[str]:
    """The serious and critical findings of axe, each with its elements."""
    page.evaluate(AXE)
    violations = page.evaluate("(within) => axe.run(within, {resultTypes: ['violations']})", within)["violations"]
    return [
        f"{violation['id']}: {[node['target'] for node in violation['nodes']]}"
        for violation in violations
        if violation["impact"] in GRAVE
    ]


@pytest.mark.parametrize("faces", [3, 4, 5])
def test_the_tablets_question(page: Page, faces: int) -> None:
    set_up(page, SET_UP.replace("#", f"&faces={faces}#"))
    assert grave_findings(page) == []


def test_the_tablets_thanks_and_reasons(page: Page) -> None:
    page.clock.install()
    set_up(page)
    tap(page, "Rất không hài lòng")
    assert grave_findings(page) == []
    page.clock.run_for(2_100)
    expect(page.get_by_role("button", name="Bỏ qua")).to_be_visible()
    page.get_by_role("button", name="Chờ quá lâu").tap()
    assert grave_findings(page) == []
    page.get_by_role("button", name="Chờ quá lâu").tap()
    page.clock.run_for(25_100)
    expect(page.get_by_role("alert")).to_be_visible()
    assert grave_findings(page) == []


def test_the_tablets_health_and_set_up(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading")).to_be_visible()
    assert grave_findings(page) == []
    set_up(page)
    page.goto("/?health")
    expect(page.locator("dl")).to_be_visible()
    assert grave_findings(page) == []


@pytest.fixture
def pages() -> Iterator[PageServer]:
    own, ingest = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    server = PageServer(Settings(feedback_url=own, ingest_url=ingest, api_key=SecretStr(KEY)))
    server.start()
    yield server
    server.stop()


def test_the_form_for_phones_and_its_ends(browser: Browser, pages: PageServer) -> None:
    site = pages.settings.feedback_url
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(LINK.address(site, KEY))
    assert grave_findings(page) == []
    page.get_by_label("Hài lòng", exact=True).check()
    page.get_by_role("button", name="Gửi đánh giá").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert grave_findings(page) == []
    for address in (LINK.address(site, KEY) + "/thanks", f"{site}/r/forged"):
        page.goto(address)
        assert grave_findings(page) == []
    page.close()


@pytest.mark.stack
def test_the_supervisors_board(browser: Browser, stack: Stack) -> None:
    now = datetime.now(UTC).isoformat()
    taps = [rating("A11Y", now, 1, key=uuid4().hex, reasons=["insulted"]) for _ in range(12)]
    assert stack.send([unit("A11Y"), *taps]) == []
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{stack.settings.dashboards_url}/?unit=A11Y")
    expect(page.locator(".latest.severe li").first).to_be_visible(timeout=30_000)
    for part in (".st-key-state", ".st-key-board"):
        assert grave_findings(page, part) == []
    page.close()


@pytest.mark.stack
def test_the_inspectors_page(browser: Browser, stack: Stack) -> None:
    now = datetime.now(UTC).isoformat()
    details = {"counter": "Q1", "source": "test/a11y"}
    taps = [rating("A11Y2", now, 1 + 3 * (n % 2), key=uuid4().hex, **details) for n in range(12)]
    assert stack.send([unit("A11Y2"), *taps]) == []
    stack.wait_stored("test/a11y", 12)
    wait_until(lambda: any(row["unit"] == "A11Y2" for row in stack.get("/v1/units")["units"]), 20)
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{stack.settings.dashboards_url}/inspector?unit=A11Y2")
    expect(page.locator("table.cases tbody tr").first).to_be_visible(timeout=30_000)
    for part in ("table.ranking", "table.parts", "table.cases", "dl.made", ".card"):
        assert grave_findings(page, part) == []
    page.close()
