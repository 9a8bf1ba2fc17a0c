"""``hailong demo``: the whole system on this machine, with a simulated working day of Hanoi flowing through it.

The demo has data of its own below ``<state_dir>/demo``, made afresh each time, and a clock of its own, so that every
screen shows the simulated day as it passes.
"""

from __future__ import annotations

import json
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from contract.events.envelope import derived_id, new_event
from contract.time import VIETNAM
from local import kafka, stack
from local.demo.replay import GRACE_S, SEND_INTERVAL_S, Sent, Stop, replay
from local.demo.report import print_figures, print_summary, wait_stored
from local.processes import StackError
from runtime.clock import ReplayClock, clock_from
from runtime.ingest_client import IngestClient, IngestError
from runtime.private_file import write_private
from runtime.progress import ProgressBar
from runtime.settings import Settings
from sources.links import tablet_address
from sources.reference.load import read, send
from sources.reference.tablet_tokens import TabletTokens
from sources.reference.tablets import with_tokens
from sources.simulation.calendar import UnknownDayError, from_clock, instant, rfc3339
from sources.simulation.day import TimedEvent, timed_events
from sources.simulation.place import reference_from

DEFAULT_SECONDS = 600.0
DAY_BEGINS_S = 7 * 3_600 + 30 * 60
DAY_ENDS_S = 17 * 3_600 + 30 * 60

FULL_SCALE_SECONDS = 230.0
"""A replay shorter than this leaves events out, so that the busiest hour stays near 600 events a second."""

SET_UP_S = 30.0
"""The day begins this long after the stack is started: starting it and loading what came before take about as long."""

SHARED_NAMES = ("run", "stack.json", "endpoints.json")

out = Console(highlight=False)


class _InterruptedError(Exception):
    """A stop was requested while the stack was starting."""


def run(settings: Settings, *, seconds: float | None, seed: int) -> int:
    """Run the demo: for about ``seconds`` after set-up, or (None) a day in ten minutes and on until Ctrl-C.

    0: all that was sent was answered, and all that was accepted is stored once. 1: not so, or something failed.
    2: it was not started: wrong arguments, or a stack is running already.
    """
    if seconds is not None and not seconds > 0:
        out.print(f"[red]--seconds[/] must be more than 0, not {seconds:g}")
        return 2
    folder = settings.state_dir.resolve() / "demo"
    own = settings.model_copy(update={"state_dir": folder, "outbox_path": folder / "data" / "outbox.sqlite"})
    if any(row.alive for each in (settings, own) for row in stack.status(each)):
        out.print("a local stack is running already; stop it first with `hailong down`")
        return 2
    with _stop_on_signals() as stop, _shared(settings.state_dir.resolve(), folder):
        try:
            return _Demo(own, seconds, seed, stop).run()
        except _InterruptedError:
            out.print("stopped while starting")
        except (StackError, IngestError, UnknownDayError, OSError) as error:
            out.print(f"[red]the demo failed[/]: {error}", soft_wrap=True)
        finally:
            out.print("stopping")
            stack.down(own)
        return 1


