"""The supervisor's page in a real browser on a running stack: taps appear, nothing flickers, failures are shown."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk import open_page
from tests.support import Stack, event, rating, unit, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.browser]

ROOT, POINT = "SP", "SP.01"
ANSWERED = ".st-key-answered .value"

WATCH_FRAMES = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  main.scrollTop = 60;
  window.seen = {frames: 0, gone: 0, faded: 0, moved: 0, values: []};
  const start = main.scrollTop;
  const look = () => {
    const value = document.querySelector('.st-key-answered .value');
    const cards = document.querySelectorAll('.card').length;
    seen.frames += 1;
    seen.gone += !value || cards < 9 || !document.querySelector('.st-key-hour svg.marks, .st-key-hour canvas');
    seen.moved += main.scrollTop !== start;
    for (let part = value; part && part !== main; part = part.parentElement)
      if (getComputedStyle(part).opacity !== '1') { seen.faded += 1; break; }
    if (value && seen.values.at(-1) !== value.textContent) seen.values.push(value.textContent);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with open_page(browser, 600) as page:
        yield page


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    """A stack with one branch and its service point, at which 12 of 40 citizens were satisfied just now."""
    units = [unit(ROOT, level="branch", name_vi="Chi nhánh thử", name_en="Branch of the test"), unit(POINT, ROOT)]
    assert stack.send(units) == []
    send_taps(stack, [4] * 12 + [1] * 28)
    wait_until(lambda: len(stack.get("/v1/units")["units"]) > 1 and count_ratings(stack) >= 40, 60)
    return stack


def send_taps(stack: Stack, scores: list[int]) -> None:
    now = datetime.now(UTC).isoformat()
    assert stack.send([rating(POINT, now, score, key=uuid4().hex) for score in scores]) == []


def count_ratings(stack: Stack) -> int:
    n: int = stack.figures(ROOT, ids="SAT_CSAT")["SAT_CSAT"]["n"]
    return n


def open_at(page: Page, stack: Stack, **parameters: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in ({"unit": ROOT} | parameters).items())
    page.goto(f"{stack.settings.dashboards_url}/?{query}")


def test_taps_appear_by_themselves_without_flicker_or_lost_scroll(page: Page, office: Stack) -> None:
    open_at(page, office)
    before = count_ratings(office)
    expect(page.locator(ANSWERED)).to_have_text(str(before))
    expect(page.locator(".st-key-hour svg.marks, .st-key-hour canvas")).to_be_visible()
    page.wait_for_timeout(1_500)
    page.evaluate(WATCH_FRAMES)
    for step in range(3):
        send_taps(office, [4])
        expect(page.locator(ANSWERED)).to_have_text(str(before + step + 1))
    seen = page.evaluate("window.seen")
    assert seen["frames"] > 20
    assert (seen["gone"], seen["faded"], seen["moved"]) == (0, 0, 0)
    assert seen["values"] == [str(before + step) for step in range(4)]


def test_the_page_shows_a_stored_tap_soon(page: Page, office: Stack) -> None:
    open_at(page, office)
    before = count_ratings(office)
    expect(page.locator(ANSWERED)).to_have_text(str(before))
    send_taps(office, [4])
    wait_until(lambda: count_ratings(office) == before + 1, 30, pause_s=0.02)
    stored = time.monotonic()
    expect(page.locator(ANSWERED)).to_have_text(str(before + 1))
    print(f"a stored tap was on the page after {time.monotonic() - stored:.2f} s")


def test_a_unit_that_surely_misses_its_target_is_named_with_its_figures(page: Page, office: Stack) -> None:
    open_at(page, office)
    expect(page.locator(".verdict")).to_contain_text("2 đơn vị cần xử lý")
    point = page.locator(".troubles > li", has_text=f"Đơn vị {POINT}")
    expect(point).to_contain_text("Người dân chưa hài lòng")
    expect(point).to_contain_text("mục tiêu ≥ 95 %")
    expect(page.locator(".st-key-SAT_CSAT .chip")).to_have_text("✗ chưa đạt")
    expect(page.locator(".latest li").first).to_contain_text(re.compile("hài lòng", re.IGNORECASE))


def test_a_severe_reason_is_before_the_supervisor_within_seconds(page: Page, office: Stack) -> None:
    open_at(page, office)
    expect(page.locator(ANSWERED)).to_be_visible()
    expect(page.locator(".latest.severe")).to_have_count(0)
    before = time.monotonic()
    tap = rating(
        POINT, datetime.now(UTC).isoformat(), 1, key=uuid4().hex, reasons=["waiting_too_long", "asked_for_money"]
    )
    assert office.send([tap]) == []
    expect(page.locator(".latest.severe li")).to_contain_text("Rất không hài lòng: Chờ quá lâu, Bị đòi thêm tiền")
    print(f"a severe reason was on the page after {time.monotonic() - before:.2f} s")


def test_a_unit_in_trouble_is_one_key_away(page: Page, office: Stack) -> None:
    open_at(page, office, lang="en")
    link = page.locator(".troubles > li > a", has_text=f"Unit {POINT}")
    link.focus()
    link.press("Enter")
    page.wait_for_url(f"**unit={POINT}*")
    expect(page.locator(".st-key-top")).to_contain_text("English")
    expect(page.locator(".st-key-SAT_CSAT .value")).to_contain_text("%")


def test_no_case_is_a_dash_with_a_reason_not_nought(page: Page, office: Stack) -> None:
    open_at(page, office)
    card = page.locator(".st-key-ONL_DOSSIER_RATE")
    expect(card.locator(".value")).to_have_text("—")
    expect(card).to_contain_text("chưa có trường hợp nào")


def test_each_choice_of_a_unit_is_kept_in_the_address(page: Page, office: Stack) -> None:
    open_at(page, office)
    for name, code in ((f"Đơn vị {POINT}", POINT), ("Chi nhánh thử", ROOT), (f"Đơn vị {POINT}", POINT)):
        # A list that is opened while the page is still being drawn is closed by it.
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        page.get_by_role("combobox").first.click()
        # The list draws only what is in view; typing brings the unit there, as a person in a hurry would.
        page.keyboard.type(name)
        page.get_by_role("option", name=name).click()
        page.wait_for_url(f"**unit={code}")
        expect(page.get_by_role("combobox").first).to_have_value(re.compile(name))


def test_english_is_one_touch_away_and_stays_in_the_address(page: Page, office: Stack) -> None:
    open_at(page, office)
    page.get_by_role("radio", name="English").click()
    page.wait_for_url("**lang=en*")
    expect(page.locator("h1")).to_have_text("One-stop services, live")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_the_page_fits_a_phone(page: Page, office: Stack) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_at(page, office)
    expect(page.locator(ANSWERED)).to_be_visible()
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"unit": "NOWHERE"}, "Không có đơn vị nào mang mã NOWHERE."),
        ({"from": "hom-qua"}, "Ngày bắt đầu không đúng: hom-qua."),
    ],
)
def test_a_wrong_address_is_explained_with_a_way_back(
    page: Page, office: Stack, parameters: dict[str, str], words: str
) -> None:
    open_at(page, office, **parameters)
    expect(page.locator(".banner")).to_contain_text(words)
    expect(page.locator(".banner a")).to_have_text("Xem toàn thành phố, hôm nay")


def test_the_last_figures_stay_under_a_banner_while_the_store_is_away(page: Page, office: Stack) -> None:
    open_at(page, office)
    expect(page.locator(ANSWERED)).to_have_text(str(count_ratings(office)))
    shown = page.locator(ANSWERED).inner_text()
    office.kill("clickhouse")
    try:
        expect(page.locator(".banner")).to_contain_text(
            re.compile(r"Mất kết nối với kho dữ liệu; số liệu lúc \d\d:\d\d")
        )
        expect(page.locator(ANSWERED)).to_have_text(shown)
    finally:
        office.revive()
    expect(page.locator(".banner")).to_have_count(0)


def test_the_hours_of_each_unit_show_where_it_turned(page: Page, office: Stack) -> None:
    open_at(page, office)
    cell = page.locator("table.heat td").last
    expect(cell).to_have_class("missed")
    expect(cell).to_contain_text("✗")
    expect(page.locator("table.heat tbody th")).to_have_text([f"Đơn vị {POINT}"])
    page.get_by_role("link", name="Chờ trung bình (phút)").click()
    expect(page.get_by_role("link", name="Chờ trung bình (phút)")).to_have_attribute("aria-current", "true")
    expect(page.locator(".st-key-heat").get_by_text("Chưa có trường hợp nào trong kỳ đang xem.")).to_be_visible()


def test_somebody_takes_care_of_it_and_everybody_sees_who(page: Page, office: Stack) -> None:
    open_at(page, office)
    point = page.locator(".troubles > li", has_text=f"Đơn vị {POINT}")
    point.get_by_role("link", name="Nhận xử lý").first.click()
    page.get_by_role("button", name="Ghi nhận").click()
    expect(page.get_by_text("Cần tên người xử lý.")).to_be_visible()
    page.get_by_label("Người xử lý").fill("Chị Lan")
    page.get_by_label("Việc đang làm").fill("mở thêm quầy, gọi 0912345678")
    page.get_by_role("button", name="Ghi nhận").click()
    expect(point.locator("span.care")).to_contain_text("Chị Lan đã nhận lúc")
    expect(point.locator("span.care")).not_to_contain_text("0912345678")
    assert "ack=" not in page.url
    [acknowledgement] = office.get("/v1/acknowledgements", unit=ROOT)["acknowledgements"]
    assert (acknowledgement["unit"], acknowledgement["about"], acknowledgement["by"]) == (POINT, "SAT_CSAT", "Chị Lan")


def test_a_severe_report_is_taken_care_of_and_the_next_one_is_open_again(page: Page, office: Stack) -> None:
    def report() -> None:
        now = datetime.now(UTC).isoformat()
        assert office.send([rating(POINT, now, 1, key=uuid4().hex, reasons=["insulted"])]) == []

    known = office.get("/v1/ratings", unit=ROOT, severe="true")["total"] + 1
    report()
    open_at(page, office)
    reports = page.locator(".latest.severe li")
    expect(reports).to_have_count(known)
    reports.first.get_by_role("link", name="Nhận xử lý").click()
    page.get_by_label("Người xử lý").fill("Anh Minh")
    page.get_by_role("button", name="Ghi nhận").click()
    expect(reports.locator("span.care", has_text="Anh Minh đã nhận lúc")).to_have_count(known)
    assert office.get("/v1/acknowledgements", unit=ROOT)["acknowledgements"][0]["about"] == "severe"
    report()
    expect(reports).to_have_count(known + 1)
    expect(reports.first.get_by_role("link", name="Nhận xử lý")).to_be_visible()
    expect(reports.locator("span.care")).to_have_count(known)


def test_the_page_shows_who_waits_now_with_the_age_of_the_data(page: Page, office: Stack) -> None:
    open_at(page, office)
    block = page.locator(".st-key-waiting")
    expect(block).to_contain_text("Không có ai đang chờ.")
    now = datetime.now(UTC)
    waits = [("W-1", 4), ("W-2", 1)]
    events = [
        event("queue.ticket_issued", code, (now - timedelta(minutes=minutes)).isoformat(), unit=POINT)
        for code, minutes in waits
    ]
    called = {"unit": POINT, "counter": f"{POINT}.Q1"}
    events += [event(f"queue.{kind}", "W-0", now.isoformat(), **called) for kind in ("ticket_issued", "called")]
    assert office.send(events) == []
    expect(block).to_contain_text(re.compile(r"2 người đang chờ, lâu nhất \d\sphút"))
    expect(block.locator("tbody tr")).to_have_count(1)
    expect(block.locator("tbody tr")).to_contain_text(f"Đơn vị {POINT}")
    expect(block).to_contain_text("dữ liệu cách đây")


def test_no_empty_stretch_stands_above_the_last_hour(page: Page, office: Stack) -> None:
    open_at(page, office)
    expect(page.locator(".st-key-heat h2")).to_be_visible()
    # A list of units in trouble as long as it can get.
    page.add_style_tag(content=".st-key-troubles { min-height: 1500px; }")
    gaps = page.evaluate(
        """() => ['headline', 'waiting', 'hour', 'heat'].map(name => document.querySelector(`.st-key-${name}`)
          .getBoundingClientRect()).map((box, n, all) => n ? Math.round(box.top - all[n - 1].bottom) : 0)"""
    )
    assert max(gaps) < 40, gaps
