"""The demo's output at its end: events sent and stored, and the headline figures of the day."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from contract.time import VIETNAM
from local.demo.replay import Sent
from runtime.api_client import ApiClient, ApiError
from runtime.settings import Settings
from sources.simulation.day import SOURCE

HEADLINES = ("SAT_CSAT", "OPS_WAIT_AVG", "ONL_DOSSIER_RATE", "TIM_OVERDUE_RATE", "SUP_GT1_RATE", "Q766_2_1", "DQ_FRESH")
ANSWER_TIMEOUT_S = 30.0
STORED_TIMEOUT_S = 60.0
POLL_INTERVAL_S = 0.5
ROOT = "H26"


def get(settings: Settings, path: str, **query: str) -> dict[str, Any]:
    """The read API's answer; raises ``ApiError``."""
    with ApiClient(settings.api_url, ANSWER_TIMEOUT_S) as api:
        try:
            return api.get(path, query)
        except ApiError as error:
            raise ApiError(f"{settings.api_url}{path}: {error}") from error


def wait_stored(settings: Settings, accepted: int, given_up: Callable[[], bool]) -> int | None:
    """Events of the demo in the store, once all accepted ones are there or a minute brought nothing new.

    None when the read API never answered. ``given_up`` ends the waiting early.
    """
    stored: int | None = None
    deadline = time.monotonic() + STORED_TIMEOUT_S
    while True:
        try:
            newest = int(get(settings, "/v1/counts", source=SOURCE)["stored"])
        except (ApiError, KeyError, TypeError):
            newest = stored or 0
        else:
            if stored is None or newest > stored:
                stored, deadline = newest, time.monotonic() + STORED_TIMEOUT_S
        if (stored is not None and stored >= accepted) or time.monotonic() > deadline or given_up():
            return stored
        time.sleep(POLL_INTERVAL_S)


def print_summary(out: Console, sent: Sent, stored: int | None) -> bool:
    """Prints the balance; True when it is even: every event answered, and every accepted one stored once."""
    refused = len(sent.refused)
    table = Table(title="the day's events", show_header=False)
    for name, value in (("sent", f"{sent.sent:,}"), ("accepted", f"{sent.accepted:,}"), ("refused", f"{refused:,}")):
        table.add_row(name, value)
    for reason, n in Counter(entry["reason"] for entry in sent.refused).most_common():
        table.add_row(f"  {reason}", f"{n:,}")
    table.add_row("stored", "the read API did not say" if stored is None else f"{stored:,}")
    if sent.unanswered:
        table.add_row("sent, but not answered", f"{sent.unanswered:,}")
    out.print(table)
    for entry in sent.refused[:3]:
        out.print(f"  {entry['reason']}: {entry['detail']}", markup=False, soft_wrap=True)
    if sent.unanswered:
        # A batch without an answer may be stored or not; asking again would be the only way to know.
        return sent.sent == sent.accepted + refused and stored is not None and stored >= sent.accepted
    return sent.sent == sent.accepted + refused and stored == sent.accepted


def print_figures(out: Console, settings: Settings, day: date, now: datetime) -> None:
    """Prints the headline indicators of the whole city, each with its n and target."""
    until = now.astimezone(VIETNAM).isoformat(timespec="seconds")
    try:
        answer = get(
            settings, "/v1/indicators", unit=ROOT, **{"from": day.isoformat(), "to": until}, ids=",".join(HEADLINES)
        )
        table = Table("indicator", "value", "unit", "n", "target", title=f"Hanoi, {day:%d/%m/%Y} until {until[11:16]}")
        for row in answer["indicators"]:
            target = row["target"]
            goal = f"{target['op']} {target['value']:g}" if target else "—"
            n = "—" if row["n"] is None else f"{row['n']:,}"
            table.add_row(row["name_vi"], _figure(row), row["unit_of_measure"], n, goal)
        out.print(table)
    except (ApiError, KeyError, TypeError) as error:
        out.print(f"[red]no figures[/]: {error}", soft_wrap=True)


def _figure(row: dict[str, Any]) -> str:
    if row["status"] != "ok" or row["value"] is None:
        return "—"
    return f"{row['value']:.2f}"
