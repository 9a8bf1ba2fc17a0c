"""The second route to the work on a dossier: its working time and the timing of its steps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from contract.time import VIETNAM
from warehouse.verify.events import Event, instant_of
from warehouse.verify.working_time import Calendar, Pause


def net_working_time(
    calendar: Calendar,
    accepted: datetime | None,
    ended: datetime | None,
    pauses: Sequence[Pause],
    paused_since: datetime | None,
) -> timedelta | None:
    """Working time from acceptance to the end, without the time in which the clock stood."""
    if not accepted or not ended or not calendar.knows(accepted) or not calendar.knows(max(accepted, ended)):
        return None
    until = max(accepted, ended)
    stood = [*pauses, *([Pause(paused_since, until)] if paused_since else [])]
    within = [(max(pause.start, accepted), min(pause.end, until)) for pause in stood]
    return calendar.worked(accepted, until) - sum(
        (calendar.worked(start, end) for start, end in within if start < end), timedelta()
    )


def step_timing(step: Event) -> str:
    """Whether a step with a limit was done ``early``, ``in_time`` or ``late``; empty for steps without one."""
    due = step["data"].get("step_due") if step["type"] == "dossier.step" else None
    if not due:
        return ""
    limit, done = instant_of(due), instant_of(step["data"].get("finished_at") or step["time"])
    if done.astimezone(VIETNAM).date() < limit.astimezone(VIETNAM).date():
        return "early"
    return "in_time" if done <= limit else "late"
