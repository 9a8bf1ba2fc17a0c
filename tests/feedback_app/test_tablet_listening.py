"""What a tablet reads aloud, in a real browser, told by what the page marks and by the clips it plays."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from feedback_app.app import SPEECH, shell
from feedback_app.speech import clip_texts, main
from feedback_app.texts.by_language import tablet_texts
from tests.tablet import Door, offline_ready, set_up, tap, until

PLAYED = """() => {
  window.played = [];
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (...at) {
    played.push(document.querySelector("[data-heard]").textContent);
    this.playbackRate.value = 8;
    start.apply(this, at);
  };
}"""
"""Notes what is marked whenever a clip starts, and lets the clips be over sooner."""

KEPT = """async () => {
  const [name] = await caches.keys();
  return (await (await caches.open(name)).keys()).filter(({ url }) => url.includes("/speech/")).length;
}"""
"""How many clips the service worker holds."""

QUESTION = "Ông/bà có hài lòng với lần giao dịch này không?"
MOODS = ["Rất hài lòng", "Hài lòng", "Không hài lòng", "Rất không hài lòng"]


def heard(page: Page) -> list[str]:
    texts: list[str] = page.evaluate("played")
    return texts


@pytest.mark.browser
def test_the_question_and_its_faces_are_read_in_their_order(page: Page, door: Door) -> None:
    set_up(page)
    page.evaluate(PLAYED)
    listen = page.get_by_role("button", name="Nghe")
    listen.tap()
    expect(listen).to_have_attribute("aria-pressed", "true")
    expect(listen).to_have_attribute("aria-pressed", "false", timeout=20_000)
    assert heard(page) == [QUESTION, *MOODS]
    assert page.locator("[data-heard]").count() == 0
    assert door.posts == []


@pytest.mark.browser
def test_nothing_is_said_unasked(page: Page) -> None:
    set_up(page)
    page.evaluate(PLAYED)
    page.get_by_role("button", name="English").click()
    tap(page, "Dissatisfied")
    expect(page.locator(".reason").first).to_be_visible()
    assert heard(page) == []


@pytest.mark.browser
def test_the_reasons_are_read_and_the_warning_ends_it(page: Page) -> None:
    page.clock.install()
    set_up(page)
    page.evaluate(PLAYED)
    tap(page, "Không hài lòng")
    page.clock.run_for(2_100)
    listen = page.get_by_role("button", name="Nghe")
    listen.tap()
    expect(listen).to_have_attribute("aria-pressed", "false", timeout=20_000)
    reasons = page.locator(".reason").all_inner_texts()
    assert heard(page) == ["Vì sao ông/bà chưa hài lòng?", *reasons]
    listen.tap()
    page.clock.run_for(25_100)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(listen).to_be_hidden()
    assert page.locator("[data-heard]").count() == 0


@pytest.mark.browser
def test_a_tap_ends_the_reading_and_counts(page: Page, door: Door) -> None:
    set_up(page)
    page.evaluate(PLAYED)
    page.get_by_role("button", name="Nghe").tap()
    until(lambda: bool(heard(page)), page=page)
    tap(page, "Hài lòng")
    expect(page.get_by_role("radio").first).to_be_visible()
    played = len(heard(page))
    page.wait_for_timeout(1_500)
    assert len(heard(page)) == played < 1 + len(MOODS)
    assert len(door.ids) == 1


@pytest.mark.browser
def test_the_reading_is_started_and_ended_with_the_keyboard(page: Page) -> None:
    set_up(page)
    page.evaluate(PLAYED)
    listen = page.get_by_role("button", name="Nghe")
    page.keyboard.press("Tab")
    expect(listen).to_be_focused()
    page.keyboard.press("Enter")
    until(lambda: bool(heard(page)), page=page)
    page.keyboard.press("Enter")
    expect(listen).to_have_attribute("aria-pressed", "false")
    played = len(heard(page))
    page.wait_for_timeout(1_500)
    assert len(heard(page)) == played < 1 + len(MOODS)


@pytest.mark.browser
def test_what_was_fetched_after_the_start_is_read_without_a_network(page: Page, context: BrowserContext) -> None:
    page.clock.install()
    fetched: list[str] = []
    context.on("request", lambda request: fetched.append(request.url))
    set_up(page)
    offline_ready(page)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert [url for url in fetched if "/speech/" in url] == []
    page.clock.run_for(21_000)
    count = len(shell(tablet_texts())["speech"])
    until(lambda: page.evaluate(KEPT) == count, page=page)
    context.set_offline(True)
    page.reload()
    page.evaluate(PLAYED)
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Listen").tap()
    until(lambda: len(heard(page)) == 1 + len(MOODS), page=page)
    assert heard(page)[0] == "Were you satisfied with your visit today?"


@pytest.mark.browser
def test_a_language_that_lacks_a_clip_has_no_button(page: Page) -> None:
    page.route(
        "**/shell.js",
        lambda route: route.fulfill(
            body=route.fetch().text().replace('"/speech/en/happy.mp3", ', ""), content_type="text/javascript"
        ),
    )
    set_up(page)
    expect(page.get_by_role("button", name="Nghe")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.locator(".listen")).to_have_count(0)


def test_every_text_that_can_be_read_aloud_has_a_small_clip() -> None:
    for language, texts in tablet_texts().items():
        assert {path.stem for path in (SPEECH / language).iterdir()} == {name for name, _ in clip_texts(texts)}
    assert sum(path.stat().st_size for path in SPEECH.glob("*/*")) < 80_000


def test_a_clip_that_is_there_is_not_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feedback_app.speech.SPEECH", tmp_path)
    for language, texts in tablet_texts().items():
        (tmp_path / language).mkdir()
        for name, _ in clip_texts(texts):
            (tmp_path / language / f"{name}.mp3").write_bytes(b"a human voice")
    assert main() == 0
    assert {path.read_bytes() for path in tmp_path.glob("*/*")} == {b"a human voice"}
