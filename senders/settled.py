"""Waits until the events that were accepted are stored and counted."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx

from runtime.settings import Settings

POLL_S = 0.25
STALL_S = 60.0
"""So long may the count stand still before the wait is given up."""


class NotReachable(Exception):  # noqa: N818 - a state, not a fault of the import
    """The read API does not answer; the text says why."""


def wait_until_stored(
    settings: Settings, source: str, accepted: int, on_count: Callable[[int], None], stall_s: float = STALL_S
) -> int:
    """The number of stored events of ``source``, as soon as it reaches ``accepted`` or stands still for ``stall_s``.

    Earlier imports of the same source count too, so the number may be larger. Raises ``NotReachable``.
    """
    headers = {"Authorization": f"Bearer {settings.api_key.get_secret_value()}"}
    with httpx.Client(base_url=settings.api_url, headers=headers, timeout=10.0) as api:
        most, moved = -1, time.monotonic()
        while True:
            stored = _stored(api, source, max(most, 0))
            on_count(stored)
            if stored >= accepted:
                return stored
            if stored > most:
                most, moved = stored, time.monotonic()
            if time.monotonic() - moved > stall_s:
                return stored
            time.sleep(POLL_S)


def _stored(api: httpx.Client, source: str, last: int) -> int:
    """The count now, or the ``last`` one while the API itself waits for the store (503)."""
    try:
        answer = api.get("/v1/counts", params={"source": source})
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            return last
        return int(answer.raise_for_status().json()["stored"])
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as fault:
        raise NotReachable(f"{api.base_url}: {type(fault).__name__}: {fault}") from fault
