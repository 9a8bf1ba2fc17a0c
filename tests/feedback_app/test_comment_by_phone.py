"""A comment on a tap, written on the citizen's own phone: from the code on the tablet to the list of ratings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect

from contract.links.comment import HOLDS, CommentLink, comment_id
from contract.time import VIETNAM
from feedback_app.phone.answers import LONGEST_COMMENT
from feedback_app.phone.comment import comment_event, qr_rows
from tests.dashboards.pages.test_accessibility import grave_findings
from tests.feedback_app.test_tablet_layouts import CUT_OFF, LAYOUTS, SIZES, nothing_overlaps
from tests.support import Stack, event, paired, rating, token_of, unit
from tests.tablet import MM, SET_UP, Door, offline_ready, set_up, stand_still, tap, until

UNIT, KEY = "H26.SAID", "secret-key"
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
LINK = CommentLink(unit=UNIT, rating=UUID(int=7), expires_at=NOW + HOLDS)
CODE = {"qr": qr_rows(LINK.address("https://rate.example.vn", KEY))}
DAY = datetime.now(VIETNAM).date()
TODAY = {"from": DAY.isoformat(), "to": (DAY + timedelta(days=1)).isoformat()}
QUIET = 4
browser_test = pytest.mark.browser
stack_test = pytest.mark.stack


def test_a_link_says_what_it_was_made_for_and_holds_half_an_hour() -> None:
    token = LINK.address("https://rate.example.vn/", KEY).removeprefix("https://rate.example.vn/c/")
    assert CommentLink.read(token, KEY) == LINK
    assert CommentLink.read(token, "another-key") is None
    assert [CommentLink.read(token[:at] + "A" + token[at + 1 :], KEY) for at in (3, 40, len(token) - 4)] == [None] * 3
    assert LINK.holds_at(NOW + timedelta(minutes=29))
    assert not LINK.holds_at(NOW + timedelta(minutes=30))


def test_a_rating_has_one_comment() -> None:
    first, second = (comment_event(LINK, text, "vi", NOW) for text in ("Chờ lâu", "Rất lâu"))
    assert first["id"] == second["id"] == str(comment_id(LINK.rating))
    assert (first["type"], first["subject"], first["time"]) == (
        "rating.commented",
        str(LINK.rating),
        "2026-11-23T03:00:00+00:00",
    )
    assert first["id"] != str(LINK.rating)


def test_the_code_is_as_coarse_as_a_link_allows() -> None:
    assert len(CODE["qr"]) <= 57


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    """A unit whose tablet is known."""
    assert stack.send([unit(UNIT), unit("H26.ELSE"), paired("TAB-SAID", UNIT)]) == []
    return stack


def tapped(office: Stack, **data: Any) -> dict[str, Any]:
    """A stored rating of a dissatisfied citizen."""
    sent = rating(UNIT, datetime.now(UTC).isoformat(), 1, key=uuid4().hex, source="test/said", **data)
    assert office.send([sent]) == []
    return sent


def link_of(office: Stack, sent: dict[str, Any], **values: Any) -> str:
    fields = {"unit": UNIT, "rating": sent["id"], "expires_at": datetime.now(UTC) + HOLDS} | values
    return CommentLink.model_validate(fields).address(office.settings.feedback_url, office.key)


def written(office: Stack, code: str = UNIT) -> dict[str, str]:
    """Every rating of the unit with its comment."""
    shown = office.get("/v1/ratings", unit=code, comments="true", limit=1000)["ratings"]
    return {row["event_id"]: row["comment"] for row in shown}


def post(address: str, comment: str) -> httpx.Response:
    return httpx.post(address, data={"comment": comment}, trust_env=False)


@stack_test
def test_a_comment_is_shown_masked_beside_its_rating_and_counts_nothing(office: Stack) -> None:
    sent = tapped(office)
    office.wait_stored("test/said", 1)
    before = figures(office)
    address = link_of(office, sent)
    assert httpx.get(address, trust_env=False).status_code == 200
    assert post(address, "Chờ hai giờ.\r\nGọi tôi: 0912345678").status_code == 303
    answer = post(address, "Một ý kiến khác")
    assert (answer.status_code, "Mỗi lần đánh giá có một ý kiến" in answer.text) == (200, True)
    office.wait_stored(f"online/{UNIT}", 1)
    comment = written(office)[sent["id"]]
    assert comment.startswith("Chờ hai giờ.\nGọi tôi: ")
    assert "0912345678" not in comment
    now = figures(office)
    assert {name: (before[name], now[name]) for name in before if before[name] != now[name]} == {}
    assert office.get("/v1/counts", source=f"online/{UNIT}")["rows"] == 1


def figures(office: Stack) -> dict[str, Any]:
    """Every indicator and every count of ratings of the unit, by name."""
    # How fresh the data is counts events of every kind.
    shown = {name: row | {"as_of": None} for name, row in office.figures(UNIT, **TODAY).items() if name != "DQ_FRESH"}
    by = {
        by: office.get("/v1/breakdown", unit=UNIT, of="ratings", by=by, **TODAY)["parts"]
        for by in ("channel", "counter")
    }
    return shown | by | {"ratings": len(written(office))}


@stack_test
def test_a_comment_on_no_rating_or_on_another_units_is_never_shown(office: Stack) -> None:
    sent = tapped(office)
    source = "online/H26.ELSE"
    assert post(link_of(office, sent, rating=uuid4(), unit="H26.ELSE"), "bịa đặt").status_code == 303
    assert post(link_of(office, sent, unit="H26.ELSE"), "bịa đặt").status_code == 303
    office.wait_stored(source, 2)
    assert written(office, "H26.ELSE") == {}
    assert written(office)[sent["id"]] == ""


@stack_test
def test_a_comment_that_comes_before_its_rating_is_shown_when_the_rating_comes(office: Stack) -> None:
    late = rating(
        UNIT, (datetime.now(UTC) - timedelta(minutes=29)).isoformat(), 1, key=uuid4().hex, source="test/said-late"
    )
    assert post(link_of(office, late), "Ý kiến đến trước").status_code == 303
    assert office.send([late]) == []
    office.wait_stored("test/said-late", 1)
    until(lambda: written(office).get(late["id"]) == "Ý kiến đến trước")


@stack_test
def test_what_cannot_be_sent_stays_in_the_form_and_no_link_is_forged(office: Stack) -> None:
    address = link_of(office, tapped(office))
    assert post(address, "  ").status_code == 422
    long = post(address, "a" * (LONGEST_COMMENT + 1))
    assert (long.status_code, "a" * LONGEST_COMMENT in long.text) == (422, True)
    assert post(address[:-3] + "AAA", "x").status_code == 404
    past = link_of(office, tapped(office), expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert (post(past, "x").status_code, httpx.get(past, trust_env=False).status_code) == (410, 410)


@stack_test
@pytest.mark.parametrize(
    ("token", "status"), [("", 401), ("Basic eA==", 401), ("Bearer wrong", 403), ("Bearer key-of-the-tests", 403)]
)
def test_only_a_tablets_own_token_gets_a_link(office: Stack, token: str, status: int) -> None:
    tap = {"device": "TAB-SAID", "unit": UNIT, "rating": str(uuid4()), "time": datetime.now(UTC).isoformat()}
    site = office.settings.feedback_url
    refused = httpx.post(f"{site}/comment-link", json=tap, headers={"Authorization": token}, trust_env=False)
    assert refused.status_code == status
    own = {"Authorization": f"Bearer {token_of('TAB-SAID')}"}
    assert httpx.post(f"{site}/comment-link", json=tap, headers=own, trust_env=False).json()["qr"]
    for change in ({"unit": "H26.ELSE"}, {"device": "TAB-ELSE"}):
        assert httpx.post(f"{site}/comment-link", json=tap | change, headers=own, trust_env=False).status_code == 403


@stack_test
def test_a_revoked_tablet_gets_no_link(office: Stack) -> None:
    assert office.send([paired("TAB-SAID-LOST", UNIT)]) == []
    tap = {"device": "TAB-SAID-LOST", "unit": UNIT, "rating": str(uuid4()), "time": datetime.now(UTC).isoformat()}

    def status() -> int:
        own = {"Authorization": f"Bearer {token_of('TAB-SAID-LOST')}"}
        address = f"{office.settings.feedback_url}/comment-link"
        return httpx.post(address, json=tap, headers=own, trust_env=False).status_code

    assert status() == 200
    assert office.send([event("device.revoked", "TAB-SAID-LOST", "2025-07-02T00:00:00Z", unit=UNIT)]) == []
    assert status() == 403


def taps_in(request: Request) -> list[Any]:
    """The tap that a tablet asks a link for."""
    return [request.post_data_json] if request.url.endswith("/comment-link") else []


def address_shown(office: Stack, tablet: Page, sent: dict[str, Any]) -> str:
    """The address of the link for the tap that the tablet sent, whose code it shows."""
    shown = tablet.locator(".qr path").get_attribute("d") or ""
    expires_at = (datetime.fromisoformat(sent["time"]) + HOLDS).replace(microsecond=0)
    link = CommentLink(unit=UNIT, rating=sent["rating"], expires_at=expires_at)
    address = link.address(office.settings.feedback_url, office.key)
    rows = enumerate(qr_rows(address), QUIET)
    dark = {(x, y) for y, row in rows for x, is_dark in enumerate(row, QUIET) if is_dark}
    assert {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", shown)} == dark
    return address


@browser_test
@stack_test
def test_from_the_tablet_to_the_phone_to_the_list(browser: Browser, office: Stack) -> None:
    tablet = browser.new_page(has_touch=True, viewport={"width": 1280, "height": 800})
    taps: list[Any] = []
    tablet.on("request", lambda request: taps.extend(taps_in(request)))
    own = token_of("TAB-SAID")
    set_up(tablet, f"{office.settings.feedback_url}/?device=TAB-SAID&unit={UNIT}#token={own}")
    tap(tablet, "Rất không hài lòng")
    tablet.get_by_role("button", name="Chờ quá lâu").tap()
    tablet.get_by_role("button", name="Xong").tap()
    expect(tablet.get_by_role("heading")).to_have_text("Ông/bà muốn viết thêm?")
    phone = browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    phone.goto(address_shown(office, tablet, taps[-1]))
    phone.get_by_label("Điều gì chưa tốt").fill("Quầy 3 đóng cửa sớm")
    phone.get_by_role("button", name="Gửi ý kiến").click()
    expect(phone.get_by_role("heading")).to_have_text("Xin cảm ơn ông/bà!")
    tablet.get_by_role("button", name="Xong").tap()
    expect(tablet.get_by_role("radio").first).to_be_visible()
    assert tablet.locator(".qr").count() == 0
    until(lambda: list(written(office).values()).count("Quầy 3 đóng cửa sớm") == 1, 60)
    tablet.close()
    phone.close()


@pytest.fixture
def served(page: Page) -> Page:
    """A tablet whose server gives codes, and whose clock only we move."""

    def answer(route: Route) -> None:
        assert route.request.headers["authorization"] == "Bearer secret-01"
        route.fulfill(json=CODE)

    page.route("**/comment-link", answer)
    page.clock.install()
    return page


def offered(page: Page, address: str = SET_UP) -> None:
    set_up(page, address)
    page.get_by_role("radio").last.tap()
    expect(page.locator(".thanks")).to_be_visible()
    page.clock.run_for(2_100)
    page.locator(".leave").tap()
    expect(page.locator(".qr")).to_be_visible()


@browser_test
def test_the_code_goes_when_nobody_is_there_and_stays_for_who_needs_time(served: Page, door: Door) -> None:
    offered(served)
    served.clock.run_for(29_000)
    served.get_by_role("button", name="Tôi cần thêm thời gian").tap()
    served.clock.run_for(29_000)
    expect(served.locator(".qr")).to_be_visible()
    served.clock.run_for(1_100)
    expect(served.get_by_role("radiogroup")).to_be_visible()
    assert served.locator(".qr").count() == 0
    until(lambda: bool(door.posts), page=served)
    # The clock that jumps may cut an answer off.
    assert len(set(door.ids)) == 1


@browser_test
@pytest.mark.parametrize("layout", LAYOUTS)
def test_who_is_content_may_write_more_and_nobody_has_to(served: Page, layout: str) -> None:
    more = served.get_by_role("button", name="Viết thêm")
    set_up(served, SET_UP.replace("#", f"{layout}#"))
    stand_still(served)
    for width, height in SIZES:
        served.set_viewport_size({"width": width, "height": height})
        tap(served, "Rất hài lòng")
        expect(more).to_be_visible()
        box = more.bounding_box()
        assert box
        assert (box["width"] >= 60 * MM, 20 * MM <= box["height"] < 30 * MM) == (True, True)
        assert served.evaluate(CUT_OFF) == []
        more.tap()
        served.clock.run_for(100)
        expect(more).to_have_attribute("aria-pressed", "false")
        served.clock.run_for(400)
        more.tap()
        expect(more).to_have_attribute("aria-pressed", "true")
        served.clock.run_for(1_600)
        expect(served.locator(".qr")).to_be_visible()
        served.locator(".leave").tap()
        expect(served.get_by_role("radiogroup")).to_be_visible()


@browser_test
def test_who_has_gone_or_asks_for_none_is_shown_no_code_and_holds_nobody_up(served: Page) -> None:
    set_up(served)
    tap(served, "Hài lòng")
    expect(served.locator(".more")).to_be_visible()
    assert grave_findings(served) == []
    served.clock.run_for(2_100)
    expect(served.get_by_role("radiogroup")).to_be_visible()
    tap(served, "Không hài lòng")
    served.clock.run_for(2_100)
    expect(served.locator(".reason").first).to_be_visible()
    served.clock.run_for(46_000)
    expect(served.get_by_role("radiogroup")).to_be_visible()


@browser_test
def test_without_a_server_nothing_is_offered_and_the_rating_is_kept(page: Page, context: BrowserContext) -> None:
    set_up(page)
    offline_ready(page)
    context.set_offline(True)
    tap(page, "Không hài lòng")
    assert not page.locator(".more").is_visible()
    page.get_by_role("button", name="Bỏ qua").tap()
    expect(page.get_by_role("radiogroup")).to_be_visible()
    page.goto("/?health")
    expect(page.locator("dd[data-name=waiting]")).to_have_text("1")


@browser_test
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_code_is_large_enough_and_all_is_shown(served: Page, layout: str) -> None:
    for width, height in SIZES:
        served.set_viewport_size({"width": width, "height": height})
        offered(served, SET_UP.replace("#", f"{layout}#"))
        code = served.locator(".qr").bounding_box()
        assert code
        assert min(code["width"], code["height"]) >= 220
        assert served.evaluate(CUT_OFF) == []
        assert nothing_overlaps(served)
        assert grave_findings(served) == []
        served.locator(".leave").tap()
        expect(served.get_by_role("radiogroup")).to_be_visible()