class _Demo:
    def __init__(self, settings: Settings, seconds: float | None, seed: int, stop: Stop) -> None:
        reference = reference_from(read(None).events)
        self.day = reference.working_time.last_completed(from_clock(datetime.now(UTC)))
        self.lasts_s = seconds or DEFAULT_SECONDS
        self.ends_by_itself = seconds is not None
        self.stop = stop
        self.settings = settings
        scale = min(1.0, self.lasts_s / FULL_SCALE_SECONDS)
        self.events: list[TimedEvent] = []
        # Made while the stack starts: both take several seconds, and the stack mostly waits.
        self.event_maker = threading.Thread(
            target=lambda: self.events.extend(timed_events(reference, self.day, seed, scale)), daemon=True
        )

    def run(self) -> int:
        self.event_maker.start()
        self.settings = self._start_stack()
        tokens = TabletTokens(self.settings.state_dir)
        events = with_tokens(read(None).events, {}, tokens).events
        send(self.settings, events)
        self._print_addresses(events, tokens)
        self.event_maker.join()
        sent = self._replay()
        if not self.ends_by_itself and not self.stop.is_requested:
            out.print("the day is over; the demo goes on at the clock's own pace until Ctrl-C")
            while not self.stop.is_requested:
                time.sleep(SEND_INTERVAL_S)
        stored = wait_stored(self.settings, sent.accepted, lambda: self.stop.is_older_than(2 * GRACE_S))
        even = print_summary(out, sent, stored)
        print_figures(out, self.settings, self.day, self.clock())
        return 0 if even else 1

    def _start_stack(self) -> Settings:
        """The stack's settings in force, once it is ready; its clock stands at the morning until the day begins."""
        shutil.rmtree(self.settings.state_dir, ignore_errors=True)
        at = urlsplit(f"//{self.settings.kafka}")
        # The first time this brings Kafka from Maven Central, which the clock must not wait for.
        self._report("looking for Kafka")
        data = self.settings.state_dir / "data" / "kafka"
        port = self.settings.kafka_controller_port
        kafka.command(self.settings.state_dir, str(at.hostname), at.port or 0, port, data)
        begins = datetime.fromisoformat(rfc3339(instant(self.day) + DAY_BEGINS_S))
        anchor = datetime.now(UTC) + timedelta(seconds=SET_UP_S)
        clock = ReplayClock(begins, anchor, (DAY_ENDS_S - DAY_BEGINS_S) / self.lasts_s, self.lasts_s)
        settings = stack.up(self.settings.model_copy(update={"clock": str(clock)}), report=self._report)
        self.clock = clock_from(settings.clock)
        self.begins = anchor
        return settings

    def _report(self, line: str) -> None:
        # The safe moments to leave: no process is just being made.
        if self.stop.is_requested:
            raise _InterruptedError
        out.print(line)

    def _replay(self) -> Sent:
        ends = instant(self.day) + DAY_ENDS_S
        day_s = DAY_ENDS_S - DAY_BEGINS_S
        with (
            ProgressBar(out, "", day_s, counted=False, timed=False, transient=False) as bar,
            IngestClient(self.settings.ingest_url, self.settings.api_key.get_secret_value()) as client,
        ):

            def show(sent: Sent) -> None:
                now = self.clock().astimezone(VIETNAM)
                counts = f"{sent.sent:,} of {len(self.events):,} sent, {len(sent.refused):,} refused"
                if (begins_in_s := (self.begins - datetime.now(UTC)).total_seconds()) > 0:
                    counts += f"; the day begins in {begins_in_s:.0f} s"
                left_s = max(0, ends - from_clock(now))
                bar.update(day_s - left_s, description=f"{now:%d/%m/%Y %H:%M}", note=counts)
                bar.print_line_at_times(f"{now:%d/%m/%Y %H:%M}  {counts}")

            return replay(client, self.events, self.clock, self.stop, show)

    def _print_addresses(self, events: list[dict[str, Any]], tokens: TabletTokens) -> None:
        settings = self.settings
        tablet = next(event for event in events if event["type"] == "device.paired" and "counter" in event["data"])
        place = {"unit": tablet["data"]["unit"], "counter": tablet["data"]["counter"]}
        parameters = {**place, "name": tablet["data"]["name"]}
        set_up = tablet_address(settings.site, tablet["subject"], parameters, tokens.get_or_make(tablet["subject"]))
        if not out.is_terminal:
            # What is no terminal is often a file that others may read, and the address holds the tablet's token.
            kept = settings.state_dir / "tablet.json"
            write_private(kept, {"address": set_up})
            set_up = f"its address, which holds its token, is in {kept}"
        out.print(f"\nThe simulated day is {self.day:%d/%m/%Y}; it passes in {self.lasts_s:g} s.", soft_wrap=True)
        for name, address in (
            ("supervisor", settings.dashboards_url),
            ("tablet", set_up),
            ("read API", f"{settings.api_url}/v1/indicators?unit=H26&from={self.day}"),
            ("ingest", settings.ingest_url),
        ):
            out.print(f"  {name:<11}{address}", markup=False, soft_wrap=True)
        out.print("Send an event yourself:", markup=False)
        out.print(
            f"  {_example(settings, self.day, {'device': tablet['subject'], **place})}\n", markup=False, soft_wrap=True
        )


def _example(settings: Settings, day: date, place: dict[str, str]) -> str:
    event = new_event(
        "rating.submitted",
        place["device"],
        {**place, "channel": "tablet", "scale": "csat4", "score": 4},
        source="example",
        time=rfc3339(instant(day) + DAY_BEGINS_S),
        event_id=derived_id("example", day.isoformat()),
    )
    key = f"json.load(open('{settings.state_dir / 'endpoints.json'}'))['api_key']"
    return (
        f'curl {settings.ingest_url}/v1/events -H "Authorization: Bearer $(python3 -c "import json; print({key})")" '
        f"-H 'Content-Type: application/cloudevents+json' -d '{json.dumps(event)}'"
    )


@contextmanager
def _stop_on_signals() -> Iterator[Stop]:
    """Ctrl-C and SIGTERM request a stop and do nothing else, so that no step is left half done."""
    stop = Stop()
    former = {number: signal.signal(number, lambda *_: stop.request()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


@contextmanager
def _shared(state_dir: Path, folder: Path) -> Iterator[None]:
    """While the demo runs, ``hailong up``, ``status`` and ``down`` find its stack where they look for any stack."""
    state_dir.mkdir(parents=True, exist_ok=True)
    for name in SHARED_NAMES:
        path = state_dir / name
        # No stack runs, so these speak of processes that are gone.
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.symlink_to(folder / name)
    try:
        yield
    finally:
        for name in SHARED_NAMES:
            if (state_dir / name).is_symlink():
                (state_dir / name).unlink()
