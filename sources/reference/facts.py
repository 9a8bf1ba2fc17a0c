"""Single reference facts: what the system knows by now, and one more word said to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx

from contract.links.device_token import behind
from runtime.addresses import uses_proxy
from runtime.clock import clock_from
from runtime.ingest_client import IngestClient, IngestError
from runtime.settings import Settings
from sources.send_all import line

ANSWER_TIMEOUT_S = 60.0

Words = list[dict[str, Any]]


class NotToldError(Exception):
    """Ingest or the read API cannot be used, or refused; the text is for whoever typed the command."""


def known(settings: Settings) -> Words:
    """Every reference event in the order of its time, as the read API tells it. Raises ``NotToldError``."""
    try:
        with httpx.Client(
            base_url=settings.api_url, timeout=ANSWER_TIMEOUT_S, trust_env=uses_proxy(settings.api_url)
        ) as api:
            words: Words = api.get("/v1/reference").raise_for_status().json()["events"]
    except (httpx.HTTPError, ValueError, KeyError) as fault:
        raise NotToldError(f"the read API at {settings.api_url} does not answer: {fault}") from fault
    return words


def standing(words: Words, device: str) -> dict[str, str] | None:
    """Unit, counter and name of a tablet that is paired by these words; None for one that is not."""
    about = [w for w in words if w["subject"] == device and w["type"] in {"device.paired", "device.revoked"}]
    if not about or about[-1]["type"] == "device.revoked":
        return None
    return {name: about[-1]["data"][name] for name in ("unit", "counter", "name") if about[-1]["data"].get(name)}


def paired_since(words: Words, device: str, unit: str) -> str | None:
    """When the tablet was first paired for this unit, by these words; None when it never was."""
    paired = [w for w in words if w["type"] == "device.paired" and w["subject"] == device and w["data"]["unit"] == unit]
    times = [word["data"].get("since") or word["time"] for word in paired]
    return min(times, key=datetime.fromisoformat, default=None)


def tell(settings: Settings, kind: str, subject: str, data: Mapping[str, Any], newest: datetime | None = None) -> None:
    """Sends one event that holds from now on. Raises ``NotToldError``, also when it is refused.

    ``newest`` is the time of what it must be behind to hold, by whatever clock that was stamped.
    """
    event = {
        "specversion": "1.0",
        "id": str(uuid4()),
        "type": kind,
        "source": "administrator",
        "time": behind(newest, clock_from(settings.clock)()).isoformat(),
        "subject": subject,
        "data": data,
    }
    try:
        with IngestClient(settings.ingest_url, settings.api_key.get_secret_value()) as client:
            rejected = client.send([line(event)]).rejected
    except IngestError as fault:
        raise NotToldError(f"ingest at {settings.ingest_url} does not take it: {fault}") from fault
    if rejected:
        raise NotToldError(f"{rejected[0]['reason']}: {rejected[0]['detail']}")
