"""A tablet tells once a minute how it is, and whoever looks after tablets sees it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from contract.events.envelope import AnyEvent
from contract.links.device_token import SILENT_AFTER_UNSEEN_S
from tests.support import Stack, event, token_of, wait_until
from tests.tablet import Door, PageServer, known_tablet, set_up, tap, until

pytestmark = pytest.mark.browser

A_MINUTE_MS = 60_000


def test_a_heartbeat_tells_how_the_tablet_is(page: Page, door: Door) -> None:
    set_up(page)
    until(lambda: bool(door.heartbeats), page=page)
    beat = door.heartbeats[0]
    assert (beat.type, beat.subject, beat.source, beat.data.unit) == (
        *("device.seen", "TAB-01", "tablet/TAB-01"),
        "H26.66.01.004",
    )
    assert abs(beat.time - datetime.now(UTC)) < timedelta(seconds=5)
    state = beat.data
    assert (state.waiting, state.quarantined, state.online, state.last_tap_at, state.oldest_unsent_s) == (
        *(0, 0, True, None),
        None,
    )
    assert 0 <= state.battery_percent <= 100
    assert state.charging in {True, False}
    assert abs(state.clock_skew_ms) < 1_000
    assert 0 < state.storage_used_bytes < state.storage_quota_bytes
    assert state.storage_persisted in {True, False}
    assert state.page_version == page.evaluate("SHELL.version")


def test_taps_that_wait_are_told_and_a_lost_heartbeat_is_not_sent_again(
    page: Page, context: BrowserContext, door: Door, server: PageServer
) -> None:
    page.clock.install()
    set_up(page)
    until(lambda: len(door.heartbeats) == 1, page=page)
    # Its clock does not run ahead with the page's.
    server.stop()
    context.set_offline(True)
    tap(page)
    page.clock.run_for(5 * A_MINUTE_MS)
    assert len(door.heartbeats) == 1
    door.troubles = [503] * 500
    context.set_offline(False)

    def with_network() -> list[AnyEvent]:
        # One that was made before may leave only now.
        page.clock.run_for(A_MINUTE_MS)
        return [beat for beat in door.heartbeats[1:] if beat.data.online]

    until(lambda: bool(with_network()), page=page)
    beat = with_network()[0]
    assert beat.data.waiting == 1
    assert beat.data.oldest_unsent_s >= 5 * 60
    tapped = beat.time - timedelta(seconds=beat.data.oldest_unsent_s)
    assert abs(beat.data.last_tap_at - tapped) < timedelta(seconds=2)


@pytest.mark.stack
def test_the_list_of_tablets_tells_what_the_page_told(browser: Browser, stack: Stack) -> None:
    device, at = "TAB-BEAT", "H26.BEAT"
    address = known_tablet(stack, device, at)
    long_ago = datetime.now(UTC) - timedelta(seconds=SILENT_AFTER_UNSEEN_S + 60)
    beat = event("device.seen", device, long_ago.isoformat(), unit=at, source=f"tablet/{device}", battery_percent=7)
    beat["id"] = str(uuid4())
    answer = httpx.post(
        f"{stack.settings.ingest_url}/v1/events",
        content=json.dumps(beat),
        headers={"Authorization": f"Bearer {token_of(device)}", "Content-Type": "application/cloudevents+json"},
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["rejected"]) == (202, [])
    wait_until(lambda: bool(listed(stack, at)) and listed(stack, at)[0]["battery_percent"] == 7, 30)
    (tablet,) = listed(stack, at)
    assert (tablet["unseen"], tablet["untapped"], tablet["silent"]) == (True, False, True)
    page = browser.new_page(has_touch=True)
    set_up(page, address)
    wait_until(lambda: not listed(stack, at)[0]["silent"], 30)
    (tablet,) = listed(stack, at)
    assert tablet["battery_percent"] > 7
    assert (tablet["waiting"], tablet["page_version"]) == (0, page.evaluate("SHELL.version"))
    assert stack.get("/v1/counts", source=f"tablet/{device}")["rows"] == 0
    page.close()


def listed(stack: Stack, unit: str) -> list[dict[str, Any]]:
    tablets: list[dict[str, Any]] = stack.get("/v1/tablets", unit=unit)["tablets"]
    return tablets
