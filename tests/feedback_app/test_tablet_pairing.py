"""A tablet is paired by the code that it shows, handed its token once, replaced and revoked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.links.pairing_code import ALPHABET, make_code, read_code
from feedback_app.pairing.pending import LIFE_S, MOST_AT_ONCE, Pairings
from feedback_app.pairing.routes import GRANT
from sources.reference.pair import pair, revoke
from tests.support import Stack, unit, wait_until
from tests.tablet import tap

HANDED = {"access_token": "secret"}


def begun(pairings: Pairings, now_s: float = 0.0) -> tuple[str, str]:
    pairing = pairings.begin(now_s)
    return pairing.device_code, pairing.user_code


def granted(pairings: Pairings, user_code: str, now_s: float) -> bool:
    pairing = pairings.waiting(user_code, now_s)
    if pairing:
        pairings.grant(pairing, HANDED, now_s)
    return pairing is not None


def test_a_code_is_read_however_it_is_typed() -> None:
    assert make_code(lambda letters: letters[0]) == "BBBB-BBBB"
    assert {read_code(text) for text in ("BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "B.C.D.F.–GHJK")} == {"BCDF-GHJK"}
    assert [read_code(text) for text in ("", "BCDF-GHJ", "BCDF-GHJA", "BCDF-GHJKL", "<b>")] == [None] * 5
    assert not set(ALPHABET) & set("AEIOUY0O1I")


def test_the_token_is_handed_exactly_once() -> None:
    pairings = Pairings()
    device_code, user_code = begun(pairings)
    assert pairings.collect(device_code, 5) == "authorization_pending"
    assert granted(pairings, user_code, 6)
    assert not granted(pairings, user_code, 7)
    assert pairings.collect(device_code, 10) == HANDED
    assert pairings.collect(device_code, 15) == "expired_token"


def test_who_asks_too_often_must_ask_slower() -> None:
    pairings = Pairings()
    device_code, _ = begun(pairings)
    answers = [pairings.collect(device_code, now_s) for now_s in (5, 9.6, 14, 23, 37, 56.6)]
    pending, slower = "authorization_pending", "slow_down"
    # From the first time on 10 s are asked for, then 15 s, then 20 s.
    assert answers == [pending, pending, slower, slower, slower, pending]


def test_a_code_ends_after_ten_minutes_and_with_the_process() -> None:
    pairings = Pairings()
    device_code, user_code = begun(pairings)
    assert pairings.collect(device_code, LIFE_S - 1) == "authorization_pending"
    assert pairings.collect(device_code, LIFE_S) == "expired_token"
    assert not granted(pairings, user_code, LIFE_S)
    assert Pairings().collect(device_code, 5) == "expired_token"


def test_five_wrong_codes_within_ten_minutes_lock_whoever_tries() -> None:
    pairings = Pairings()
    _, user_code = begun(pairings, 500)
    for now_s in (0, 100, 200, 300, 400):
        assert pairings.locked_for_s(now_s) == 0
        assert not granted(pairings, "BCDF-GHJK", now_s)
    assert pairings.locked_for_s(500) == 100
    assert pairings.locked_for_s(LIFE_S) == 0
    assert granted(pairings, user_code, LIFE_S)


def test_whoever_fills_the_list_takes_no_place_of_a_tablet_that_asks() -> None:
    pairings = Pairings()
    device_code, user_code = begun(pairings)
    approved_code, approved = begun(pairings)
    assert granted(pairings, approved, 1)
    silent_code, silent = begun(pairings)
    for now_s in range(5, 105, 5):
        for _ in range(MOST_AT_ONCE // 5):
            begun(pairings, now_s)
        assert pairings.collect(device_code, now_s) == "authorization_pending"
    assert not granted(pairings, silent, 105)
    assert pairings.collect(silent_code, 105) == "expired_token"
    assert pairings.collect(approved_code, 105) == HANDED
    assert granted(pairings, user_code, 105)
    assert pairings.collect(device_code, 110) == HANDED
    assert len(pairings._by_device_code) == len(pairings._by_user_code) <= MOST_AT_ONCE


@pytest.fixture(scope="module")
def office(stack: Stack) -> Stack:
    """A stack that knows a point with two counters."""
    point = unit("H26.PAIR")
    counters = [unit(f"H26.PAIR.Q{n}", parent="H26.PAIR", level="counter") for n in (1, 2)]
    assert stack.send([point, *counters]) == []
    return stack


@pytest.fixture
def tablets(browser: Browser, office: Stack) -> Iterator[list[BrowserContext]]:
    """Two tablets that were never set up."""
    size = {"width": 1280, "height": 800}
    contexts = [
        browser.new_context(viewport=size, base_url=office.settings.feedback_url, has_touch=True)  # type: ignore[arg-type]
        for _ in range(2)
    ]
    yield contexts
    for context in contexts:
        context.close()


def code_on(page: Page) -> str:
    page.goto("/")
    expect(page.locator(".code")).to_be_visible()
    return page.locator(".code").inner_text()


def paired(stack: Stack, code: str, replaces: str | None = None, **place: Any) -> int:
    return pair(stack.settings, code, {"faces": 4, **place}, device=None, replaces=replaces)


@pytest.mark.browser
@pytest.mark.stack
def test_a_tablet_is_paired_replaced_and_keeps_what_it_has_not_sent(
    tablets: list[BrowserContext], office: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (context.new_page() for context in tablets)
    code = code_on(first)
    assert read_code(code) == code
    place = {"unit": "H26.PAIR", "counter": "H26.PAIR.Q1", "name": "Quầy 1"}
    assert paired(office, code.lower().replace("-", " "), **place) == 0
    expect(first.get_by_role("radio")).to_have_count(4, timeout=15_000)
    expect(first.locator(".unit")).to_have_text("Quầy 1")
    old = f"TAB-{code.replace('-', '')}"
    assert f"{old} is paired for H26.PAIR" in capsys.readouterr().out
    tap(first, "Rất hài lòng")
    office.wait_stored(f"tablet/{old}", 1)
    expect(first.get_by_role("radio").first).to_be_visible()

    code = code_on(second)
    new = f"TAB-{code.replace('-', '')}"
    wait_until(lambda: [row["device"] for row in listed(office)] == [old], 30)
    assert paired(office, code, replaces=old) == 0
    expect(second.locator(".unit")).to_have_text("Quầy 1", timeout=15_000)
    tap(second, "Hài lòng")
    office.wait_stored(f"tablet/{new}", 1)

    tap(first, "Hài lòng")
    expect(first.get_by_role("heading")).to_have_text("Máy tính bảng này không còn được cài đặt.", timeout=15_000)
    staff = tablets[0].new_page()
    staff.goto("/?health")
    expect(staff.locator("dd[data-name=waiting]")).to_have_text("1")
    expect(staff.locator("dd[data-name=last_problem]")).to_contain_text("HTTP 403")
    assert [(row["device"], row["counter"]) for row in listed(office)] == [(new, "H26.PAIR.Q1")]
    by_counter = office.get("/v1/breakdown", unit="H26.PAIR", of="ratings", by="counter")["parts"]
    assert [(row["part"], row["answered"]) for row in by_counter] == [("H26.PAIR.Q1", 2)]


def listed(stack: Stack) -> list[dict[str, Any]]:
    tablets: list[dict[str, Any]] = stack.get("/v1/tablets", unit="H26.PAIR")["tablets"]
    return tablets


@pytest.mark.browser
@pytest.mark.stack
def test_a_tablet_that_was_known_again_goes_on_and_sends_what_it_kept(browser: Browser, office: Stack) -> None:
    page = browser.new_page(has_touch=True, base_url=office.settings.feedback_url)
    assert paired(office, code_on(page), unit="H26.PAIR", counter="H26.PAIR.Q2") == 0
    expect(page.get_by_role("radio")).to_have_count(4, timeout=15_000)
    device = page.evaluate("JSON.parse(localStorage['hailong.device']).device")
    wait_until(lambda: device in {row["device"] for row in listed(office)}, 30)
    assert revoke(office.settings, device, "lost") == 0
    wait_until(lambda: device not in {row["device"] for row in listed(office)}, 30)
    assert revoke(office.settings, device, None) == 1
    tap(page)
    expect(page.locator(".code")).to_be_visible(timeout=15_000)
    assert office.get("/v1/counts", source=f"tablet/{device}")["rows"] == 0
    code = page.locator(".code").inner_text()
    same_place = {"unit": "H26.PAIR", "counter": "H26.PAIR.Q2", "faces": 3}
    assert pair(office.settings, code, same_place, device=device, replaces=None) == 0
    expect(page.get_by_role("radio")).to_have_count(3, timeout=30_000)
    office.wait_stored(f"tablet/{device}", 1)
    page.close()


@pytest.mark.stack
def test_who_has_no_key_or_no_code_pairs_nothing(office: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    site = office.settings.feedback_url
    with httpx.Client(base_url=site, trust_env=False) as tablet:
        codes = tablet.post("/pair/code").json()
        assert codes["verification_uri_complete"] == f"{site}/pair?code={codes['user_code']}"
        ask = {"grant_type": GRANT, "device_code": codes["device_code"]}
        assert tablet.post("/pair/token", data={"device_code": codes["device_code"]}).json()["error"] == (
            "unsupported_grant_type"
        )
        approval = {"user_code": codes["user_code"], "device": "TAB-X", "unit": "H26.PAIR"}
        assert tablet.post("/pair/approval", json=approval).status_code == 403
        assert tablet.post("/pair/approval", json=approval, headers={"Authorization": "Bearer no"}).status_code == 403
        assert paired(office, codes["user_code"], unit="H26.NONE") == 1
        assert "unknown_unit" in capsys.readouterr().out
        assert paired(office, codes["user_code"], replaces="TAB-NONE") == 1
        assert "no tablet TAB-NONE is paired" in capsys.readouterr().out
        assert [paired(office, text, unit="H26.PAIR") for text in ("ABC", "BCDF-GHJK")] == [1, 1]
        assert "no tablet shows this code" in capsys.readouterr().out
        assert tablet.post("/pair/token", data=ask).json() == {"error": "authorization_pending"}
        assert paired(office, codes["user_code"], unit="H26.PAIR") == 0
        page = tablet.get("/pair", params={"code": "bcdf-<b>"})
        assert (page.status_code, "<b>" in page.text) == (200, False)
        assert codes["user_code"] in tablet.get("/pair", params={"code": codes["user_code"]}).text


@pytest.mark.browser
@pytest.mark.stack
def test_what_to_do_can_be_read_on_tablet_and_phone(browser: Browser, office: Stack, tmp_path: Path) -> None:
    tablet = browser.new_page(viewport={"width": 1280, "height": 800}, base_url=office.settings.feedback_url)
    code = code_on(tablet)
    box = tablet.locator("svg.qr").bounding_box()
    assert box
    assert box["width"] > 150
    tablet.screenshot(path=tmp_path / "tablet.png")
    phone = browser.new_page(viewport={"width": 390, "height": 844}, base_url=office.settings.feedback_url)
    for language, words in (("vi", "Cài đặt máy tính bảng"), ("en", "Setting up a tablet")):
        phone.goto(f"/pair?code={code}&lang={language}")
        expect(phone.get_by_role("heading").first).to_have_text(words)
        expect(phone.locator("pre").first).to_contain_text(f"hailong reference pair {code} --unit")
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390
        assert phone.locator("input").count() == 0
    phone.screenshot(path=tmp_path / "phone.png")
    tablet.close()
    phone.close()
