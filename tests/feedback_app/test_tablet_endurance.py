"""Two weeks without a network, restarts, killed pages and a door that fails: every tap is counted once.

``HAILONG_TEST_LONG=1`` makes all the 20,000 taps of two weeks, in some five minutes; otherwise a small part of them.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

from tests.support import Stack, wait_until
from tests.tablet import known_tablet, offline_ready

IS_LONG = bool(os.environ.get("HAILONG_TEST_LONG"))
DAYS = 14
TAPS, RELOADS, KILLS = (20_000, 50, 20) if IS_LONG else (560, 4, 2)
TABLET, UNIT = "TAB-LONG", "H26.LONG"
DAY_MS, DYING_MS = 86_400_000, 500
ROUNDS = DAYS * (5 if IS_LONG else 2)

# The page's own modules; every tenth tap is one that may be given a reason, of which every other one is not ended.
MAKE_TAPS = """async ([count, first]) => {
  const [outbox, { ratingEvent }, server] = await Promise.all(
    ["/sending/outbox.js", "/sending/event.js", "/sending/server.js"].map((file) => import(file)),
  );
  const device = JSON.parse(localStorage.getItem("hailong.device"));
  for (let n = first; n < first + count; n += 1) {
    const event = ratingEvent(device, 1 + (n % 4), "vi", server);
    const held = n % 10 === 0;
    await outbox.add(event, { held });
    if (held && n % 20) await outbox.release(event.id, ["attitude"]);
  }
}"""

pytestmark = [pytest.mark.browser, pytest.mark.stack]


class Tablet:
    """One tablet that lives on while its pages come and go."""

    def __init__(self, context: BrowserContext, address: str, began: datetime) -> None:
        self.context = context
        context.clock.install(time=began)
        config = {"server_time": began.isoformat(), "clock_speed": 1, "ingest_url": "http://127.0.0.1:9"}
        context.route("**/config.json", lambda route: route.fulfill(json=config))
        self.page = self._started(address)
        offline_ready(self.page)
        context.set_offline(True)
        # What a route fulfils arrives without a network too, and would tell the first day's time on every day.
        context.route("**/config.json", lambda route: route.abort())

    def _started(self, address: str) -> Page:
        page = self.context.new_page()
        page.goto(address)
        expect(page.get_by_role("radio").first).to_be_visible()
        return page

    def reload(self) -> None:
        """As a watchdog does."""
        self.page.reload()
        expect(self.page.get_by_role("radio").first).to_be_visible()

    def kill(self) -> None:
        """The renderer dies; the shell opens the page anew."""
        session = self.context.new_cdp_session(self.page)
        # The dead do not answer.
        with self.page.expect_event("crash"), suppress(Error):
            session.send("Page.crash", timeout=DYING_MS)
        self.page.close()
        self.page = self._started("/")


class BadNetwork:
    """Between the tablet and the door: requests that never arrive, errors, and answers that get lost."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.lost_answers = 0

    def handle(self, route: Route) -> None:
        """One request to the door."""
        trouble = self.rng.choice(["", "", "", "", "away", "lost", "401", "500", "503"])
        if trouble == "":
            route.continue_()
        elif trouble == "away":
            route.abort()
        elif trouble == "lost":
            route.fetch()
            self.lost_answers += 1
            route.abort("timedout")
        else:
            allowed = {"Access-Control-Allow-Origin": "*"}
            route.fulfill(status=int(trouble), headers=allowed, body="{}")


def test_every_tap_of_two_weeks_offline_is_counted_once(browser: Browser, stack: Stack) -> None:
    address = known_tablet(stack, TABLET, UNIT)
    context = browser.new_context(base_url=stack.settings.feedback_url, has_touch=True)
    tablet = Tablet(context, address, datetime.now(UTC) - timedelta(days=DAYS))
    rng = random.Random(26)
    mishaps = ["reload"] * RELOADS + ["kill"] * KILLS
    mishaps += [""] * (ROUNDS - len(mishaps))
    rng.shuffle(mishaps)
    for n, mishap in enumerate(mishaps):
        first = n * TAPS // ROUNDS
        tablet.page.evaluate(MAKE_TAPS, [(n + 1) * TAPS // ROUNDS - first, first])
        context.clock.fast_forward(DAYS * DAY_MS // ROUNDS - 60_000)
        if mishap == "reload":
            tablet.reload()
        elif mishap == "kill":
            tablet.kill()
    network = BadNetwork(seed=27)
    context.route("**/v1/events", network.handle)
    context.unroute("**/config.json")
    context.set_offline(False)
    tablet.reload()
    source = f"tablet/{TABLET}"

    def stored() -> int:
        # A pause after a failure is up to half a minute of the tablet's clock.
        context.clock.run_for(20_000)
        tablet.page.wait_for_timeout(200)
        stored: int = stack.get("/v1/counts", source=source)["stored"]
        return stored

    wait_until(lambda: stored() == TAPS, 300)
    counts = stack.get("/v1/counts", source=source)
    assert (counts["rows"], counts["stored"]) == (TAPS, TAPS)
    begins = (datetime.now(UTC) - timedelta(days=DAYS + 2)).date().isoformat()
    figure = stack.figures(UNIT, **{"from": begins}, ids="SAT_CSAT")["SAT_CSAT"]
    assert (figure["denominator"], figure["numerator"]) == (TAPS, TAPS // 2)
    tablet.page.goto("/?health")
    expect(tablet.page.locator("dd[data-name=waiting]")).to_have_text("0")
    expect(tablet.page.locator(".quarantine li")).to_have_count(0)
    print(
        f"{TAPS:,} taps, {RELOADS} reloads, {KILLS} killed pages, {network.lost_answers} answers lost: all counted once"
    )
    context.close()
