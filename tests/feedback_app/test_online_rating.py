"""Rating a dossier on a phone: the signed link, the form in a real browser, and what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pydantic import SecretStr
from starlette.datastructures import FormData

from contract.links.comment import CommentLink
from contract.links.rating import RatingLink
from contract.ratings.reasons import reasons
from contract.time import VIETNAM
from feedback_app.phone.answers import ITEMS, LONGEST_COMMENT, Answers, rating_event, read_answers
from runtime.settings import Settings
from sources.links import invite, set_up_tablet, tablet_address
from tests.support import Stack, free_port, unit, wait_until
from tests.tablet import PageServer
from warehouse.client import connect

UNIT, KEY = "H26.ONL", "secret-key"
TODAY = datetime.now(VIETNAM).date()
LINK = RatingLink(unit=UNIT, dossier="H26.ONL-261120-0001", last_day=TODAY + timedelta(days=2))
PHONE: ViewportSize = {"width": 390, "height": 844}
browser_test = pytest.mark.browser
stack_test = pytest.mark.stack


def test_a_link_says_what_it_was_made_for() -> None:
    link = LINK.model_copy(update={"procedure": "1.000656", "time_points": 2})
    token = link.address("https://rate.example.vn/", KEY).removeprefix("https://rate.example.vn/r/")
    assert RatingLink.read(token, KEY) == link
    assert RatingLink.read(token, "another-key") is None
    assert [RatingLink.read(token[:at] + "A" + token[at + 1 :], KEY) for at in (3, 40, len(token) - 4)] == [None] * 3
    assert RatingLink.read("", KEY) is None


def test_a_link_holds_to_the_end_of_its_last_day() -> None:
    assert LINK.holds_on(LINK.last_day)
    assert not LINK.holds_on(LINK.last_day + timedelta(days=1))


def test_what_the_page_does_not_offer_is_left_out() -> None:
    form = FormData(
        [("score", "3"), ("nd61_3", "-1"), ("nd61_4", "0"), ("nd61_2", "2"), ("reasons", "insulted"), ("reasons", "x")]
    )
    assert read_answers(form) == Answers(score=None, items={"nd61_4": 0}, reasons=("insulted",))
    assert read_answers(form).problem == "missing_score"


def test_a_comment_is_counted_as_the_page_counts_it() -> None:
    lines = "\r\n".join(["a" * 99] * 12)
    form = FormData([("score", "2"), ("comment", lines)])
    assert len(read_answers(form).comment) == LONGEST_COMMENT - 1
    assert read_answers(form).problem is None
    assert read_answers(FormData([("score", "2"), ("comment", lines + "bcd")])).problem == "too_long"


def test_what_was_not_answered_is_not_sent() -> None:
    event = rating_event(LINK, Answers(score=0), "vi", datetime(2026, 11, 23, tzinfo=UTC))
    assert not event["data"].keys() & {"answers", "reasons", "comment", "procedure"}
    again = rating_event(LINK, Answers(score=2), "en", datetime(2026, 11, 24, tzinfo=UTC))
    assert event["id"] == again["id"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A phone that runs no script."""
    context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    assert stack.send([unit(UNIT)]) == []
    return stack


def address(stack: Stack, dossier: str, **values: object) -> str:
    link = LINK.model_copy(update={"dossier": dossier, **values})
    return link.address(stack.settings.feedback_url, stack.key)


def ratings(stack: Stack) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = stack.get("/v1/ratings", unit=UNIT, **{"from": TODAY.isoformat()})["ratings"]
    return listed


def bodies(stack: Stack, dossier: str) -> list[str]:
    result = connect(stack.settings).query(
        "SELECT body FROM events FINAL WHERE subject = {dossier:String}", parameters={"dossier": dossier}
    )
    return [str(body) for (body,) in result.result_rows]


def choose(page: Page, question: str, choice: str) -> None:
    page.get_by_role("group", name=question).get_by_label(choice, exact=True).check()


