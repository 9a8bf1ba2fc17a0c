"""What a tablet asks who was not satisfied, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from contract.ratings.reasons import reasons
from contract.ratings.scales import LEVELS, Scale
from tests.tablet import MM, POINT, SET_UP, Door, narrowest_gap, offline_ready, set_up, stand_still, tap, until

OFFERED = [reason.names["vi"] for reason in reasons().values() if reason.on_tablet]
QUESTION = "Vì sao ông/bà chưa hài lòng?"
THANKS_MS, IDLE_MS, COUNTDOWN_MS, AFTER_TOUCH_MS = 2_000, 25_000, 20_000, 5_000

pytestmark = pytest.mark.browser


@pytest.fixture
def reasons_page(page: Page) -> Page:
    """A tablet whose clock only we move, which asks somebody for reasons."""
    page.clock.install()
    set_up(page)
    stand_still(page)
    dissatisfied(page)
    return page


def dissatisfied(page: Page, name: str = "Không hài lòng") -> None:
    tap(page, name)
    page.clock.run_for(THANKS_MS + 100)
    expect(page.get_by_role("heading")).to_have_text(QUESTION)


def reason(page: Page, name: str) -> None:
    page.get_by_role("button", name=name).tap()


def one_rating(page: Page, door: Door) -> list[str]:
    """The reasons of the only rating that came, after the tablet went back to its question."""
    expect(page.get_by_role("radiogroup")).to_be_visible()
    until(lambda: bool(door.posts), page=page)
    page.clock.run_for(60_000)
    page.wait_for_timeout(300)
    assert len(door.ids) == 1
    reasons: list[str] | None = door.last.data.reasons
    return reasons or []


@pytest.mark.parametrize("scale", [Scale.CSAT3, Scale.CSAT4, Scale.CSAT5])
def test_only_who_is_not_satisfied_is_asked(page: Page, scale: Scale) -> None:
    page.clock.install()
    faces = LEVELS[scale].highest
    for score in range(1, faces + 1):
        set_up(page, SET_UP.replace("#", f"&faces={faces}#"))
        page.locator(f"[data-score='{score}']").tap()
        expect(page.locator(".thanks")).to_be_visible()
        page.clock.run_for(THANKS_MS + 100)
        satisfied = score >= LEVELS[scale].satisfied_from
        expect(page.get_by_role("radiogroup" if satisfied else "group")).to_be_visible()


def test_the_reasons_chosen_go_with_the_rating(reasons_page: Page, door: Door) -> None:
    assert reasons_page.locator(".reason").all_inner_texts() == OFFERED
    for name in ("Chờ quá lâu", "Bị xúc phạm", "Chờ quá lâu", "Bị đòi thêm tiền"):
        reason(reasons_page, name)
    assert door.posts == []
    reasons_page.get_by_role("button", name="Xong").tap()
    assert one_rating(reasons_page, door) == ["insulted", "asked_for_money"]
    assert (door.last.data.score, door.last.data.counter_n) == (2, 1)


def test_one_more_touch_is_enough(reasons_page: Page, door: Door) -> None:
    reason(reasons_page, "Bị đòi thêm tiền")
    reasons_page.clock.run_for(AFTER_TOUCH_MS - 500)
    expect(reasons_page.get_by_role("heading")).to_have_text(QUESTION)
    reasons_page.clock.run_for(600)
    assert one_rating(reasons_page, door) == ["asked_for_money"]


def test_skipping_sends_the_rating_as_it_was(reasons_page: Page, door: Door) -> None:
    skip, choice = (reasons_page.locator(name).first.bounding_box() for name in (".leave", ".reason"))
    assert skip
    assert choice
    assert skip["height"] >= choice["height"]
    reasons_page.get_by_role("button", name="Bỏ qua").tap()
    assert one_rating(reasons_page, door) == []


def test_who_has_gone_is_waited_for_and_warned_before_the_screen_goes_back(reasons_page: Page, door: Door) -> None:
    reasons_page.clock.run_for(IDLE_MS - 500)
    expect(reasons_page.get_by_role("heading")).to_have_text(QUESTION)
    reasons_page.clock.run_for(600)
    expect(reasons_page.get_by_role("alert")).to_have_text("Ông/bà còn ở đây không?")
    expect(reasons_page.locator(".seconds")).to_have_text(" 20")
    reasons_page.clock.run_for(COUNTDOWN_MS - 1_000)
    expect(reasons_page.locator(".seconds")).to_have_text(" 1")
    assert door.posts == []
    reasons_page.clock.run_for(1_200)
    assert one_rating(reasons_page, door) == []


def test_more_time_is_given_ten_times(reasons_page: Page, door: Door) -> None:
    for _ in range(10):
        reasons_page.clock.run_for(IDLE_MS + 15_000)
        reasons_page.get_by_role("button", name="Tôi cần thêm thời gian").tap()
        expect(reasons_page.get_by_role("heading")).to_have_text(QUESTION)
    reason(reasons_page, "Thái độ chưa tốt")
    reasons_page.get_by_role("button", name="Xong").tap()
    assert one_rating(reasons_page, door) == ["attitude"]


def test_keys_and_switches_have_the_full_time_after_a_choice(reasons_page: Page, door: Door) -> None:
    reasons_page.keyboard.press("Tab")
    expect(reasons_page.get_by_role("button", name="Nghe")).to_be_focused()
    reasons_page.keyboard.press("Tab")
    expect(reasons_page.get_by_role("button", name="Chờ quá lâu")).to_be_focused()
    reasons_page.keyboard.press("Enter")
    reasons_page.clock.run_for(AFTER_TOUCH_MS + 1_000)
    expect(reasons_page.get_by_role("button", name="Chờ quá lâu")).to_have_attribute("aria-pressed", "true")
    for _ in range(len(OFFERED)):
        reasons_page.keyboard.press("Tab")
    reasons_page.keyboard.press("Enter")
    assert one_rating(reasons_page, door) == ["waiting_too_long"]


def test_a_tablet_that_lost_power_while_it_asked_sends_the_rating_when_it_is_back(
    reasons_page: Page, door: Door
) -> None:
    reason(reasons_page, "Bị xúc phạm")
    reasons_page.reload()
    assert one_rating(reasons_page, door) == []
    assert door.last.data.score == 2


def test_a_held_rating_is_told_as_waiting(page: Page, context: BrowserContext) -> None:
    page.clock.install()
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    staff = context.new_page()
    staff.goto("/?health")
    dissatisfied(page)
    expect(staff.locator("dd[data-name=waiting]")).to_have_text("1")


def test_a_tap_kept_by_the_former_version_of_the_page_is_sent(page: Page, door: Door) -> None:
    page.goto("/icon.svg")
    page.evaluate(
        """() => new Promise((resolve) => {
            const request = indexedDB.open("hailong", 1);
            request.onupgradeneeded = () => {
                for (const [name, keyPath] of [["outbox", "id"], ["quarantine", "id"], ["counts", "name"]])
                    request.result.createObjectStore(name, { keyPath });
            };
            request.onsuccess = () => {
                const tap = {
                    specversion: "1.0", id: "0190a000-0000-7000-8000-000000000001", type: "rating.submitted",
                    source: "tablet/TAB-01", time: "2026-11-02T01:00:00Z", subject: "TAB-01",
                    data: { unit: "H26.66.01.004", channel: "tablet", scale: "csat4", score: 4 },
                };
                const put = request.result.transaction("outbox", "readwrite");
                put.objectStore("outbox").add(tap);
                put.oncomplete = () => { request.result.close(); resolve(); };
            };
        })"""
    )
    set_up(page)
    until(lambda: bool(door.posts), page=page)
    assert door.ids == ["0190a000-0000-7000-8000-000000000001"]


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600), (390, 844)])
@pytest.mark.parametrize("language", ["Tiếng Việt", "English"])
def test_reasons_are_large_enough_and_fit(page: Page, size: tuple[int, int], language: str) -> None:
    page.clock.install()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    set_up(page)
    page.get_by_role("button", name=language).click()
    page.get_by_role("radio").last.tap()
    expect(page.locator(".thanks")).to_be_visible()
    page.clock.run_for(THANKS_MS + IDLE_MS + 200)
    expect(page.get_by_role("alert")).to_be_visible()
    buttons = page.get_by_role("button")
    boxes = [box for box in (each.bounding_box() for each in buttons.all()) if box]
    assert len(boxes) == len(OFFERED) + 2
    # A telephone is held in the hand; a tablet stands where an outstretched arm reaches it.
    on_phone = size[0] < 700
    assert min(box["height"] for box in boxes) >= (20 if on_phone else 30) * MM
    assert narrowest_gap(boxes) >= (2 if on_phone else 8) * MM - 0.5
    words = buttons.evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(words) >= 22 * POINT - 0.01
    assert max(box["y"] + box["height"] for box in boxes) <= size[1]
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_page_stays_when_somebody_goes_back(page: Page) -> None:
    set_up(page)
    for _ in range(3):
        page.evaluate("() => history.back()")
        page.wait_for_timeout(100)
    expect(page.get_by_role("radiogroup")).to_be_visible()
