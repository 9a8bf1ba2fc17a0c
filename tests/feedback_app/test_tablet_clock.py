"""A tablet whose clock is wrong, in a real browser: every tap counts on its day, or as near as can be known."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from contract.events.envelope import AnyEvent
from tests.tablet import Door, PageServer, offline_ready, set_up, tap, until

pytestmark = pytest.mark.browser

DAY_MS = 86_400_000
MOST_UNCERTAIN_S = 9_999_999
# The device's clock is as far off as this says; the monotonic one is the browser's own.
CLOCK = """(() => {
  const Real = Date;
  const now = () => Real.now() + Number(localStorage.getItem("test.off_ms") ?? 0);
  window.Date = class extends Real {
    constructor(...given) { if (given.length) super(...given); else super(now()); }
    static now() { return now(); }
  };
})()"""


class Tablet:
    """One tablet whose pages come and go."""

    def __init__(self, context: BrowserContext, door: Door) -> None:
        self.context = context
        self.door = door
        context.add_init_script(CLOCK)
        self.page = context.new_page()
        set_up(self.page)
        offline_ready(self.page)
        until(lambda: bool(self.page.evaluate("localStorage['hailong.server'] ?? ''")), page=self.page)
        self.since = datetime.now(UTC)

    def set_clock(self, year_or_days: str) -> None:
        """To the beginning of a year, or so many days ahead."""
        now_ms = round(datetime.now(UTC).timestamp() * 1000)
        is_year = len(year_or_days) == 4 and year_or_days.isdigit()
        off_ms = f"Date.UTC({year_or_days}, 0, 1) - {now_ms}" if is_year else f"{year_or_days} * {DAY_MS}"
        self.page.evaluate(f"localStorage.setItem('test.off_ms', {off_ms})")

    def start(self, clock: str | None = None) -> None:
        """As after a power cut, from which the clock may come back as another."""
        self.page.goto("/icon.svg")
        if clock:
            self.set_clock(clock)
        page = self.context.new_page()
        self.page.close()
        self.page = page
        set_up(page, "/")

    def rate(self, count: int = 1) -> None:
        for _ in range(count):
            tap(self.page, "Rất hài lòng")
            expect(self.page.get_by_role("radio").first).to_be_visible()

    def arrived(self, count: int) -> list[AnyEvent]:
        """The ratings that came, by their numbers; each came once."""
        until(lambda: len(self.door.ids) >= count, page=self.page)
        ratings = [event for _, _, events in self.door.posts for event in events]
        assert len({rating.id for rating in ratings}) == len(ratings) == count
        return sorted(ratings, key=lambda rating: rating.data.counter_n)


@pytest.fixture
def tablet(context: BrowserContext, door: Door) -> Tablet:
    return Tablet(context, door)


def off_line(tablet: Tablet, clock: str) -> None:
    tablet.context.set_offline(True)
    tablet.start(clock)


def on_line(tablet: Tablet, clock: str = "0") -> None:
    tablet.set_clock(clock)
    tablet.context.set_offline(False)


@pytest.mark.parametrize(
    ("clock", "then"), [("2020", "right"), ("1970", "as wrong"), ("400", "as wrong"), ("9999", "right")]
)
def test_taps_before_the_time_is_known_are_dated_at_the_first_answer(tablet: Tablet, clock: str, then: str) -> None:
    off_line(tablet, clock)
    tablet.rate(2)
    assert tablet.door.posts == []
    off_ms = tablet.page.evaluate("localStorage['test.off_ms']")
    on_line(tablet)
    if then != "right":
        tablet.page.evaluate(f"localStorage.setItem('test.off_ms', {off_ms})")
    first, second = tablet.arrived(2)
    assert tablet.since < first.time < second.time < datetime.now(UTC)
    assert timedelta(seconds=1.9) < second.time - first.time < timedelta(seconds=10)
    assert (first.data.model_extra or {}) == {}


def test_a_tap_that_waits_for_the_time_is_shown_to_staff(tablet: Tablet) -> None:
    off_line(tablet, "2020")
    tablet.rate()
    tablet.page.goto("/?health")
    expect(tablet.page.locator("dd[data-name=waiting]")).to_have_text("1")
    expect(tablet.page.locator("dd[data-name=undated]")).to_contain_text("1 · sẽ được ghi giờ")
    expect(tablet.page.locator("dd[data-name=clock_known]")).to_contain_text("giờ của máy này có thể sai")
    expect(tablet.page.locator("dd[data-name=clock_skew]")).to_contain_text("> 2")
    on_line(tablet)
    tablet.arrived(1)
    expect(tablet.page.locator("dd[data-name=waiting]")).to_have_text("0")


@pytest.mark.parametrize(
    ("clocks", "by"), [(("2020", "2020"), "order"), (("0", "0"), "device_clock"), (("1970", "400"), "order")]
)
def test_sessions_that_ended_before_an_answer_keep_their_order_and_lie_in_between(
    tablet: Tablet, clocks: tuple[str, str], by: str
) -> None:
    off_line(tablet, clocks[0])
    tablet.rate(2)
    tablet.start(clocks[1])
    tablet.rate()
    tablet.start("0")
    on_line(tablet)
    came = tablet.arrived(3)
    by_tap = sorted(came, key=lambda rating: rating.time)
    assert all(tablet.since - timedelta(seconds=1) < rating.time < datetime.now(UTC) for rating in came)
    assert by_tap[1].time - by_tap[0].time > timedelta(seconds=1.9)
    assert [rating.data.model_extra["time_by"] for rating in by_tap] == [by] * 3
    assert all(0 <= rating.data.model_extra["time_uncertain_s"] < 60 for rating in by_tap)


def test_what_was_dated_once_is_sent_as_it_is_however_often(tablet: Tablet) -> None:
    off_line(tablet, "2020")
    tablet.rate()
    tablet.door.troubles = ["hang", 500]
    on_line(tablet)
    until(lambda: len(tablet.door.posts) >= 3, 40, page=tablet.page)
    sent = [event for _, _, events in tablet.door.posts for event in events]
    assert len({rating.model_dump_json() for rating in sent}) == 1


def test_a_tablet_that_slept_is_not_dated_by_a_clock_that_stood_still(tablet: Tablet) -> None:
    tablet.context.set_offline(True)
    tablet.page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { configurable: true, get: () => window.asleep });
          for (window.asleep of [true, false]) {
            document.dispatchEvent(new Event("visibilitychange"));
            localStorage.setItem("test.off_ms", 3_600_000);
          }
        }"""
    )
    tablet.rate()
    waiting = tablet.page.evaluate("async () => (await (await import('/sending/outbox.js')).state()).undated")
    assert (waiting, tablet.door.posts) == (1, [])
    on_line(tablet)
    (rating,) = tablet.arrived(1)
    assert abs(rating.time - datetime.now(UTC)) < timedelta(seconds=30)


