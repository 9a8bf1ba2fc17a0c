"""The inspector's page in a real browser: from a red unit to the evidence in three clicks, each number recounted."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import open_page
from tests.support import Stack, event, rating, unit
from warehouse.client import connect

pytestmark = [pytest.mark.stack, pytest.mark.browser]

ROOT, GOOD, POOR, FEW = "IP", "IP.1", "IP.2", "IP.3"
SOURCE = "test/inspector"
SPAN = "from=2026-03-02&to=2026-03-03"


def dossiers(point: str, cases: int, late: int) -> Iterator[dict[str, Any]]:
    """Dossiers that ended on the day, the first of them a day after their appointment."""
    for n in range(cases):
        code, due = f"{point}-{n:03}", "2026-02-27" if n < late else "2026-03-02"
        details = {
            "procedure": "1.000111" if n < late or n % 2 else "1.000222",
            "counter": f"{point}.Q{1 + n % 2}",
            "staff": f"CB{n % 2}",
            "channel": "direct",
            "due_at": f"{due}T16:00:00+07:00",
        }
        for kind, at, data in (("accepted", f"{due}T08:00", details), ("completed", "2026-03-02T11:00", {})):
            body = event(f"dossier.{kind}", code, f"{at}:00+07:00", unit=point, source=SOURCE)
            yield body | {"data": body["data"] | data}


@pytest.fixture(scope="module")
def city(stack: Stack) -> Stack:
    """Three points: 40 of 40 in time, 28 of 40, and one with nine dossiers; the poor one was rated as well."""
    events = [unit(ROOT, level="branch", name_vi="Chi nhánh thanh tra")]
    events += [unit(point, ROOT, name_vi=f"Phường {point}") for point in (GOOD, POOR, FEW)]
    for point, cases, late in ((GOOD, 40, 0), (POOR, 40, 12), (FEW, 9, 0)):
        events += dossiers(point, cases, late)
    for n in range(20):
        comment = {"comment": "chờ lâu <b>quá</b>, gọi 0912345678"} if n == 0 else {}
        at = f"2026-03-02T09:{n:02}:00+07:00"
        events.append(rating(POOR, at, 1 if n < 15 else 4, str(n), counter=f"{POOR}.Q1", source=SOURCE, **comment))
    assert stack.send(events) == []
    stack.wait_stored(SOURCE, 2 * 89 + 20)
    return stack


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with open_page(browser) as page:
        yield page


def open_at(page: Page, city: Stack, query: str) -> None:
    page.goto(f"{city.settings.dashboards_url}/inspector?{query}&{SPAN}")
    expect(page.locator("h1")).to_be_visible()


def count_late(city: Stack) -> dict[str, int]:
    """Dossiers late by their own events, read from raw rows alone."""
    bodies = connect(city.settings).query(
        "SELECT body FROM events FINAL WHERE source = {source:String} AND startsWith(type, 'dossier.')",
        parameters={"source": SOURCE},
    )
    due: dict[str, str] = {}
    ended: dict[str, str] = {}
    for (body,) in bodies.result_rows:
        stored = json.loads(body)
        if stored["type"] == "dossier.accepted":
            due[stored["subject"]] = stored["data"]["due_at"]
        else:
            ended[stored["subject"]] = stored["time"]
    late = [code for code, day in due.items() if ended[code][:10] > day[:10]]
    return {point: sum(code.startswith(f"{point}-") for code in late) for point in (GOOD, POOR, FEW)}


def test_three_clicks_lead_from_a_red_unit_to_what_happened_to_a_dossier(page: Page, city: Stack) -> None:
    assert count_late(city) == {GOOD: 0, POOR: 12, FEW: 0}
    open_at(page, city, f"unit={ROOT}&id=Q766_2_1")
    ranked = page.locator("table.ranking tbody tr")
    expect(ranked).to_have_count(3)
    # The worst first, with its interval's better end; nine cases come last and show nothing.
    assert [row.locator("th").inner_text() for row in ranked.all()] == [f"Phường {code}" for code in (POOR, GOOD, FEW)]
    assert "70" in ranked.nth(0).inner_text()
    assert "—" in ranked.nth(2).inner_text()

    ranked.nth(0).get_by_role("link").click()
    expect(page.locator(".card .value")).to_contain_text("70")
    parts = page.locator("table.parts", has_text="Theo thủ tục").locator("tbody tr")
    # Twelve of the 26 of one procedure were late, none of the other's fourteen.
    expect(parts.nth(0)).to_contain_text("1.000111")
    assert re.search(r"53[,.]85", parts.nth(0).inner_text())

    parts.nth(0).get_by_role("link").click()
    cases = page.locator("table.cases tbody tr")
    expect(cases).to_have_count(12)
    expect(page.locator("h2", has_text="12 trong 12")).to_be_visible()
    assert "procedure=1.000111" in page.url

    cases.nth(0).get_by_role("link").click()
    steps = page.locator("table.timeline tbody tr")
    expect(steps).to_have_count(2)
    expect(steps.nth(1)).to_contain_text("dossier.completed")

    page.go_back()
    expect(page.locator("table.timeline")).to_have_count(0)
    expect(cases).to_have_count(12)
    page.go_forward()
    expect(steps).to_have_count(2)


def test_the_file_has_the_cases_of_the_screen(page: Page, city: Stack) -> None:
    open_at(page, city, f"unit={POOR}&id=Q766_2_1&procedure=1.000111")
    cases = page.locator("table.cases tbody tr")
    expect(cases).to_have_count(12)
    with page.expect_download() as started:
        page.get_by_role("button", name="Tải CSV").last.click()
    rows = list(csv.DictReader(io.StringIO(started.value.path().read_text("utf-8-sig"))))
    assert [row["dossier"] for row in rows] == [case.locator("th").inner_text() for case in cases.all()]


def test_a_figure_of_ratings_leads_to_what_citizens_wrote_masked(page: Page, city: Stack) -> None:
    open_at(page, city, f"unit={POOR}&id=SAT_CSAT")
    expect(page.locator(".card .value")).to_contain_text("25")
    expect(page.locator("table.cases tbody tr")).to_have_count(20)
    written = page.locator("table.cases", has_text="chờ lâu")
    expect(written).to_have_count(1)
    assert "0912345678" not in written.inner_text()
    assert "<b>quá</b>" in written.inner_text(), "what a citizen wrote is text, never markup"


def test_a_point_is_ranked_among_all_of_its_level(page: Page, city: Stack) -> None:
    open_at(page, city, f"unit={POOR}&id=Q766_2_1")
    own = page.locator("table.ranking tr.own")
    expect(own).to_have_count(1)
    expect(own).to_contain_text(f"Phường {POOR}")
    assert page.locator("table.ranking tbody tr").count() >= 3


def test_the_page_shows_how_a_figure_is_made(page: Page, city: Stack) -> None:
    open_at(page, city, f"unit={POOR}&id=SAT_CSAT&lang=en")
    definition = page.locator("dl.made")
    expect(definition).to_contain_text("satisfied / answered")
    expect(definition).to_contain_text("hailong verify --from 2026-03-02 --to 2026-03-02")


def test_hours_and_weekdays_lead_to_their_cases_and_back(page: Page, city: Stack) -> None:
    open_at(page, city, f"unit={POOR}&id=SAT_CSAT")
    page.get_by_role("link", name="Theo giờ và thứ").click()
    hours = page.locator("table.parts", has_text="Theo giờ").locator("tbody tr")
    expect(hours).to_have_count(1)
    expect(hours.first).to_contain_text("09 giờ")
    expect(page.locator("table.parts", has_text="Theo thứ").locator("tbody th")).to_have_text(["Thứ hai"])
    with page.expect_download() as started:
        page.get_by_role("button", name="Tải CSV").nth(1).click()
    (row,) = csv.DictReader(io.StringIO(started.value.path().read_text("utf-8-sig")))
    assert (row["part"], row["n"], row["value"]) == ("09", "20", "25.0")
    hours.first.get_by_role("link").click()
    expect(page.locator(".filters")).to_contain_text("Theo giờ: 09 giờ")
    assert "look=times" in page.url
    assert "hour=09" in page.url
    page.go_back()
    expect(page.locator(".filters")).to_have_count(0)
    page.go_back()
    expect(page.locator("table.parts", has_text="Theo quầy")).to_be_visible()


def test_the_page_compares_with_the_period_before_and_with_the_mix_of_procedures_in_plain_words(
    page: Page, city: Stack
) -> None:
    open_at(page, city, f"unit={POOR}&id=Q766_2_1&look=compared")
    expect(page.locator("table.compared tbody tr")).to_have_count(2)
    # On the day before nothing had ended, and 28 dossiers were open and in time.
    expect(page.locator("p.recount")).to_contain_text("điểm phần trăm")
    expect(page.locator("table.compared")).to_contain_text("01/03/2026 00:00 – 02/03/2026 00:00")
    page.get_by_role("link", name="Cơ cấu thủ tục").click()
    expect(page.locator("p.recount")).to_contain_text("Thấp hơn mức mà cơ cấu thủ tục giải thích được.")
    first = page.locator("table.mix tbody tr").first
    expect(first).to_contain_text("1.000111")
    expect(first).to_contain_text("65,00 %")


def test_a_figure_is_recounted_from_raw_events_at_the_touch_of_a_button(page: Page, city: Stack) -> None:
    open_at(page, city, f"unit={POOR}&id=Q766_2_1")
    page.get_by_role("button", name="Đếm lại ngay từ sự kiện gốc").click()
    verdict = page.locator("p.recount")
    expect(verdict).to_contain_text("Hai số bằng nhau.")
    # 40 dossiers of two events each; reference events beside them.
    assert int(re.findall(r"Đếm lại từ ([\d.]+) sự kiện", verdict.inner_text())[0].replace(".", "")) >= 80
    served, recounted = (page.locator(f"table.recount td:nth-of-type({n})").all_inner_texts() for n in (1, 2))
    assert served == recounted
    assert served[:2] == ["28", "40"]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("unit=NONE", "NONE"),
        (f"unit={POOR}&dossier=NO-SUCH", "NO-SUCH"),
        (f"unit={FEW}&id=SAT_CSAT", "Không có trường hợp"),
    ],
)
def test_a_sentence_stands_for_a_missing_unit_dossier_or_figure(page: Page, city: Stack, query: str, text: str) -> None:
    open_at(page, city, query)
    expect(page.get_by_text(text).first).to_be_visible()
