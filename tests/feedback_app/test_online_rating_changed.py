"""For a day the phone that rated a dossier can change its mind; nobody else can, and both ratings are kept."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from itsdangerous import URLSafeSerializer
from playwright.sync_api import Browser, Page, expect

from contract.links.rating import RatingLink
from contract.time import VIETNAM
from feedback_app.app import make_app
from feedback_app.phone.given_rating import COOKIE, GivenRating, given_by, read_given
from tests.feedback_app.test_online_rating import PHONE, bodies, choose
from tests.support import Stack, unit, wait_until
from warehouse.client import connect

UNIT, KEY = "H26.CHG", "secret-key"
NOW = datetime.now(UTC)
LAST_DAY = NOW.astimezone(VIETNAM).date() + timedelta(days=9)


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    assert stack.send([unit(UNIT)]) == []
    return stack


def link(dossier: str) -> RatingLink:
    return RatingLink(unit=UNIT, dossier=dossier, last_day=LAST_DAY)


def address(office: Stack, dossier: str) -> str:
    return link(dossier).address(office.settings.feedback_url, office.key)


def given(dossier: str, hours_ago: float = 1) -> GivenRating:
    time = NOW - timedelta(hours=hours_ago)
    return GivenRating(unit=UNIT, dossier=dossier, id=uuid4(), time=time, until=time + timedelta(days=1))


def scores(office: Stack, dossier: str) -> list[int]:
    """What counts of the dossier."""
    day = NOW.astimezone(VIETNAM).date().isoformat()
    rows = office.get("/v1/ratings", unit=UNIT, **{"from": day})["ratings"]
    return [row["score"] for row in rows if row["dossier"] == dossier]


def rate(page: Page, where: str, answer: str) -> None:
    page.goto(where)
    choose(page, "Ông/bà có hài lòng", answer)
    page.get_by_role("button", name="Gửi đánh giá").tap()


@pytest.mark.stack
@pytest.mark.parametrize("site", ["https://danhgia.example", "http://danhgia.example"])
def test_what_a_phone_remembers_stays_on_https_where_it_came_by_it(office: Stack, site: str) -> None:
    # The proxy that ends TLS asks by http.
    app = make_app(office.settings.model_copy(update={"public_feedback_url": site}))
    where = link(f"CHG-{site.partition(':')[0]}").address("http://127.0.0.1", office.key)
    phone = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    answer = asyncio.run(phone.post(where, data={"score": "2"}))
    assert COOKIE in answer.headers["Set-Cookie"]
    assert ("Secure" in answer.headers["Set-Cookie"]) == site.startswith("https")


@pytest.mark.browser
@pytest.mark.stack
def test_the_phone_that_rated_can_rate_again_and_the_last_answer_counts(browser: Browser, office: Stack) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False)
    page, where = context.new_page(), address(office, "CHG-1")
    for answer in ("Không hài lòng", "Rất hài lòng", "Hài lòng"):
        rate(page, where, answer)
        expect(page.get_by_role("heading")).to_have_text("Xin cảm ơn ông/bà!")
        expect(page.get_by_text("còn đổi được đánh giá đến")).to_be_visible()
        page.goto(where)
        expect(page.get_by_text("đánh giá mới sẽ thay đánh giá trước")).to_be_visible()
    wait_until(lambda: scores(office, "CHG-1") == [1], 20)
    assert sorted(json.loads(body)["data"]["score"] for body in bodies(office, "CHG-1")) == [0, 1, 2]
    context.close()


@pytest.mark.browser
@pytest.mark.stack
def test_nobody_else_can_change_it_by_the_same_link(browser: Browser, office: Stack) -> None:
    for answer, heading in (("Không hài lòng", "Xin cảm ơn ông/bà!"), ("Rất hài lòng", "Hồ sơ này đã được đánh giá")):
        context = browser.new_context(viewport=PHONE, has_touch=True)
        page = context.new_page()
        rate(page, address(office, "CHG-2"), answer)
        expect(page.get_by_role("heading")).to_have_text(heading)
        context.close()
    wait_until(lambda: scores(office, "CHG-2") == [0], 20)


@pytest.mark.stack
def test_after_a_day_it_stays(office: Stack) -> None:
    cookies = {COOKIE: given("CHG-3", hours_ago=24.1).token(office.key)}
    for answer in (
        httpx.get(address(office, "CHG-3"), cookies=cookies),
        httpx.post(address(office, "CHG-3"), data={"score": "2"}, cookies=cookies),
    ):
        assert "Hồ sơ này đã được đánh giá" in answer.text
    assert bodies(office, "CHG-3") == []


@pytest.mark.stack
def test_what_another_dossier_was_given_changes_nothing(office: Stack) -> None:
    cookies = {COOKIE: given("CHG-9").token(office.key)}
    answer = httpx.post(address(office, "CHG-4"), data={"score": "2"}, cookies=cookies)
    assert answer.status_code == 303
    wait_until(lambda: len(bodies(office, "CHG-4")) == 1, 20)
    assert "replaces" not in json.loads(bodies(office, "CHG-4")[0])["data"]
    replaced = connect(office.settings).query("SELECT count() FROM replaced_ratings WHERE dossier = 'CHG-4'")
    assert replaced.result_rows == [(0,)]


def test_a_phone_keeps_when_it_rated_and_not_what() -> None:
    kept = given("CHG-5").token(KEY)
    assert read_given(kept, link("CHG-5"), KEY) == read_given(kept, link("CHG-5"), KEY) is not None
    fields = URLSafeSerializer("no key is needed to read it").loads_unsafe(kept)[1]
    assert fields.keys() == {"unit", "dossier", "id", "time", "until"}
    for other in (None, "", kept[:-2], kept + "x"):
        assert read_given(other, link("CHG-5"), KEY) is None
    assert read_given(kept, link("CHG-6"), KEY) is None
    assert read_given(kept, link("CHG-5"), "another") is None


def test_the_day_is_counted_from_the_first_rating() -> None:
    event = {"id": str(uuid4()), "time": NOW.isoformat(), "data": {"unit": UNIT, "dossier": "CHG-7"}}
    first = given_by(event, None)
    later = given_by(event | {"time": (NOW + timedelta(hours=20)).isoformat()}, first)
    assert later.until == first.until == NOW + timedelta(days=1)