@browser_test
@stack_test
def test_a_dossier_is_rated_once_without_scripts(page: Page, office: Stack) -> None:
    page.goto(address(office, "D-1", time_points=0, procedure="1.000656"))
    expect(page.get_by_text("Hồ sơ D-1")).to_be_visible()
    expect(page.get_by_label("Trễ hẹn", exact=True)).to_be_checked()
    choose(page, "Ông/bà có hài lòng", "Không hài lòng")
    choose(page, "Ông/bà phải bổ sung", "Một lần")
    choose(page, "Thái độ của cán bộ?", "Đúng mực")
    choose(page, "Điều gì chưa tốt?", "Bị đòi thêm tiền")
    page.get_by_label("Ý kiến thêm").fill("Phải đi lại nhiều lần <b>&</b>")
    page.get_by_role("button", name="Gửi đánh giá").tap()
    expect(page.get_by_role("heading")).to_have_text("Xin cảm ơn ông/bà!")
    assert page.url == address(office, "D-1", time_points=0, procedure="1.000656") + "/thanks?lang=vi"
    wait_until(lambda: len(ratings(office)) == 1, 20)
    stored = ratings(office)[0]
    assert (stored["channel"], stored["scale"], stored["score"]) == ("online", "nd61", 0)
    assert stored["reasons"] == ["asked_for_money"]
    # Another link of the dossier, as from another phone.
    page.goto(address(office, "D-1"))
    choose(page, "Ông/bà có hài lòng", "Rất hài lòng")
    page.get_by_role("button", name="Gửi đánh giá").tap()
    expect(page.get_by_role("heading")).to_have_text("Hồ sơ này đã được đánh giá")
    assert [rating["score"] for rating in ratings(office)] == [0]


@browser_test
@stack_test
def test_the_whole_form_is_stored_as_it_was_filled_in(browser: Browser, office: Stack) -> None:
    page = browser.new_page(viewport=PHONE)
    page.goto(address(office, "D-2") + "?lang=en")
    for question in (
        "Are you satisfied",
        "When was the result",
        "How often",
        "Besides handing in",
        "How did the staff",
    ):
        page.get_by_role("group", name=question).get_by_role("radio").first.check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading")).to_have_text("Thank you!")
    page.close()
    wait_until(lambda: bool(bodies(office, "D-2")), 20)
    data = json.loads(bodies(office, "D-2")[0])["data"]
    assert (data["score"], data["language"], data["instrument"]) == (2, "en", "nd61.online.v1")
    assert data["answers"] == dict.fromkeys(ITEMS, 2)


@stack_test
def test_opening_a_link_records_nothing(office: Stack) -> None:
    before = len(ratings(office))
    link = address(office, "D-3")
    assert {httpx.get(link).status_code for _ in range(20)} == {200}
    assert httpx.head(link).status_code == 200
    assert httpx.get(link).headers["Cache-Control"] == "no-store"
    # What was accepted last is stored last: had an opened link recorded something, it would be there as well.
    assert httpx.post(address(office, "D-4"), data={"score": "2"}).status_code == 303
    wait_until(lambda: len(ratings(office)) > before, 20)
    assert len(ratings(office)) == before + 1


@stack_test
def test_links_that_do_not_hold_say_so(office: Stack) -> None:
    expired = address(office, "D-5", last_day=TODAY - timedelta(days=2))
    forged = LINK.address(office.settings.feedback_url, "guessed")
    for link, status, words in ((expired, 410, "Đường dẫn đã hết hạn"), (forged, 404, "Đường dẫn không đúng")):
        for answer in (httpx.get(link), httpx.post(link, data={"score": "2"})):
            assert (answer.status_code, words in answer.text) == (status, True)
    stranger = address(office, "D-6", unit="H26.NOWHERE")
    answer = httpx.post(stranger, data={"score": "2"})
    assert (answer.status_code, "Xin báo cho bộ phận một cửa" in answer.text) == (502, True)


@pytest.fixture
def away() -> Iterator[PageServer]:
    """The pages' server, whose ingest is away."""
    own, ingest = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    server = PageServer(Settings(feedback_url=own, ingest_url=ingest, api_key=SecretStr(KEY)))
    server.start()
    yield server
    server.stop()


@browser_test
def test_what_could_not_be_sent_stays_in_the_form(page: Page, away: PageServer) -> None:
    page.goto(LINK.address(away.settings.feedback_url, KEY))
    choose(page, "Ông/bà có hài lòng", "Hài lòng")
    choose(page, "Điều gì chưa tốt?", "Chờ quá lâu")
    page.get_by_label("Ý kiến thêm").fill("Ghế chờ ít")
    page.get_by_role("button", name="Gửi đánh giá").tap()
    expect(page.get_by_role("alert")).to_contain_text("Chưa gửi được đánh giá")
    expect(page.get_by_label("Hài lòng", exact=True)).to_be_checked()
    expect(page.get_by_label("Chờ quá lâu")).to_be_checked()
    expect(page.get_by_label("Ý kiến thêm")).to_have_value("Ghế chờ ít")


