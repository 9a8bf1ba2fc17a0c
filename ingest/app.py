"""The door's HTTP: ``POST /v1/events`` answers once the accepted events are synced to disk."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.requests import ClientDisconnect

from contract.refusals import Reason, Refusal
from ingest.admission import Sender
from ingest.bodies import LINES, BodyError, event_parts
from ingest.door import MEGABYTE, UNITS_UNKNOWN, Door
from ingest.intake import Intake
from ingest.outbox_file import OutboxError
from runtime.clock import clock_from
from runtime.http import HEALTH_ROUTES, serve_app
from runtime.settings import Settings

RETRY_AFTER_S = 5
KAFKA_ACK_TIMEOUT_S = 30.0


def make_app(settings: Settings) -> FastAPI:
    """The application; its threads live as long as its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.door = await asyncio.to_thread(Door, settings, clock_from(settings.clock))
        yield
        await asyncio.to_thread(app.state.door.close)

    app = FastAPI(title="hailong ingest", version="1", lifespan=lifespan, routes=[*HEALTH_ROUTES])
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[settings.feedback_url],
        allow_methods=["POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )
    app.get("/readyz", response_class=PlainTextResponse)(readyz)
    app.post("/v1/events", status_code=202)(post_events)
    app.get("/v1/refusals")(get_refusals)
    return app


def serve(settings: Settings) -> None:
    """Runs ingest until it is told to stop."""
    if not settings.api_key.get_secret_value():
        sys.exit("HAILONG_API_KEY is not set: without a key nobody could send events or pair tablets")
    serve_app(make_app(settings), settings.ingest_url, settings.listen_host)


def _sender(request: Request) -> Sender:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        detail = "send Authorization: Bearer <api key or device token>"
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
    sender: Sender | None = request.app.state.door.sender_of(token)
    if sender is None:
        raise HTTPException(403, "this key or token is not known here, or was revoked")
    return sender


SentBy = Annotated[Sender, Depends(_sender)]


async def readyz(request: Request) -> str:
    """200 while events can be taken: Kafka may be away, the outbox may not be full."""
    door: Door = request.app.state.door
    if door.nearly_full:
        raise _come_again("the outbox is nearly full")
    if not door.knows_units:
        raise _come_again(UNITS_UNKNOWN)
    return "ready\n"


async def post_events(request: Request, sender: SentBy) -> Response:
    """Admits one CloudEvent, a batch, or JSON lines; see the README for a call with curl."""
    door: Door = request.app.state.door
    if door.nearly_full:
        raise _come_again("the outbox is nearly full; come again")
    intake = Intake(door, sender)
    empty = True
    try:
        async for parts in event_parts(request, door.settings.max_body_mb * MEGABYTE, door.settings.max_event_bytes):
            empty = False
            await intake.take(parts)
        await intake.finish()
        if door.settings.ack == "kafka" and intake.accepted:
            await _delivered(door, intake.last_seq)
    except BodyError as error:
        if error.raw:
            refusal = Refusal(Reason.TOO_LARGE if error.status == 413 else Reason.NOT_JSON, str(error))
            with suppress(OutboxError):
                await asyncio.wrap_future(door.refuse_body(error.raw, refusal, sender))
        raise HTTPException(error.status, str(error)) from error
    except OutboxError as error:
        raise _come_again(str(error)) from error
    except ClientDisconnect:
        # Nobody hears this; what was taken so far stays, and sending it again is safe.
        return Response(status_code=400)
    body = {"accepted": intake.accepted, "rejected": intake.rejected}
    return JSONResponse(body, 400 if empty or (intake.count and intake.nothing_read) else 202)


async def _delivered(door: Door, seq: int) -> None:
    try:
        await asyncio.wait_for(asyncio.wrap_future(door.relay.when_delivered(seq)), KAFKA_ACK_TIMEOUT_S)
    except TimeoutError as error:
        detail = "the events are kept, but Kafka has not acknowledged them; sending them again is safe"
        raise _come_again(detail) from error


def _come_again(detail: str) -> HTTPException:
    return HTTPException(503, detail, {"Retry-After": str(RETRY_AFTER_S)})


async def get_refusals(
    request: Request, sender: SentBy, after: int = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000
) -> Response:
    """Refused lines behind number ``after``, as JSON lines: why, and the bytes as they came (base64)."""
    if sender.device:
        raise HTTPException(403, "refused lines are for the holder of the api key")
    rows = await asyncio.to_thread(request.app.state.door.outbox.refusals, after, limit)
    names = ("seq", "received_at", "sender", "reason", "detail", "id")
    lines = [
        json.dumps({**dict(zip(names, row[:-1], strict=True)), "raw": base64.b64encode(row[-1]).decode()})
        for row in rows
    ]
    return Response("\n".join(lines) + "\n" * bool(lines), media_type=LINES)