def test_what_an_older_page_kept_still_goes_out(tablet: Tablet) -> None:
    tablet.context.set_offline(True)
    tablet.page.evaluate(
        """async () => {
          const [{ ratingEvent }, server] = await Promise.all(
            ["/sending/event.js", "/sending/server.js"].map((file) => import(file)));
          const device = JSON.parse(localStorage.getItem("hailong.device"));
          const old = ["outbox", "held"].map((store) => [store, ratingEvent(device, 3, "vi", server)]);
          await new Promise((done) => {
            const request = indexedDB.open("hailong", 3);
            request.onsuccess = () => {
              const change = request.result.transaction(["outbox", "held"], "readwrite");
              for (const [store, event] of old) change.objectStore(store).add(event);
              change.oncomplete = () => { request.result.close(); done(); };
            };
          });
          localStorage.setItem("hailong.server", JSON.stringify({
            server_ms: Date.now(), monotonic_ms: 1, device_ms: Date.now(), speed: 1,
            ingest_url: JSON.parse(localStorage.getItem("hailong.server")).ingest_url,
          }));
          localStorage.removeItem("hailong.stretches");
        }"""
    )
    tablet.start()
    tablet.context.set_offline(False)
    tablet.arrived(2)


def test_the_time_comes_from_ingest_when_the_pages_server_is_away(tablet: Tablet, server: PageServer) -> None:
    server.stop()
    tablet.start("2020")
    tablet.rate()
    (rating,) = tablet.arrived(1)
    assert abs(rating.time - datetime.now(UTC)) < timedelta(seconds=30)


def test_a_tap_that_was_refused_for_its_time_is_dated_anew_and_sent_unasked(tablet: Tablet) -> None:
    tablet.page.evaluate(
        """async () => {
          const [outbox, { ratingEvent }, server] = await Promise.all(
            ["/sending/outbox.js", "/sending/event.js", "/sending/server.js"].map((file) => import(file)));
          const device = JSON.parse(localStorage.getItem("hailong.device"));
          const event = { ...ratingEvent(device, 3, "vi", server), time: "1970-01-01T00:05:00.000Z" };
          event.data.device_time = event.time;
          await outbox.settle([event], new Map([[event.id, { reason: "time_too_old", detail: "" }]]));
        }"""
    )
    tablet.start()
    (rating,) = tablet.arrived(1)
    assert tablet.since - timedelta(seconds=5) < rating.time < datetime.now(UTC)
    assert rating.data.model_extra["time_by"] == "order"


