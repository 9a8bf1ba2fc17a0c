"""What the tablet takes for a touch when more than one thing is on the glass, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.tablet import Door, set_up, until

pytestmark = pytest.mark.browser

RIM = (1, 1275, 795)
Contact = tuple[int, float, float]


@pytest.fixture
def touch(page: Page) -> CDPSession:
    set_up(page)
    return page.context.new_cdp_session(page)


def send(touch: CDPSession, kind: str, *points: Contact) -> None:
    """What comes down or moves; of ``touchEnd`` what is lifted, all when nothing is named."""
    touches = [{"x": x, "y": y, "id": number} for number, x, y in points]
    touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def at(page: Page, role: str, name: str, number: int = 2) -> Contact:
    box = page.get_by_role(role, name=name, exact=True).bounding_box()  # type: ignore[arg-type]
    assert box
    return number, box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def touch_beside(touch: CDPSession, resting: Contact, finger: Contact) -> None:
    send(touch, "touchStart", resting, finger)
    send(touch, "touchEnd", finger)


def test_every_screen_goes_on_while_a_hand_rests_on_the_rim(page: Page, touch: CDPSession, door: Door) -> None:
    send(touch, "touchStart", RIM)
    touch_beside(touch, RIM, at(page, "button", "English"))
    expect(page.get_by_role("heading")).to_have_text("Were you satisfied with your visit today?")
    touch_beside(touch, RIM, at(page, "radio", "Dissatisfied"))
    expect(page.locator(".why")).to_be_visible()
    touch_beside(touch, RIM, at(page, "button", "Poor attitude"))
    expect(page.get_by_role("button", name="Poor attitude")).to_have_attribute("aria-pressed", "true")
    touch_beside(touch, RIM, at(page, "button", "Done"))
    until(lambda: bool(door.posts), page=page)
    assert (door.last.data.score, door.last.data.reasons) == (2, ["attitude"])
    expect(page.get_by_role("radio").first).to_be_visible()


def test_a_bag_that_leans_on_one_face_leaves_the_others(page: Page, touch: CDPSession, door: Door) -> None:
    bag = at(page, "radio", "Rất không hài lòng", 1)
    send(touch, "touchStart", bag)
    touch_beside(touch, bag, at(page, "radio", "Hài lòng"))
    expect(page.locator(".thanks")).to_be_visible()
    send(touch, "touchEnd")
    until(lambda: bool(door.posts), page=page)
    expect(page.get_by_role("radio").first).to_be_visible()
    assert [door.last.data.score, len(door.ids)] == [3, 1]


def test_a_finger_that_slides_over_another_face_takes_nothing_away(page: Page, touch: CDPSession, door: Door) -> None:
    finger, (_, x, y) = at(page, "radio", "Hài lòng", 1), at(page, "radio", "Không hài lòng")
    send(touch, "touchStart", finger)
    send(touch, "touchStart", finger, (2, x, y))
    send(touch, "touchMove", finger, (2, x + 5, y + 330))
    send(touch, "touchEnd", (2, x + 5, y + 330))
    assert door.posts == []
    send(touch, "touchEnd")
    until(lambda: bool(door.posts), page=page)
    assert door.last.data.score == 3


def test_of_two_faces_at_once_only_the_one_let_go_first_counts(page: Page, touch: CDPSession, door: Door) -> None:
    finger, other = at(page, "radio", "Hài lòng", 1), at(page, "radio", "Rất hài lòng")
    send(touch, "touchStart", finger)
    send(touch, "touchStart", finger, other)
    send(touch, "touchEnd", finger)
    expect(page.locator(".thanks")).to_be_visible()
    send(touch, "touchEnd")
    expect(page.get_by_role("radio").first).to_be_visible()
    until(lambda: bool(door.posts), page=page)
    assert [rating.data.score for _, _, events in door.posts for rating in events] == [3]
