"""The tablet's question in a real browser."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.events.refusals import Reason
from contract.time import VIETNAM
from feedback_app.app import SPEECH, TABLET
from feedback_app.texts.by_language import tablet_texts
from runtime.clock import ReplayClock
from tests.support import Stack, wait_until
from tests.tablet import (
    MM,
    POINT,
    SET_UP,
    Door,
    PageServer,
    known_tablet,
    narrowest_gap,
    offline_ready,
    set_up,
    tap,
    until,
)


def fact(page: Page, name: str) -> str:
    return page.locator(f"dd[data-name={name}]").inner_text()


@pytest.mark.browser
def test_a_tap_arrives_once_with_the_devices_token_and_every_field(page: Page, door: Door) -> None:
    set_up(page)
    tap(page, "Hài lòng")
    until(lambda: bool(door.posts), page=page)
    rating = door.last
    assert door.posts[-1][1] == "Bearer secret-01"
    assert (rating.id.version, rating.type, rating.source) == (7, "rating.submitted", "tablet/TAB-01")
    assert abs(rating.time - datetime.now(UTC)) < timedelta(seconds=5)
    data = rating.data
    assert (data.unit, data.device, data.counter, data.channel) == ("H26.66.01.004", "TAB-01", "Q3", "tablet")
    assert (data.scale, data.score, data.instrument, data.language) == ("csat4", 3, "csat4.v1", "vi")
    assert (rating.subject, data.counter_n, data.monotonic_ms > 0) == ("TAB-01", 1, True)
    assert abs(data.device_time - datetime.now(UTC)) < timedelta(seconds=5)
    page.wait_for_timeout(2500)
    assert len(door.ids) == 1


@pytest.mark.browser
def test_a_tap_is_at_the_door_within_a_second(page: Page, door: Door) -> None:
    set_up(page)
    start_s = time.monotonic()
    tap(page)
    until(lambda: bool(door.posts), page=page)
    assert door.posts[0][0] - start_s < 1


@pytest.mark.browser
@pytest.mark.parametrize(
    ("faces", "words"),
    [
        (3, ["Rất hài lòng", "Hài lòng", "Không hài lòng"]),
        (4, ["Rất hài lòng", "Hài lòng", "Không hài lòng", "Rất không hài lòng"]),
        (5, ["Rất hài lòng", "Hài lòng", "Bình thường", "Không hài lòng", "Rất không hài lòng"]),
    ],
)
def test_the_best_face_is_on_the_left_and_scores_highest(page: Page, door: Door, faces: int, words: list[str]) -> None:
    set_up(page, SET_UP.replace("#", f"&faces={faces}#"))
    assert page.get_by_role("radio").all_inner_texts() == words
    tap(page, "Rất hài lòng")
    until(lambda: bool(door.posts), page=page)
    assert (door.last.data.scale, door.last.data.score) == (f"csat{faces}", faces)


@pytest.mark.browser
def test_the_token_never_reaches_a_server_in_an_address(page: Page) -> None:
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    set_up(page)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", page.url)
    page.reload()
    expect(page.get_by_role("radio").first).to_be_visible()
    # The browser reports the fragment of a page's own address; it sends none.
    assert [url for url in addresses if "secret-01" in url.partition("#")[0]] == []


@pytest.mark.browser
def test_thirty_taps_offline_with_reloads_arrive_once_each(page: Page, context: BrowserContext, door: Door) -> None:
    page.clock.install()
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    for number in range(30):
        if number % 10 == 5:
            page.reload()
        tap(page)
        page.clock.run_for(2100)
        expect(page.get_by_role("radio").first).to_be_visible()
    assert door.posts == []
    with page.expect_request_finished(lambda request: request.method == "POST"):
        context.set_offline(False)
    # The page's clock stands still meanwhile, or a slow machine's answer would come after its patience.
    until(lambda: len(door.ids) >= 30, page=page)
    page.wait_for_timeout(1_000)
    page.clock.run_for(60_000)
    page.wait_for_timeout(500)
    assert (len(door.ids), len(set(door.ids))) == (30, 30)
    assert sorted(e.data.counter_n for _, _, events in door.posts for e in events) == list(range(1, 31))


@pytest.mark.browser
def test_an_answer_that_times_out_after_storing_is_asked_again_with_the_same_id(page: Page, door: Door) -> None:
    door.troubles = ["hang"]
    set_up(page)
    tap(page)
    until(lambda: len(door.posts) == 2, page=page)
    assert len(set(door.ids)) == 1
    page.goto("/?health")
    expect(page.locator("dd[data-name=waiting]")).to_have_text("0")


@pytest.mark.browser
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_door_that_does_not_take_a_tap_gets_it_again(page: Page, door: Door, status: int) -> None:
    door.troubles = [status]
    set_up(page)
    tap(page)
    until(lambda: len(door.posts) == 2, page=page)
    pause_s = door.posts[1][0] - door.posts[0][0]
    assert len(set(door.ids)) == 1
    # Retry-After is three seconds; otherwise the first pause is at most one.
    assert pause_s >= 3 if status == 503 else pause_s < 2


@pytest.mark.browser
def test_a_pause_is_asked_for_in_seconds_or_until_a_date_and_never_for_ever(page: Page) -> None:
    page.goto("/")
    now = "Date.parse('2026-11-30T10:56:00Z')"
    pauses = {
        "3": 3_000,
        " 12 ": 12_000,
        "Mon, 30 Nov 2026 10:56:25 GMT": 25_000,
        "Monday, 30-Nov-26 10:56:25 GMT": 25_000,
        "Mon, 30 Nov 2020 10:56:25 GMT": 0,
        "Mon, 30 Nov 2099 10:56:25 GMT": 600_000,
        "9" * 400: 600_000,
        **dict.fromkeys(["", "soon", "-5", "1e9", "NaN"], 0),
    }
    script = f"""async (texts) => {{
      const {{ pauseAsked_ms }} = await import("/sending/sender.js");
      return texts.map((text) => pauseAsked_ms(text, {now}));
    }}"""
    assert dict(zip(pauses, page.evaluate(script, list(pauses)), strict=True)) == pauses
    assert page.evaluate("async () => (await import('/sending/sender.js')).pauseAsked_ms(null, 0)") == 0


@pytest.mark.browser
def test_a_refused_tap_is_kept_with_its_reason_and_can_be_sent_again(page: Page, door: Door) -> None:
    door.refused_units = {"H26.66.01.004"}
    set_up(page)
    tap(page)
    until(lambda: bool(door.posts), page=page)
    page.goto("/?health")
    refused = page.locator(".quarantine li")
    expect(refused).to_contain_text("Đơn vị của máy này chưa được khai báo. Hãy báo người quản trị")
    expect(refused).to_contain_text("unknown_unit: unit: H26.66.01.004 is not known")
    assert fact(page, "waiting") == "0"
    door.refused_units = set()
    before = len(door.posts)
    page.get_by_role("button", name="Gửi lại").click()
    expect(refused).to_have_count(0)
    until(lambda: len(door.posts) > before, page=page)
    assert len(set(door.ids)) == 1


@pytest.mark.browser
def test_one_unreadable_tap_does_not_hold_up_the_others(page: Page, context: BrowserContext, door: Door) -> None:
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    for _ in range(2):
        tap(page)
        expect(page.get_by_role("radio").first).to_be_visible()
    door.troubles = [400, 400]
    context.set_offline(False)
    until(lambda: len(door.posts) == 3, page=page)
    assert [len(events) for _, _, events in door.posts] == [2, 1, 1]
    page.goto("/?health")
    expect(page.locator(".quarantine li")).to_contain_text("Máy chủ không đọc được đánh giá này.")
    expect(page.locator(".quarantine li")).to_contain_text("HTTP 400")


@pytest.mark.browser
def test_the_health_page_shows_what_waits(page: Page, context: BrowserContext) -> None:
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    tap(page)
    page.goto("/?health")
    expect(page.locator("dd[data-name=waiting]")).to_have_text("1")
    expect(page.locator("dd[data-name=last_problem]")).to_contain_text("TypeError")
    assert datetime.now(VIETNAM).strftime("%Y") in fact(page, "oldest")
    assert fact(page, "device") == "TAB-01"
    assert re.fullmatch(r"-?\d\.\d giây", fact(page, "clock_skew"))
    assert re.fullmatch(r"[0-9a-f]{12}", fact(page, "version"))
    assert " MB" in fact(page, "storage")


@pytest.mark.browser
def test_taps_within_two_seconds_of_the_last_do_not_count(page: Page, door: Door) -> None:
    set_up(page)
    face = page.get_by_role("radio").first.bounding_box()
    assert face
    start_s = time.monotonic()
    while time.monotonic() - start_s < 1.8:
        page.touchscreen.tap(face["x"] + 60, face["y"] + 60)
    page.wait_for_timeout(700)
    page.touchscreen.tap(face["x"] + 60, face["y"] + 60)
    until(lambda: len(door.ids) == 2, page=page)
    page.wait_for_timeout(300)
    assert len(door.ids) == 2


@pytest.mark.browser
def test_nothing_of_the_citizen_is_left_for_the_next(page: Page) -> None:
    set_up(page)
    before = page.content()
    page.get_by_role("button", name="English").click()
    tap(page, "Very dissatisfied")
    assert "issatisfied" not in page.content()
    page.get_by_role("button", name="Insulted").tap()
    page.get_by_role("button", name="Done").tap()
    expect(page.get_by_role("radio").first).to_be_visible()
    assert page.content() == before


@pytest.mark.browser
def test_the_thanks_look_the_same_for_every_answer(page: Page) -> None:
    set_up(page)
    looks = []
    for name in ("Rất hài lòng", "Rất không hài lòng"):
        tap(page, name)
        looks.append(page.content())
        expect(page.locator(".thanks")).not_to_be_visible()
    assert looks[0] == looks[1]


@pytest.mark.browser
def test_the_language_chosen_goes_with_the_rating_and_back_to_vietnamese_when_left(page: Page, door: Door) -> None:
    page.clock.install()
    set_up(page)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading")).to_have_text("Were you satisfied with your visit today?")
    page.clock.run_for(61_000)
    expect(page.get_by_role("heading")).to_have_text("Ông/bà có hài lòng với lần giao dịch này không?")
    page.get_by_role("button", name="English").click()
    tap(page, "Satisfied")
    until(lambda: bool(door.posts), page=page)
    assert door.last.data.language == "en"


@pytest.mark.browser
@pytest.mark.parametrize("size", [(1280, 800), (1024, 600), (390, 844)])
@pytest.mark.parametrize("language", ["Tiếng Việt", "English"])
def test_faces_gaps_and_words_are_large_enough_and_fit(page: Page, size: tuple[int, int], language: str) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    set_up(page)
    page.get_by_role("button", name=language).click()
    faces = [face.bounding_box() for face in page.locator(".face svg").all()]
    boxes = [face.bounding_box() for face in page.get_by_role("radio").all()]
    for face in faces:
        assert face
        assert min(face["width"], face["height"]) >= 30 * MM
    assert narrowest_gap(boxes) >= 8 * MM
    words = page.locator(".face span").evaluate_all("all => all.map(e => parseFloat(getComputedStyle(e).fontSize))")
    assert min(words) >= 22 * POINT - 0.01
    bottom = page.locator(".languages").bounding_box()
    assert bottom
    assert bottom["y"] + bottom["height"] <= size[1]
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def _contrast_to_white(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


@pytest.mark.browser
def test_contrast_is_enough_for_shapes_and_words(page: Page) -> None:
    set_up(page, SET_UP.replace("#", "&faces=5#"))
    fills = page.locator(".face circle").evaluate_all("all => all.map(e => e.getAttribute('fill'))")
    assert len(set(fills)) == 5
    assert min(map(_contrast_to_white, fills)) >= 3
    shown = page.evaluate("() => getComputedStyle(document.querySelector('.face span')).color")
    colour = "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", shown)[:3])
    assert _contrast_to_white(colour) >= 4.5


@pytest.mark.browser
def test_a_rating_is_given_with_the_keyboard_alone(page: Page, door: Door) -> None:
    set_up(page)
    expect(page.get_by_role("radiogroup", name="Ông/bà có hài lòng với lần giao dịch này không?")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Nghe")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="Rất không hài lòng")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(lambda: bool(door.posts), page=page)
    page.wait_for_timeout(300)
    assert (len(door.ids), door.last.data.score) == (1, 3)


@pytest.mark.browser
@pytest.mark.parametrize(("slide_x", "counted"), [(0, 1), (25, 1), (330, 0)])
def test_a_long_trembling_touch_counts_but_not_one_that_slides_to_another_face(
    page: Page, context: BrowserContext, door: Door, slide_x: int, counted: int
) -> None:
    set_up(page)
    box = page.get_by_role("radio").first.bounding_box()
    assert box
    x, y = box["x"] + 100, box["y"] + 100
    touch = context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    page.wait_for_timeout(1200)
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + slide_x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(700)
    assert len(door.ids) == counted


READS = """() => {
  window.reads = 0;
  const get = IDBObjectStore.prototype.get;
  IDBObjectStore.prototype.get = function (...key) { window.reads += 1; return get.apply(this, key); };
}"""


@pytest.mark.browser
def test_nothing_is_read_before_a_tap_is_thanked_for_and_it_is_numbered_before_it_is_sent(
    page: Page, context: BrowserContext, door: Door
) -> None:
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    page.evaluate(READS)
    page.evaluate(
        "() => new MutationObserver(() => document.querySelector('.thanks') && (window.before ??= window.reads))"
        ".observe(document.body, { subtree: true, childList: true, attributes: true })"
    )
    # A rating that waits for reasons is not on its way meanwhile.
    tap(page, "Rất không hài lòng")
    assert page.evaluate("before") == 0
    context.set_offline(False)
    page.get_by_role("button", name="Bỏ qua").tap()
    until(lambda: bool(door.posts), page=page)
    assert door.last.data.counter_n == 1


@pytest.mark.browser
def test_two_tabs_of_one_tablet_send_each_tap_once(page: Page, context: BrowserContext, door: Door) -> None:
    set_up(page)
    offline_ready(page)
    other = context.new_page()
    set_up(other, "/")
    context.set_offline(True)
    tap(page)
    tap(other)
    context.set_offline(False)
    until(lambda: len(door.ids) >= 2, page=page)
    page.wait_for_timeout(1500)
    assert (len(door.ids), len(set(door.ids))) == (2, 2)
    assert sorted(e.data.counter_n for _, _, events in door.posts for e in events) == [1, 2]


@pytest.mark.browser
def test_a_tablet_that_was_not_set_up_says_so(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading")).to_have_text("Máy tính bảng này chưa được cài đặt.")
    expect(page.get_by_role("radio")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading")).to_have_text("This tablet has not been set up.")


@pytest.mark.browser
def test_nothing_of_a_former_tablet_is_taken_over(page: Page, door: Door) -> None:
    set_up(page)
    page.goto("/?device=TAB-02&unit=H26.66.01.004#token=secret-02")
    expect(page.locator(".unit")).to_have_text("")
    tap(page)
    until(lambda: bool(door.posts), page=page)
    assert (door.last.subject, door.posts[-1][1]) == ("TAB-02", "Bearer secret-02")


@pytest.mark.browser
@pytest.mark.parametrize(
    "link", ["?unit=H26.66.02&name=Khác", "?counter=Q9", "?device=TAB-02&unit=H26.66.02", "?device=TAB-02&faces=3"]
)
def test_a_link_without_a_token_moves_no_tablet(page: Page, door: Door, link: str) -> None:
    set_up(page)
    page.goto(f"/{link}")
    expect(page.locator(".unit")).to_have_text("Phường Cửa Nam")
    page.reload()
    tap(page)
    until(lambda: bool(door.posts), page=page)
    data = door.last.data
    assert (data.device, data.unit, data.counter, data.scale) == ("TAB-01", "H26.66.01.004", "Q3", "csat4")


@pytest.mark.browser
def test_the_page_starts_and_takes_taps_while_its_server_is_away(page: Page, server: PageServer, door: Door) -> None:
    set_up(page)
    offline_ready(page)
    server.stop()
    page.reload()
    tap(page)
    until(lambda: bool(door.posts), page=page)
    assert door.last.data.score == 3


@pytest.mark.browser
def test_a_new_version_of_the_page_is_taken_over_unasked(
    page: Page, server: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(page)
    offline_ready(page)
    newer = tablet_texts()
    newer["vi"]["question"] = "Câu hỏi mới?"
    monkeypatch.setattr("feedback_app.app.tablet_texts", lambda: newer)
    server.stop()
    server.start()
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("Câu hỏi mới?")


@pytest.mark.browser
def test_a_start_that_failed_half_way_is_tried_again(page: Page) -> None:
    page.route("**/texts.json", lambda route: route.abort(), times=1)
    page.goto(SET_UP)
    expect(page.get_by_role("radio")).to_have_count(4, timeout=10_000)


@pytest.mark.browser
def test_a_tap_that_could_not_be_kept_is_asked_for_again(page: Page, door: Door) -> None:
    set_up(page)
    page.evaluate("() => { Map.prototype.set = IDBObjectStore.prototype.put = () => { throw new Error('full'); }; }")
    page.get_by_role("radio").first.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Chưa ghi được đánh giá. Xin ông/bà vui lòng bấm lại.")
    expect(page.get_by_role("radio")).to_have_count(4)
    assert door.posts == []


@pytest.mark.browser
def test_a_tap_bears_the_servers_time_even_on_a_replayed_day(page: Page, server: PageServer, door: Door) -> None:
    server.stop()
    clock = ReplayClock(datetime(2026, 11, 2, 1, tzinfo=UTC), datetime.now(UTC), speed=60, seconds=600)
    server.settings = server.settings.model_copy(update={"clock": str(clock)})
    server.start()
    set_up(page)
    page.wait_for_timeout(1500)
    tap(page)
    shown = clock()
    until(lambda: bool(door.posts), page=page)
    assert abs(shown - door.last.time) < timedelta(seconds=60)
    assert abs(door.last.data.device_time - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.browser
@pytest.mark.stack
def test_a_tap_is_counted_soon_and_only_for_the_tablets_own_unit(browser: Browser, stack: Stack) -> None:
    page = browser.new_page(has_touch=True)
    set_up(page, known_tablet(stack, "TAB-E2E", "H26.TAP"))
    tap(page)
    # The first event of a process finds nothing warm.
    wait_until(lambda: stored_taps(stack) == 1, timeout_s=20)
    expect(page.get_by_role("radio").first).to_be_visible()
    tap(page)
    took_s = wait_until(lambda: stored_taps(stack) == 2, timeout_s=20)
    print(f"a tap was counted {took_s:.2f} s after the thanks")
    elsewhere = known_tablet(stack, "TAB-E2E", "H26.TAP").replace("H26.TAP", "H26.OTHER")
    set_up(page, elsewhere)
    tap(page)
    page.goto(f"{stack.settings.feedback_url}/?health")
    expect(page.locator(".quarantine li")).to_contain_text("forbidden")
    expect(page.locator("dd[data-name=waiting]")).to_have_text("0")
    assert stored_taps(stack) == 2
    page.close()


def stored_taps(stack: Stack) -> int:
    stored: int = stack.get("/v1/counts", source="tablet/TAB-E2E")["stored"]
    return stored


ACKNOWLEDGED = """() => {
  window.waits = [];
  let lifted = 0;
  addEventListener("pointerup", (event) => { lifted = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!lifted || !document.querySelector(".thanks")) return;
    const since = lifted;
    lifted = 0;
    requestAnimationFrame(() => requestAnimationFrame(() => waits.push(performance.now() - since)));
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


@pytest.mark.browser
def test_a_slow_tablet_acknowledges_every_tap(page: Page) -> None:
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    set_up(page)
    # It stands there since the morning: nobody taps while the page still fetches what it needs without a network.
    offline_ready(page)
    page.wait_for_load_state("networkidle")
    page.evaluate(ACKNOWLEDGED)
    for _ in range(3):
        tap(page)
        expect(page.get_by_role("radio").first).to_be_visible()
    waits_ms = page.evaluate("() => waits")
    assert len(waits_ms) == 3
    print(f"from the lifted finger to the thanks on screen: {', '.join(f'{wait:.0f}' for wait in sorted(waits_ms))} ms")


@pytest.mark.browser
def test_the_first_load_is_small(page: Page) -> None:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    set_up(page)
    page.wait_for_load_state("networkidle")
    print(f"first load: {sum(sizes) / 1000:.1f} kB in {len(sizes)} answers")
    assert 0 < sum(sizes) <= 150_000


def test_every_language_has_every_text() -> None:
    texts = tablet_texts()
    assert list(texts)[:2] == ["vi", "en"]
    assert set(texts["vi"]["health"]["refusals"]) - {"other"} <= set(Reason)


def test_a_language_that_lacks_a_text_is_named_with_it(tmp_path: Path) -> None:
    for language, text in {"vi": "{question: a, moods: {happy: b}}", "en": "{question: c, moods: {}}"}.items():
        (tmp_path / language).mkdir()
        (tmp_path / language / "tablet.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"en/tablet\.yaml lacks moods\.happy"):
        tablet_texts(tmp_path)


def test_the_page_asks_only_for_files_that_it_has() -> None:
    files = [path for path in TABLET.rglob("*") if path.is_file() and SPEECH not in path.parents]
    sources = "".join(path.read_text() for path in files)
    named = set(re.findall(r"[\"']/([a-z0-9./]+\.(?:js|css|svg|webmanifest))[\"']", sources)) - {"shell.js"}
    assert named == {path.relative_to(TABLET).as_posix() for path in files} - {"index.html"}


@pytest.mark.parametrize("speed", [1, 480])
def test_the_config_tells_the_speed_of_the_servers_clock(server: PageServer, speed: int) -> None:
    clock = ReplayClock(datetime(2026, 11, 2, tzinfo=UTC), datetime.now(UTC), speed, 60)
    server.stop()
    server.settings = server.settings.model_copy(update={"clock": str(clock)})
    server.start()
    answer = httpx.get(f"{server.settings.feedback_url}/config.json").json()
    assert answer["clock_speed"] == pytest.approx(speed, rel=0.02)


def test_every_health_address_answers(server: PageServer) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(f"{server.settings.feedback_url}{path}").status_code == 200
