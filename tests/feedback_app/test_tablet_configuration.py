"""What tablets follow: inherited down the tree, refused when broken, taken over between two citizens, taken back."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from contract.ratings.reasons import tablet_languages
from feedback_app.texts.by_language import tablet_texts
from ingest.admission.registry import Device, Registry
from sources.reference.configure import configure, former_values, place_of
from sources.reference.reference_events import CommandError
from tests.support import Stack, event, token_of, unit, wait_until
from tests.tablet import SET_UP, Door, known_tablet, offline_ready, set_up, tap, until

OWN = Device("TAB-1", "POINT", "", "POINT.Q1")


def registry_of(*bodies: dict[str, Any]) -> Registry:
    registry = Registry()
    for body in bodies:
        fact = decode(json.dumps(body).encode())
        assert not isinstance(fact, Refusal), fact
        registry.apply(fact)
    return registry


def configured(scope: str, day: int = 1, key: str = "", **values: Any) -> dict[str, Any]:
    return event(
        "device.configured", scope, f"2026-01-{day:02}T00:00:00Z", unit=values.pop("unit", scope), key=key, **values
    )


TREE = (unit("CITY"), unit("BRANCH", "CITY"), unit("POINT", "BRANCH"), unit("POINT.Q1", "POINT"))


def test_each_field_is_that_of_the_nearest_scope_that_has_it() -> None:
    city = configured("CITY", faces=5, idle_s=60, follow_up=True, languages=["vi", "en"])
    branch, counter = configured("BRANCH", faces=3, follow_up=False), configured("POINT.Q1", idle_s=30)
    own = configured("TAB-1", unit="POINT", device="TAB-1", large_text=True)
    configuration = registry_of(*TREE, city, branch, counter, own).configuration_of(OWN)
    assert list(configuration["values"].items()) == [
        ("large_text", True),
        ("idle_s", 30),
        ("faces", 3),
        ("follow_up", False),
        ("languages", ["vi", "en"]),
    ]
    assert list(configuration["said_by"].values()) == ["TAB-1", "POINT.Q1", "BRANCH", "BRANCH", "CITY"]


def test_the_newest_configuration_of_a_scope_replaces_the_former_as_a_whole_in_any_order() -> None:
    older, newer = configured("POINT", 1, faces=5, idle_s=30), configured("POINT", 2, faces=3)
    one, other = registry_of(*TREE, older, newer), registry_of(newer, older, *TREE[::-1])
    assert one.configuration_of(OWN) == other.configuration_of(OWN)
    assert one.configuration_of(OWN)["values"] == {"faces": 3}
    assert one.configuration_of(OWN)["version"] != registry_of(*TREE, older).configuration_of(OWN)["version"]
    assert registry_of(*TREE).configuration_of(OWN) == {"version": "default", "values": {}, "said_by": {}}


def test_units_in_a_circle_do_not_hang_anybody() -> None:
    circle = registry_of(unit("POINT", "BRANCH"), unit("BRANCH", "POINT"), configured("BRANCH", faces=3))
    assert circle.configuration_of(OWN)["values"] == {"faces": 3}


@pytest.mark.parametrize(
    ("values", "detail"),
    [
        ({"faces": 6}, "faces"),
        ({"languages": ["vi", "xx"]}, "languages.1"),
        ({"languages": []}, "languages"),
        ({"idle_s": 5}, "idle_s"),
        ({"idle_s": 301}, "idle_s: 301 is greater than 300"),
        ({"face": 4}, "face: is no field of this event"),
        ({"mirrored": "yes"}, "mirrored"),
    ],
)
def test_a_broken_configuration_is_refused(values: dict[str, Any], detail: str) -> None:
    refusal = decode(json.dumps(configured("POINT", **values)).encode())
    assert isinstance(refusal, Refusal)
    assert detail in refusal.detail


def test_every_language_of_the_page_can_be_configured() -> None:
    assert set(tablet_languages()) == set(tablet_texts())


def test_the_former_configuration_is_that_before_the_newest() -> None:
    events = [configured("A", 1, faces=3), configured("B", 2, faces=4), configured("A", 3, faces=5, idle_s=30)]
    assert former_values(events, "A") == {"faces": 3}
    assert former_values(events, "B") == {}
    with pytest.raises(CommandError, match="C was never configured"):
        former_values(events, "C")
    paired = event("device.paired", "TAB-1", "2026-01-01T00:00:00Z", unit="B", token_sha256="0" * 64)
    assert (place_of([paired], "TAB-1"), place_of([paired], "B")) == ({"unit": "B", "device": "TAB-1"}, {"unit": "B"})


def shown_later(page: Page, faces: int) -> bool:
    """Whether the page shows so many faces after a further moment of its own clock."""
    page.clock.run_for(2_000)
    return page.get_by_role("radio").count() == faces


@pytest.mark.browser
def test_it_is_taken_over_between_two_citizens_and_kept_without_a_network(
    page: Page, context: BrowserContext, door: Door
) -> None:
    page.clock.install()
    set_up(page, SET_UP.replace("#", "&faces=3#"))
    offline_ready(page)
    page.get_by_role("button", name="English").tap()
    door.configuration = {"version": "v1", "values": {"faces": 5, "languages": ["en"], "mirrored": True}}
    page.clock.run_for(59_000)
    expect(page.get_by_role("radio")).to_have_count(3)
    until(lambda: shown_later(page, 5), page=page)
    expect(page.get_by_role("heading")).to_have_text("Were you satisfied with your visit today?")
    context.set_offline(True)
    page.reload()
    expect(page.get_by_role("radio")).to_have_count(5)
    assert page.evaluate("JSON.parse(localStorage['hailong.device']).mirrored") is True
    context.set_offline(False)
    page.goto("/?device=TAB-01&faces=3")
    until(lambda: shown_later(page, 5), page=page)
    page.clock.run_for(61_000)
    until(lambda: bool(door.heartbeats) and door.heartbeats[-1].data.configuration == "v1", page=page)
    door.configuration = {"version": "v2", "values": {}}
    page.clock.run_for(61_000)
    until(lambda: shown_later(page, 3), page=page)
    assert page.evaluate("JSON.parse(localStorage['hailong.device']).mirrored") is None


@pytest.mark.browser
def test_who_is_not_satisfied_is_asked_why_only_where_that_is_wished(page: Page, door: Door) -> None:
    door.configuration = {"version": "v1", "values": {"follow_up": False, "faces": 5}}
    set_up(page)
    expect(page.get_by_role("radio")).to_have_count(5, timeout=15_000)
    tap(page, "Không hài lòng")
    until(lambda: bool(door.posts), page=page)
    expect(page.get_by_role("radio").first).to_be_visible()
    assert door.last.data.reasons is None


@pytest.mark.browser
@pytest.mark.stack
def test_a_city_changes_its_tablets_and_takes_it_back(
    browser: Browser, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stack.send([unit("CONF.CITY"), unit("CONF.POINT", "CONF.CITY")]) == []
    address = known_tablet(stack, "TAB-CONF", "CONF.POINT")
    assert stack.send([unit("CONF.POINT", "CONF.CITY", valid_from="2025-01-01")]) == []
    ask = {"headers": {"Authorization": f"Bearer {token_of('TAB-CONF')}"}, "trust_env": False}
    where = f"{stack.settings.ingest_url}/v1/device-configuration"

    def followed() -> Any:
        return httpx.get(where, **ask).json()["values"]  # type: ignore[arg-type]

    def is_listed(scope: str, count: int) -> bool:
        words = stack.get("/v1/reference")["events"]
        return len([w for w in words if w["type"] == "device.configured" and w["subject"] == scope]) == count

    assert followed() == {}
    assert configure(stack.settings, "CONF.CITY", {"faces": 3}, back=False) == 0
    wait_until(lambda: is_listed("CONF.CITY", 1), 30)
    assert configure(stack.settings, "CONF.CITY", {"faces": 5, "large_text": True}, back=False) == 0
    wait_until(lambda: is_listed("CONF.CITY", 2), 30)
    assert configure(stack.settings, "CONF.CITY", {"faces": 9}, back=False) == 1
    assert "invalid_value: data.faces" in capsys.readouterr().out
    assert followed() == {"faces": 5, "large_text": True}
    page = browser.new_page(has_touch=True)
    set_up(page, address)
    expect(page.get_by_role("radio")).to_have_count(5, timeout=15_000)
    assert configure(stack.settings, "CONF.CITY", {}, back=True) == 0
    assert followed() == {"faces": 3}
    page.reload()
    expect(page.get_by_role("radio")).to_have_count(3, timeout=15_000)
    assert (
        httpx.get(
            where, params={"device": "TAB-NONE"}, headers={"Authorization": f"Bearer {stack.key}"}, trust_env=False
        ).status_code
        == 404
    )
    page.close()
