"""Reference events one by one: those that the system holds, and a new one that an administrator sends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contract.events.envelope import new_event
from contract.links.device_token import behind
from runtime.api_client import ApiClient, ApiError
from runtime.clock import clock_from
from runtime.ingest_client import IngestClient, IngestError
from runtime.settings import Settings

ANSWER_TIMEOUT_S = 60.0

ReferenceEvents = list[dict[str, Any]]


class CommandError(Exception):
    """Ingest or the read API cannot be used, or refused; the text is for whoever typed the command."""


def api_of(settings: Settings) -> ApiClient:
    """A connection to the read API whose answers may take a minute."""
    return ApiClient(settings.api_url, ANSWER_TIMEOUT_S)


def get_reference_events(settings: Settings) -> ReferenceEvents:
    """Every reference event of the read API, in the order of their times. Raises ``CommandError``."""
    try:
        with api_of(settings) as api:
            events: ReferenceEvents = api.get("/v1/reference")["events"]
    except (ApiError, KeyError) as error:
        raise CommandError(f"the read API at {settings.api_url} does not answer: {error}") from error
    return events


def reference_events_if_known(settings: Settings) -> ReferenceEvents | None:
    """The same; None when the read API does not answer."""
    try:
        return get_reference_events(settings)
    except CommandError:
        return None


def paired_place(events: ReferenceEvents, device: str) -> dict[str, str] | None:
    """Unit, counter and name of a tablet that is paired after these events; None for one that is not."""
    about = [e for e in events if e["subject"] == device and e["type"] in {"device.paired", "device.revoked"}]
    if not about or about[-1]["type"] == "device.revoked":
        return None
    return {name: about[-1]["data"][name] for name in ("unit", "counter", "name") if about[-1]["data"].get(name)}


def paired_since(events: ReferenceEvents, device: str, unit: str) -> str | None:
    """When the tablet was first paired for this unit; None when it never was."""
    paired = [
        event
        for event in events
        if event["type"] == "device.paired" and event["subject"] == device and event["data"]["unit"] == unit
    ]
    times = [event["data"].get("since") or event["time"] for event in paired]
    return min(times, key=datetime.fromisoformat, default=None)


def send_reference_event(
    settings: Settings, kind: str, subject: str, data: Mapping[str, Any], newest: datetime | None = None
) -> None:
    """Sends one event that holds from now on. Raises ``CommandError``, also when it is refused.

    ``newest`` is the time of the event that it must come after to hold, whatever clock stamped that one.
    """
    event = new_event(
        kind, subject, data, source="administrator", time=behind(newest, clock_from(settings.clock)()).isoformat()
    )
    try:
        with IngestClient(settings.ingest_url, settings.api_key.get_secret_value()) as client:
            rejection = client.send_event(event)
    except IngestError as error:
        raise CommandError(f"ingest at {settings.ingest_url} does not take it: {error}") from error
    if rejection:
        raise CommandError(str(rejection))
