"""A tablet's layouts in a real browser: for the left hand, for old eyes, upright and lying, and in grey."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise, product
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.dashboards.pages.test_accessibility import grave_findings
from tests.tablet import MM, SET_UP, narrowest_gap, set_up

SIZES = [(1280, 800), (1024, 600), (800, 1280)]
PLAIN = "&mirrored=0&large_text=0"
LAYOUTS = [PLAIN, "&mirrored=1&large_text=0", "&mirrored=0&large_text=1", "&mirrored=1&large_text=1"]
LANGUAGES = {"Tiếng Việt": "vi", "English": "en"}
ROUNDING = 0.5

pytestmark = pytest.mark.browser

CUT_OFF = """() => {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const holder = texts.currentNode.parentElement;
    const shown = document.createRange();
    shown.selectNodeContents(texts.currentNode);
    const frame = (holder.closest("button") ?? document.documentElement).getBoundingClientRect();
    for (const box of shown.getClientRects()) {
      const inside = box.left >= Math.max(frame.left, 0) - 1 && box.right <= Math.min(frame.right, innerWidth) + 1
        && box.top >= -1 && box.bottom <= innerHeight + 1;
      if (!inside) found.push(texts.currentNode.textContent);
    }
  }
  return found;
}"""
"""Every text that leaves its button or the screen."""

BOXES = "all => all.map(e => e.getClientRects().length ? e.getBoundingClientRect().toJSON() : null)"
"""Where each stands; null for what is not shown."""

WORDS = "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"


def laid_out(page: Page, layout: str, size: tuple[int, int], faces: int = 4) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    set_up(page, SET_UP.replace("#", f"{layout}&faces={faces}#"))


def open_reasons(page: Page) -> None:
    page.get_by_role("radio").last.tap()
    expect(page.locator(".thanks")).to_be_visible()
    assert page.evaluate(CUT_OFF) == []
    page.clock.run_for(2_100)
    expect(page.locator(".reason").first).to_be_visible()


def boxes(page: Page, selector: str) -> list[Any]:
    """Where each of these stands, asked for at once: a call for each would take most of a test; None if not shown."""
    return list(page.locator(selector).evaluate_all(BOXES))


def nothing_overlaps(page: Page) -> bool:
    everything = "h1, .unit, .notice, .face, .reason, .leave, .more-time, .listen, nav button"
    parts = [box for box in boxes(page, everything) if box]
    lowest = max(box["y"] + box["height"] for box in parts)
    return narrowest_gap(parts) >= -ROUNDING and lowest <= page.evaluate("innerHeight")


def beside_is_large_enough(page: Page) -> bool:
    """Whether "listen" has 30 × 20 mm and each language 30 × 12 mm."""
    least = {".listen": (30, 20), "nav button": (30, 12)}
    return all(
        box["width"] >= width * MM and box["height"] >= height * MM
        for control, (width, height) in least.items()
        for box in boxes(page, control)
        if box
    )


def gap_beside_faces(page: Page) -> float:
    """The least distance of a face from a control beside the faces, in CSS pixels."""
    beside = boxes(page, ".listen, nav button")
    return min(narrowest_gap([face, other]) for face in boxes(page, ".face") for other in beside)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_shows_every_word_and_faces_that_old_hands_hit(page: Page, layout: str) -> None:
    for size, faces in product(SIZES, (3, 4, 5)):
        laid_out(page, layout, size, faces)
        for language, code in LANGUAGES.items():
            page.get_by_role("button", name=language).click()
            expect(page.locator("html")).to_have_attribute("lang", code)
            assert page.evaluate(CUT_OFF) == [], (size, faces, language)
            assert nothing_overlaps(page), (size, faces, language)
            sides = [side for box in boxes(page, ".face svg") for side in (box["width"], box["height"])]
            assert min(sides) >= 30 * MM, (size, faces, language)
            assert narrowest_gap(boxes(page, ".face")) >= 8 * MM, (size, faces, language)
            assert gap_beside_faces(page) >= 8 * MM, (size, faces, language)
            assert page.locator(".listen").is_visible(), (size, faces, language)
            assert beside_is_large_enough(page), (size, faces, language)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_shows_every_reason_large_enough(page: Page, layout: str) -> None:
    page.clock.install()
    for size, language in product(SIZES, LANGUAGES):
        laid_out(page, layout, size)
        page.get_by_role("button", name=language).click()
        open_reasons(page)
        assert page.evaluate(CUT_OFF) == [], (size, language)
        assert nothing_overlaps(page), (size, language)
        assert page.locator(".listen").is_visible(), (size, language)
        assert beside_is_large_enough(page), (size, language)
        page.clock.run_for(25_100)
        expect(page.get_by_role("alert")).to_be_visible()
        assert page.evaluate(CUT_OFF) == [], (size, language)
        assert nothing_overlaps(page), (size, language)
        targets = boxes(page, ".reason, .leave, .more-time")
        assert min(min(box["width"], box["height"]) for box in targets) >= 30 * MM, (size, language)
        assert narrowest_gap(targets) >= 8 * MM, (size, language)


@pytest.mark.parametrize("size", [(390, 844), (412, 915)])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_telephone_has_controls_as_large(page: Page, size: tuple[int, int], layout: str) -> None:
    page.clock.install()
    for language in LANGUAGES:
        laid_out(page, layout, size)
        page.get_by_role("button", name=language).click()
        assert page.locator(".listen").is_visible()
        assert page.evaluate(CUT_OFF) == []
        assert nothing_overlaps(page)
        assert beside_is_large_enough(page)
        open_reasons(page)
        assert page.locator(".listen").is_visible()
        assert beside_is_large_enough(page)


@pytest.mark.parametrize("size", SIZES)
def test_large_text_is_half_as_large_again(page: Page, size: tuple[int, int]) -> None:
    page.clock.install()
    sizes = []
    for layout in (PLAIN, "&large_text=1"):
        laid_out(page, layout, size)
        words = page.locator("h1, .unit, .face span, nav button").evaluate_all(WORDS)
        open_reasons(page)
        sizes.append([*words, *page.locator("h1, .reason, .leave").evaluate_all(WORDS)])
    assert len(sizes[0]) == len(sizes[1]) > 10
    assert min(large / normal for normal, large in zip(*sizes, strict=True)) >= 1.5


@pytest.mark.parametrize("faces", [3, 4, 5])
def test_mirroring_turns_what_is_beside_the_faces_and_never_the_faces(page: Page, faces: int) -> None:
    page.clock.install()
    scores = []
    orders = []
    for layout in (PLAIN, "&mirrored=1"):
        laid_out(page, layout, SIZES[0], faces)
        by_place = sorted(page.get_by_role("radio").all(), key=lambda face: (face.bounding_box() or {"x": 0})["x"])
        scores.append([face.get_attribute("data-score") for face in by_place])
        beside = page.locator("nav button").all_inner_texts()
        open_reasons(page)
        page.clock.run_for(25_100)
        orders.append((beside, page.locator(".leaving button").all_inner_texts()))
    assert scores[0] == scores[1] == [str(score) for score in range(faces, 0, -1)]
    assert orders[0] == (["Tiếng Việt", "English"], ["Bỏ qua", "Tôi cần thêm thời gian"])
    assert orders[1] == (["English", "Tiếng Việt"], ["Tôi cần thêm thời gian", "Bỏ qua"])


CONFIGURED_LARGE = """() => {
  const device = JSON.parse(localStorage.getItem("hailong.device"));
  localStorage.setItem("hailong.device", JSON.stringify({ ...device, large_text: true }));
}"""


def test_a_layout_is_kept_and_can_be_taken_back(page: Page) -> None:
    root = page.locator("html")
    set_up(page, SET_UP.replace("#", "&large_text=1&mirrored=1#"))
    set_up(page, "/")
    expect(root).to_have_class("large-text mirrored")
    set_up(page, SET_UP.replace("#", "&large_text=0#"))
    expect(root).to_have_class("mirrored")
    # As a configuration from afar says it.
    page.evaluate(CONFIGURED_LARGE)
    page.reload()
    expect(root).to_have_class("large-text mirrored")


@pytest.mark.parametrize("layout", LAYOUTS[1:])
def test_no_layout_has_a_grave_finding(page: Page, layout: str) -> None:
    page.clock.install()
    for size in SIZES:
        laid_out(page, layout, size)
        assert grave_findings(page) == []
        open_reasons(page)
        page.clock.run_for(25_100)
        assert grave_findings(page) == []


def features(page: Page) -> list[list[bool]]:
    """Where each face on the screen has its white features, read without colour."""
    side, rim = 120, 0.95
    disc = [((x - 59.5) / 60) ** 2 + ((y - 59.5) / 60) ** 2 < rim**2 for y in range(side) for x in range(side)]
    measured = []
    for face in page.locator(".face svg").all():
        seen = Image.open(BytesIO(face.screenshot())).convert("L").resize((side, side))
        measured.append([inside and grey > 160 for inside, grey in zip(disc, seen.tobytes(), strict=True)])
    return measured


@pytest.mark.parametrize("faces", [3, 4, 5])
def test_faces_beside_each_other_differ_by_their_shape_when_colour_is_gone(page: Page, faces: int) -> None:
    set_up(page, SET_UP.replace("#", f"&faces={faces}#"))
    for one, other in pairwise(features(page)):
        either = sum(a or b for a, b in zip(one, other, strict=True))
        differ = sum(a != b for a, b in zip(one, other, strict=True))
        print(f"{faces} faces: {differ / either:.0%} of the features differ")
        assert differ / either >= 0.4