def stretch(
    rng: random.Random, n: int, began_ms: float, ended_ms: float, off_ms: float, floor_ms: float | None
) -> list[Any]:
    """Taps of one stretch; each says in ``true_ms`` when it really was."""
    return [
        {
            "id": f"{n}-{k}",
            "true_ms": true_ms,
            "floor_ms": floor_ms or datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000,
            "data": {},
            "tapped": {
                "stretch": f"s{n}",
                "n": n,
                "began_ms": 500.0,
                "monotonic_ms": 500 + true_ms - began_ms,
                "device_ms": true_ms + off_ms,
                "floor_ms": floor_ms,
                "compared": floor_ms and {"server_ms": floor_ms, "device_ms": floor_ms, "speed": 1},
            },
        }
        for k, true_ms in enumerate(sorted(rng.uniform(began_ms, ended_ms) for _ in range(rng.randint(1, 4))))
    ]


def story(rng: random.Random) -> dict[str, Any]:
    """Days without an answer: stretches with pauses between, each with the device's clock right or anyhow wrong."""
    at_ms = datetime(2026, 11, 2, tzinfo=UTC).timestamp() * 1000
    is_right, was_reached = rng.random() < 0.3, rng.random() < 0.9
    floor_ms = at_ms if was_reached else None
    events: list[Any] = []
    for n in range(1, rng.randint(2, 5)):
        began_ms = at_ms + rng.uniform(0, 2) * DAY_MS
        at_ms = began_ms + rng.uniform(0.001, 0.5) * DAY_MS
        off_ms = 0.0 if is_right else rng.choice([0, 0.01, 1, 400, 20_000]) * rng.uniform(-1, 1) * DAY_MS
        events += stretch(rng, n, began_ms, at_ms, off_ms, floor_ms)
        floor_ms = floor_ms and floor_ms + at_ms - began_ms
    began_ms = at_ms + rng.uniform(0, 1) * DAY_MS
    now_ms = began_ms + rng.uniform(0.001, 0.1) * DAY_MS
    own = stretch(rng, 9, began_ms, now_ms, 12_345.0, floor_ms)
    off_ms = 0 if is_right else rng.uniform(-400, 400) * DAY_MS
    answer = {"stretch": "s9", "n": 9, "began_ms": 500.0, "monotonic_ms": 500 + now_ms - began_ms, "server_ms": now_ms}
    events += own
    rng.shuffle(events)
    answer |= {"device_ms": now_ms + off_ms, "speed": 1}
    return {"events": events, "answer": answer, "is_right": is_right, "was_reached": was_reached}


def test_the_rule_of_dating_holds_for_any_clocks(page: Page) -> None:
    set_up(page)
    rng = random.Random(10)
    stories = [story(rng) for _ in range(500)]
    dated = page.evaluate(
        """async (stories) => {
          const { dateTaps } = await import("/sending/dating.js");
          return stories.map(({ events, answer }) =>
            [dateTaps(events, answer), dateTaps([...events].reverse(), answer)]);
        }""",
        stories,
    )
    for course, (once, again) in zip(stories, dated, strict=True):
        assert sorted(once, key=itemgetter("id")) == sorted(again, key=itemgetter("id"))
        assert len(once) == len(course["events"])
        times = {event["id"]: datetime.fromisoformat(event["time"]).timestamp() * 1000 for event in once}
        for event in once:
            at_ms, how = times[event["id"]], event["data"]
            assert event["floor_ms"] - 1 <= at_ms <= course["answer"]["server_ms"] + 1
            error_ms = abs(at_ms - event["true_ms"])
            uncertain_s = how.get("time_uncertain_s", 0)
            assert error_ms <= uncertain_s * 1000 + 2 or uncertain_s == MOST_UNCERTAIN_S
            if event["id"].startswith("9-") or (course["is_right"] and course["was_reached"]):
                assert error_ms <= 2
        in_order = sorted(once, key=lambda event: event["true_ms"])
        if course["was_reached"]:
            assert all(times[one["id"]] <= times[other["id"]] + 2 for one, other in pairwise(in_order))
