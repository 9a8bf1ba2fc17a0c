"""The tablets that ingest lists, and the pairings that a load of reference data sends for them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contract.links.device_token import token_hash
from contract.reference.files import with_own_id
from runtime.ingest_client import IngestError, IngestRefusedError, get_devices
from runtime.settings import Settings
from sources.reference.tablet_tokens import TabletTokens

PAUSE_S = 1.0
PAIRED, REVOKED = "device.paired", "device.revoked"


@dataclass(frozen=True, slots=True)
class Tablet:
    """A tablet after its newest pairing or revocation, at ``time``; only a paired one has the fields behind that."""

    device: str
    type: str
    time: datetime
    unit: str = ""
    counter: str | None = None
    token_sha256: str = ""
    since: datetime | None = None

    @property
    def is_paired(self) -> bool:
        """Whether its token is valid."""
        return self.type == PAIRED

    def holds(self, token: str, unit: str | None, counter: str | None) -> bool:
        """Whether it is paired for this place with this token."""
        return (self.token_sha256, self.unit, self.counter) == (token_hash(token), unit, counter)


def known_tablets(settings: Settings, patience_s: float = 0.0) -> dict[str, Tablet]:
    """Every tablet that was ever paired or revoked, by its code.

    ``patience_s`` is how long ingest may be away, or still read its registry, before ``IngestError``.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            rows = get_devices(settings.ingest_url, settings.api_key.get_secret_value())
            return {row["device"]: _tablet(row) for row in rows}
        except (IngestError, ValueError, KeyError) as error:
            if isinstance(error, IngestRefusedError) or time.monotonic() >= deadline:
                raise IngestError(f"ingest does not say which tablets are paired: {error}") from error
        time.sleep(PAUSE_S)


def _tablet(row: dict[str, Any]) -> Tablet:
    times = {name: datetime.fromisoformat(row[name]) for name in ("time", "since") if row.get(name)}
    return Tablet(**{**row, **times})


@dataclass(frozen=True, slots=True)
class Pairings:
    """Reference events with the pairings that are to be sent; ``outdated`` ones would change nothing.

    ``new`` are the tablets that were given a token now.
    """

    events: list[dict[str, Any]]
    outdated: list[dict[str, Any]]
    new: list[str]


def with_tokens(events: Iterable[dict[str, Any]], known: dict[str, Tablet], tokens: TabletTokens) -> Pairings:
    """The events of a load, each pairing with the token hash that its tablet has, or with that of a new token.

    A tablet that is paired keeps its token, and may hand in what it tapped since it first stood at its unit. A pairing
    or revocation that is newer than the line stays: the line is left out. A revoked token is never given again.
    """
    pairings = Pairings([], [], [])
    for event in events:
        tablet = known.get(event["subject"]) if event["type"] == PAIRED else None
        if event["type"] == PAIRED and tablet and _is_outdated(event, tablet):
            pairings.outdated.append(event)
        else:
            pairings.events.append(event)
            if event["type"] == PAIRED and not (tablet and tablet.is_paired):
                pairings.new.append(event["subject"])
    tokens.make([device for device in pairings.new if device in known or tokens.get(device) is None])
    for n, event in enumerate(pairings.events):
        if event["type"] == PAIRED:
            pairings.events[n] = _with_token(event, known.get(event["subject"]), tokens)
    return pairings


def _is_outdated(event: dict[str, Any], tablet: Tablet) -> bool:
    return (datetime.fromisoformat(event["time"]), event["type"]) < (tablet.time, tablet.type)


def _with_token(event: dict[str, Any], tablet: Tablet | None, tokens: TabletTokens) -> dict[str, Any]:
    if tablet is None or not tablet.is_paired:
        fields = {"token_sha256": token_hash(tokens.given_to(event["subject"]))}
    else:
        fields = {"token_sha256": tablet.token_sha256}
        since = tablet.since
        if since and tablet.unit == event["data"]["unit"] and since < datetime.fromisoformat(event["time"]):
            fields["since"] = since.isoformat()
    return with_own_id(event | {"data": event["data"] | fields})
