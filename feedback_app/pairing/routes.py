"""Pairing a tablet by a code that it shows (RFC 8628): the addresses it asks, and the one where the code is approved.

Who approves holds the key of the systems and sends it from a command line, never from a page: the code hangs in public,
a sticker with another address beside it is easily made, and what is typed on a phone is kept there. The page that the
QR code leads to shows the command and asks for nothing.
"""

from __future__ import annotations

import asyncio
import hmac
import math
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import segno
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from contract.events.envelope import new_event
from contract.events.fields import Code, Text
from contract.links.device_token import behind, new_token, token_hash
from contract.links.pairing_code import read_code
from feedback_app.pairing.pending import LIFE_S, Pairings
from feedback_app.phone.pages import FOLDER as FRAME
from feedback_app.phone.pages import HEADERS
from feedback_app.texts.by_language import choose_language, every_text
from runtime.clock import Clock
from runtime.ingest_client import AsyncIngestClient, IngestError
from runtime.settings import Settings

FOLDER = Path(__file__).parent / "templates"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Approval(BaseModel):
    """The place that a tablet is paired for, and the tablet that it replaces there.

    ``since`` is the time of its first pairing at this place, if there was one: taps made from then on may still come.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    user_code: str
    device: Code
    unit: Code
    counter: Code | None = None
    name: Text | None = None
    faces: int = Field(4, ge=3, le=5)
    replaces: Code | None = None
    since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _another(self) -> Self:
        if self.replaces == self.device:
            raise ValueError("a tablet cannot replace itself: give the new one another code")
        return self


class TabletPairing:
    """The addresses under ``/pair``."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._key = settings.api_key.get_secret_value()
        self._site = settings.site
        self._ingest = AsyncIngestClient(settings.ingest_url, self._key)
        self._clock = clock
        self._pairings = Pairings()
        self._approving = asyncio.Lock()
        self._texts = every_text("pairing")
        self._pages = Environment(
            loader=FileSystemLoader([FOLDER, FRAME]), autoescape=select_autoescape(), undefined=StrictUndefined
        )
        self.router = APIRouter()
        self.router.add_api_route("/pair", self.show, methods=["GET"], response_model=None)
        self.router.add_api_route("/pair/code", self.begin, methods=["POST"], response_model=None)
        self.router.add_api_route("/pair/token", self.collect, methods=["POST"], response_model=None)
        self.router.add_api_route("/pair/approval", self.approve, methods=["POST"], response_model=None)

    async def show(self, code: str = "", lang: str = "") -> Response:
        """The instructions for a code; the same whether a tablet shows that code or not."""
        language = choose_language(lang, self._texts)
        languages = [(each, texts["language"]) for each, texts in self._texts.items()]
        texts, shown = self._texts[language], read_code(code)
        page = self._pages.get_template("pairing.html").render(
            language=language,
            languages=languages,
            heading=texts["title"],
            texts=texts,
            code=shown,
            kept=f"&code={shown}" if shown else "",
        )
        return HTMLResponse(page, headers=HEADERS)

    async def begin(self) -> Response:
        """RFC 8628, 3.2: a code for the tablet and one for people, with the address of the instructions."""
        pairing = self._pairings.begin(time.monotonic())
        address = f"{self._site}/pair"
        complete = f"{address}?code={pairing.user_code}"
        answer = {
            "device_code": pairing.device_code,
            "user_code": pairing.user_code,
            "verification_uri": address,
            "verification_uri_complete": complete,
            "expires_in": LIFE_S,
            "interval": pairing.interval_s,
            # Beyond the RFC: the address as the rows of a QR code, so that the page needs no code of its own for it.
            # One mask is as readable as the best of eight, and takes a fifth of the time of anybody who asks.
            "qr": [[int(dark) for dark in row] for row in segno.make(complete, error="m", micro=False, mask=0).matrix],
        }
        return JSONResponse(answer, headers=NEVER_KEPT)

    async def collect(self, request: Request) -> Response:
        """RFC 8628, 3.4 and 3.5: the tablet's token and place, once, or why it must wait."""
        form = await request.form()
        if form.get("grant_type") != GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, 400, NEVER_KEPT)
        granted = self._pairings.collect(str(form.get("device_code", "")), time.monotonic())
        if isinstance(granted, str):
            return JSONResponse({"error": granted}, 400, NEVER_KEPT)
        return JSONResponse(granted, headers=NEVER_KEPT)

    async def approve(self, request: Request) -> Response:
        """Pairs the tablet that shows the code. Raises 403, 404, 422, 429 or 503 with the reason.

        The key is checked before the body is read.
        """
        if not self._holds_key(request):
            raise HTTPException(403, "this is not the key of the systems")
        approval = _approval(await request.body())
        code = read_code(approval.user_code) or ""
        async with self._approving:
            now_s = time.monotonic()
            if locked_s := self._pairings.locked_for_s(now_s):
                raise HTTPException(429, "too many wrong codes; wait", {"Retry-After": str(math.ceil(locked_s))})
            pairing = self._pairings.waiting(code, now_s)
            if pairing is None:
                raise HTTPException(404, "no tablet shows this code, or not any more")
            token = new_token()
            newest = await self._newest_events()
            await self._send(_pairing_events(approval, token, self._clock(), newest))
            place = approval.model_dump(exclude={"user_code", "replaces", "since"}, exclude_none=True)
            handed = {"access_token": token, "token_type": "Bearer", "place": {**place, "faces": str(approval.faces)}}
            self._pairings.grant(pairing, handed, time.monotonic())
        return JSONResponse({"device": approval.device, "unit": approval.unit}, headers=NEVER_KEPT)

    def _holds_key(self, request: Request) -> bool:
        kind, _, shown = request.headers.get("Authorization", "").partition(" ")
        return bool(self._key) and kind.lower() == "bearer" and hmac.compare_digest(shown.encode(), self._key.encode())

    async def _newest_events(self) -> dict[str, datetime]:
        """When each tablet was paired or revoked last, by its code."""
        try:
            rows = await self._ingest.get_devices()
            return {row["device"]: datetime.fromisoformat(row["time"]) for row in rows}
        except (IngestError, ValueError, KeyError) as fault:
            raise HTTPException(503, f"ingest does not say which tablets are paired: {fault}") from fault

    async def _send(self, events: list[dict[str, Any]]) -> None:
        try:
            rejection = await self._ingest.post(events)
        except IngestError as fault:
            raise HTTPException(503, f"ingest did not take the pairing: {fault}") from fault
        if rejection:
            raise HTTPException(422, str(rejection))


def _approval(body: bytes) -> Approval:
    try:
        return Approval.model_validate_json(body)
    except ValidationError as fault:
        wrong = [{"loc": ("body", *error["loc"]), "msg": error["msg"]} for error in fault.errors(include_input=False)]
        raise HTTPException(422, wrong) from fault


def _pairing_events(approval: Approval, token: str, now: datetime, newest: dict[str, datetime]) -> list[dict[str, Any]]:
    """The reference events of a pairing: the new tablet's, and the end of the one that it replaces.

    Each is dated behind the ``newest`` event of its tablet, so that it holds whatever clock dated that one.
    """
    place = {"unit": approval.unit, "counter": approval.counter, "name": approval.name}
    kiosk = "counter" if approval.counter else "exit"
    since = approval.since and approval.since.isoformat()
    paired = {**place, "token_sha256": token_hash(token), "kiosk": kiosk, "since": since}
    facts = [("device.paired", approval.device, {name: value for name, value in paired.items() if value})]
    if approval.replaces:
        facts.append(("device.revoked", approval.replaces, {"unit": approval.unit, "reason": f"→ {approval.device}"}))
    return [
        new_event(kind, device, data, source="pairing", time=behind(newest.get(device), now).isoformat())
        for kind, device, data in facts
    ]
