"""The public page shows bands of closed months and never a number; the wallboard shows the figures of the day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from contract.indicators.indicator import Figure
from contract.indicators.public_bands import Month, band
from contract.time import VIETNAM
from tests.dashboards.pages.test_accessibility import grave_findings
from tests.desk import open_page
from tests.support import Stack, rating, unit

ROOT, POINTS = "PB", {"PB.1": (20, 20), "PB.2": (18, 20), "PB.3": (10, 20), "PB.4": (9, 9)}
SOURCE, MONTH = "test/public", "2026-03"


@pytest.mark.parametrize(
    ("value", "n", "expected"),
    [(100, 10, "good"), (95, 10, "good"), (94.99, 100, "fair"), (85, 10, "fair"), (84.99, 10, "poor"), (100, 9, None)],
)
def test_there_is_a_band_from_ten_cases_on(value: float, n: int, expected: str | None) -> None:
    assert band(Figure("ok", value, None, n, n, None)) == expected
    assert band(Figure("not_available", None, None, 0, 0, None)) is None


def test_the_last_closed_month_is_vietnams() -> None:
    assert str(Month.last_closed(datetime(2026, 1, 31, 16, 59, 59, tzinfo=UTC))) == "2025-12"
    assert str(Month.last_closed(datetime(2026, 1, 31, 17, 0, 0, tzinfo=UTC))) == "2026-01"
    assert Month(2025, 12).bounds()[1] == Month(2026, 1).bounds()[0]


@pytest.fixture(scope="module")
def city(stack: Stack) -> Stack:
    units = [unit(ROOT, level="city"), *(unit(point, ROOT, name_vi=f"Phường {point}") for point in POINTS)]
    taps = [
        rating(point, f"{MONTH}-02T09:{n:02}:00+07:00", 4 if n < good else 1, str(n), source=SOURCE)
        for point, (good, cases) in POINTS.items()
        for n in range(cases)
    ]
    assert stack.send(units + taps) == []
    stack.wait_stored(SOURCE, len(taps))
    return stack


@pytest.mark.stack
def test_bands_only_and_of_closed_months_only(city: Stack) -> None:
    answer = city.get("/v1/public", unit=ROOT, month=MONTH)
    assert {row["unit"]: row["SAT_CSAT"] for row in answer["units"]} == {
        "PB.1": "good",
        "PB.2": "fair",
        "PB.3": "poor",
        "PB.4": None,
    }
    texts = [value for row in answer["units"] for value in row.values()]
    assert not any(isinstance(value, int | float) for value in texts), "a number would tell more than the band"
    running = f"{datetime.now(VIETNAM):%Y-%m}"
    refused = httpx.get(f"{city.settings.api_url}/v1/public", params={"unit": ROOT, "month": running}, trust_env=False)
    assert refused.status_code == 422
    assert "months that are over" in json.loads(refused.text)["detail"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with open_page(browser) as page:
        yield page


@pytest.mark.stack
@pytest.mark.browser
def test_the_public_page_says_bands_in_words_and_signs(page: Page, city: Stack) -> None:
    page.goto(f"{city.settings.dashboards_url}/public?unit={ROOT}&month={MONTH}")
    rows = page.locator("table.public tbody tr")
    expect(rows).to_have_count(4)
    assert "▲ Tốt" in rows.nth(0).inner_text()
    assert "… Chưa đủ dữ liệu" in rows.nth(3).inner_text()
    assert "100" not in page.locator("table.public").inner_text()
    assert grave_findings(page, "table.public") == []


@pytest.mark.stack
@pytest.mark.browser
def test_the_wallboard_shows_the_day_of_its_unit(page: Page, city: Stack) -> None:
    now = datetime.now(UTC).isoformat()
    taps = [rating("PB.1", now, 4 if n else 1, f"wall{n}", source=f"{SOURCE}/wall") for n in range(20)]
    assert city.send(taps) == []
    page.goto(f"{city.settings.dashboards_url}/wall?unit={ROOT}")
    expect(page.locator(".wall .card").first).to_contain_text("95")
    expect(page.locator(".wall .card").first).to_contain_text("n = 20")
    assert grave_findings(page, ".wall") == []