def test_a_form_without_an_answer_is_given_back(away: PageServer) -> None:
    link = LINK.address(away.settings.feedback_url, KEY)
    answer = httpx.post(link, data={"comment": "<script>x</script>"})
    assert answer.status_code == 422
    assert "Xin chọn mức hài lòng" in answer.text
    assert "&lt;script&gt;x" in answer.text


@browser_test
@pytest.mark.parametrize(
    ("language", "score", "comment"),
    [
        ("vi", "Xin chọn mức hài lòng ở câu đầu tiên.", "Xin ghi ý kiến trước khi gửi."),
        ("en", "Please answer the first question.", "Please write something first."),
    ],
)
def test_what_is_missing_is_said_in_the_pages_own_language(
    browser: Browser, away: PageServer, language: str, score: str, comment: str
) -> None:
    site = away.settings.feedback_url
    tap = CommentLink(unit=UNIT, rating=UUID(int=7), expires_at=datetime.now(UTC) + timedelta(minutes=9))
    for script in (True, False):
        context = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=script, locale="fr-FR")
        page = context.new_page()
        page.goto(f"{LINK.address(site, KEY)}?lang={language}")
        page.locator("textarea").fill("Ghế chờ ít")
        page.locator("button").tap()
        expect(page.get_by_role("alert")).to_have_text(score)
        expect(page.get_by_role("group").first).to_have_attribute("aria-describedby", "problem")
        expect(page.locator("textarea")).to_have_value("Ghế chờ ít")
        page.goto(f"{tap.address(site, KEY)}?lang={language}")
        page.locator("button").tap()
        expect(page.get_by_role("alert")).to_have_text(comment)
        context.close()


@browser_test
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_form_is_legible_on_a_phone(page: Page, away: PageServer, language: str) -> None:
    page.goto(LINK.address(away.settings.feedback_url, KEY) + f"?lang={language}")
    boxes = [box.bounding_box() for box in page.locator("fieldset label, nav a, button").all()]
    assert min(box["height"] for box in boxes if box) >= 44
    assert len(boxes) == 3 + len(ITEMS) * 3 + len(reasons()) + 3
    wide = page.locator("body").bounding_box()
    assert wide
    assert wide["width"] <= PHONE["width"]


def test_an_invitation_prints_the_link_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(state_dir=tmp_path, api_key=SecretStr(KEY), public_feedback_url="https://rate.example.vn")
    picture = tmp_path / "qr.svg"
    assert invite(settings, UNIT, "D-9", None, days=30, qr=picture) == 0
    printed = capsys.readouterr().out.strip()
    link = RatingLink.read(printed.removeprefix("https://rate.example.vn/r/"), KEY)
    assert link
    assert (link.unit, link.dossier) == (UNIT, "D-9")
    assert link.last_day - TODAY in (timedelta(days=30), timedelta(days=31))
    assert "<svg" in picture.read_text()
    assert invite(settings, " ", "D-9", None, days=30, qr=None) == 2
    assert invite(Settings(state_dir=tmp_path, api_key=SecretStr("")), UNIT, "D-9", None, days=30, qr=None) == 2


@browser_test
def test_a_tablet_is_set_up_by_the_address_that_is_printed(
    browser: Browser, away: PageServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = {"unit": UNIT, "counter": None, "name": "Phường Cửa Nam", "faces": "3"}
    settings = away.settings.model_copy(update={"state_dir": tmp_path})
    # Without ingest nothing is paired, and no address leads anywhere.
    assert set_up_tablet(settings, "TAB-7", place, qr=None) == 1
    assert capsys.readouterr().out == ""
    page = browser.new_page()
    page.goto(tablet_address(settings.site, "TAB-7", place, "secret-7"))
    expect(page.get_by_role("radio")).to_have_count(3)
    expect(page.get_by_text("Phường Cửa Nam")).to_be_visible()
    remembered = json.loads(page.evaluate("() => localStorage.getItem('hailong.device')"))
    assert remembered["token"] == "secret-7"
    page.close()
