"""A browser that keeps nothing: staff see it, the supervisor hears of it, and taps go out at once."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.tablet import SET_UP, Door, offline_ready, set_up, tap, until

pytestmark = pytest.mark.browser

REFUSED = """IDBFactory.prototype.open = function () {
  const request = { error: new DOMException("not here", "InvalidStateError") };
  setTimeout(() => request.onerror?.(new Event("error")));
  return request;
};"""
THROWS = 'IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };'
ABSENT = 'Object.defineProperty(window, "indexedDB", { value: undefined });'
SILENT = "IDBFactory.prototype.open = () => ({});"
FULL = """IDBObjectStore.prototype.add = IDBObjectStore.prototype.put = () => {
  throw new DOMException("no room", "QuotaExceededError");
};"""
NOTHING = f"""{THROWS}
for (const name of ["localStorage", "sessionStorage"]) {{
  Object.defineProperty(window, name, {{ get() {{ throw new DOMException("denied", "SecurityError"); }} }});
}}
Object.defineProperty(Navigator.prototype, "serviceWorker", {{ get() {{ throw new DOMException("denied"); }} }});"""
KINDS = {"refused": REFUSED, "throws": THROWS, "absent": ABSENT, "silent": SILENT, "full": FULL, "nothing": NOTHING}
LOADS = "performance.timeOrigin"


@pytest.mark.parametrize("kind", KINDS)
def test_the_state_page_says_it_first_and_stays(page: Page, kind: str) -> None:
    page.add_init_script(KINDS[kind])
    page.goto(SET_UP.replace("?", "?health&"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Trình duyệt này không lưu được đánh giá trên máy", timeout=10_000)
    expect(alert).to_contain_text("cho phép trang này lưu dữ liệu và cookie")
    expect(page.locator("dd[data-name=device]")).to_have_text("TAB-01")
    loaded = page.evaluate(LOADS)
    page.wait_for_timeout(5_500)
    expect(alert).to_be_visible()
    assert page.evaluate(LOADS) == loaded


@pytest.mark.parametrize("kind", ["refused", "full", "nothing"])
def test_a_tap_is_sent_at_once_and_the_supervisor_hears_of_it(page: Page, door: Door, kind: str) -> None:
    page.add_init_script(KINDS[kind])
    set_up(page)
    loaded = page.evaluate(LOADS)
    until(lambda: bool(door.heartbeats), page=page)
    assert door.heartbeats[-1].data.model_extra["storage_fault"]
    tap(page, "Không hài lòng")
    until(lambda: bool(door.posts), page=page)
    expect(page.get_by_role("radio").first).to_be_visible()
    tap(page, "Rất hài lòng")
    until(lambda: len(door.ids) == 2, page=page)
    assert [rating.data.score for _, _, events in door.posts for rating in events] == [2, 4]
    page.wait_for_timeout(5_500)
    assert (page.evaluate(LOADS), len(door.ids)) == (loaded, 2)


def test_without_a_network_the_citizen_is_told_what_is_true_and_the_tap_goes_out_later(
    page: Page, context: BrowserContext, door: Door
) -> None:
    set_up(page)
    page.evaluate(f"() => {{ {FULL} }}")
    context.set_offline(True)
    page.get_by_role("radio", name="Hài lòng", exact=True).tap()
    expect(page.locator(".thanks p")).to_contain_text("chưa gửi được và chỉ được giữ tạm trên máy", timeout=10_000)
    expect(page.get_by_role("radio").first).to_be_visible(timeout=10_000)
    assert door.posts == []
    context.set_offline(False)
    until(lambda: bool(door.posts), 40, page=page)
    assert len(set(door.ids)) == 1


def test_what_is_on_disk_is_not_lost_when_the_disk_fails_later(page: Page, context: BrowserContext, door: Door) -> None:
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    tap(page)
    expect(page.get_by_role("radio").first).to_be_visible()
    page.evaluate(f"() => {{ {FULL} }}")
    page.get_by_role("radio", name="Rất hài lòng", exact=True).tap()
    expect(page.locator(".thanks")).to_be_visible(timeout=10_000)
    expect(page.get_by_role("radio").first).to_be_visible(timeout=10_000)
    context.set_offline(False)
    until(lambda: len(set(door.ids)) == 2, 40, page=page)


def test_a_tablet_that_would_forget_its_pairing_shows_no_code(page: Page) -> None:
    page.add_init_script(NOTHING)
    page.goto("/")
    expect(page.get_by_role("alert")).to_have_text("Trình duyệt này không lưu được đánh giá trên máy")
    expect(page.locator(".code")).to_have_count(0)
