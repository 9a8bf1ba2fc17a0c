"""The door's HTTP: ``POST /v1/events`` answers once the accepted events are synced to disk."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.routing import Mount, Route

from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Sender
from ingest.door import MEGABYTE, UNITS_UNKNOWN, Door
from ingest.gathering import Gathering
from ingest.http import openapi
from ingest.http.bodies import LINES, BodyError, event_parts
from ingest.intake import Intake
from ingest.load_shedding import NEARLY_FULL
from ingest.outbox.file import OutboxError
from runtime.clock import clock_from, speed_of
from runtime.http import HEALTH_ROUTES, serve_app, serve_docs
from runtime.settings import Settings
from runtime.telemetry import TURNED_AWAY

COME_AGAIN = {"Retry-After": "5"}
TABLET_BODY_MB = 1
NEVER_KEPT = {"Cache-Control": "no-store"}
KAFKA_ACK_TIMEOUT_S = 30.0


def make_app(settings: Settings) -> Starlette:
    """The application; its threads live as long as its lifespan."""
    documented = FastAPI(title="hailong ingest", version="1", docs_url=None, redoc_url=None)
    serve_docs(documented)
    documented.get("/readyz", response_class=PlainTextResponse, responses=openapi.NOT_READY)(readyz)
    documented.get("/v1/refusals", response_class=Response, responses=openapi.REFUSALS)(get_refusals)
    documented.get("/v1/damaged", response_class=Response, responses=openapi.DAMAGED)(get_damaged)
    documented.get("/v1/device-configuration", responses=openapi.CONFIGURATION)(get_device_configuration)
    documented.get("/v1/devices", responses=openapi.UNKNOWN_SENDER)(get_devices)
    document = openapi.with_events(documented.openapi())
    documented.openapi = lambda: document  # type: ignore[method-assign]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        door = await asyncio.to_thread(Door, settings, clock_from(settings.clock))
        app.state.door = documented.state.door = door
        app.state.gathering = Gathering(door)
        yield
        await asyncio.to_thread(door.close)

    page = Middleware(
        CORSMiddleware,
        allow_origins=[settings.site],
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )
    # Outside FastAPI, whose layers would cost a single event as much again as judging it.
    events = Route("/v1/events", post_events, methods=["POST"])
    return Starlette(
        routes=[events, *HEALTH_ROUTES, Mount("/", documented)],
        middleware=[page],
        exception_handlers={HTTPException: _told},
        lifespan=lifespan,
    )


def serve(settings: Settings) -> None:
    """Runs ingest until it is told to stop."""
    if not settings.api_key.get_secret_value():
        sys.exit("HAILONG_API_KEY is not set: without a key nobody could send events or pair tablets")
    serve_app(make_app(settings), settings.ingest_url, settings.listen_host)


async def _told(_request: Request, fault: Exception) -> Response:
    """An HTTP error in the form that FastAPI gives it."""
    if not isinstance(fault, HTTPException):
        raise fault
    return JSONResponse({"detail": fault.detail}, fault.status_code, fault.headers)


async def _sender(request: Request) -> Sender:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        detail = "send Authorization: Bearer <api key or device token>"
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
    sender: Sender | None = request.app.state.door.sender_of(token)
    if sender is None and not request.app.state.door.knows_units:
        # A tablet that was told "unknown" would take itself for revoked.
        raise _come_again(UNITS_UNKNOWN)
    if sender is None:
        raise HTTPException(403, "this key or token is not known here, or was revoked")
    return sender


SentBy = Annotated[Sender, Depends(_sender)]


async def readyz(request: Request) -> str:
    """200 while events can be taken: Kafka may be away, the outbox may not be full."""
    door: Door = request.app.state.door
    if door.share >= NEARLY_FULL:
        raise HTTPException(503, "the outbox is nearly full", COME_AGAIN)
    if not door.knows_units:
        raise HTTPException(503, UNITS_UNKNOWN, COME_AGAIN)
    if trouble := door.outbox.trouble:
        raise HTTPException(503, trouble, COME_AGAIN)
    return "ready\n"


async def post_events(request: Request) -> Response:
    """Admits one CloudEvent, a batch, or JSON lines; see the README for a call with curl."""
    sender = await _sender(request)
    door: Door = request.app.state.door
    if door.share >= 1:
        raise _come_again("the outbox is full; come again")
    gathering: Gathering = request.app.state.gathering
    intake = Intake(door, gathering, sender)
    empty = True
    try:
        async for parts in event_parts(request, _most_body_bytes(door, sender), door.settings.max_event_bytes):
            empty = False
            await intake.take(parts)
            if intake.given_up:
                break
        await intake.finish()
        if door.settings.ack == "kafka" and intake.accepted:
            await _delivered(door, intake.last_seq)
    except BodyError as error:
        if error.raw:
            refusal = Refusal(Reason.TOO_LARGE if error.status == 413 else Reason.NOT_JSON, str(error))
            with suppress(OutboxError):
                await intake.refuse_body(error.raw[: door.settings.max_event_bytes + 1], refusal)
        raise HTTPException(error.status, str(error), error.headers) from error
    except OutboxError as error:
        raise _come_again(str(error)) from error
    except ClientDisconnect:
        # Nobody hears this; what was taken so far stays, and sending it again is safe.
        return Response(status_code=400)
    body: dict[str, Any] = {"accepted": intake.accepted, "rejected": intake.rejected}
    if intake.rejected_more:
        body["rejected_more"] = intake.rejected_more
    if given_up := intake.given_up:
        body["detail"] = given_up
    status = 400 if empty or given_up or (intake.count and intake.nothing_read) else 202
    return Response(to_json(body), status, media_type="application/json")


def _most_body_bytes(door: Door, sender: Sender) -> int:
    """A tablet sends little, and its token can be lost with it."""
    mb = min(door.settings.max_body_mb, TABLET_BODY_MB) if sender.device else door.settings.max_body_mb
    return mb * MEGABYTE


async def _delivered(door: Door, seq: int) -> None:
    try:
        await asyncio.wait_for(asyncio.wrap_future(door.relay.when_delivered(seq)), KAFKA_ACK_TIMEOUT_S)
    except TimeoutError as error:
        detail = "the events are kept, but Kafka has not acknowledged them; sending them again is safe"
        raise _come_again(detail) from error


def _come_again(detail: str) -> HTTPException:
    TURNED_AWAY.inc()
    return HTTPException(503, detail, COME_AGAIN)


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


async def get_damaged(request: Request, sender: SentBy) -> Response:
    """What the outbox could not deliver because its file was damaged: which events, when they came, what is left."""
    if sender.device:
        raise HTTPException(403, "what is damaged is for the holder of the api key")
    lines = [
        json.dumps({**chunk, "lines": chunk["lines"] and base64.b64encode(chunk["lines"]).decode()})
        for chunk in await asyncio.to_thread(request.app.state.door.outbox.damaged)
    ]
    return Response("".join(line + "\n" for line in lines), media_type=LINES)


async def get_device_configuration(request: Request, sender: SentBy, device: str = "") -> Response:
    """What a tablet follows, where it is paired and the time, asked with its own token, or of any ``device`` with the
    api key.
    """
    registry, clock = request.app.state.door.registry, request.app.state.door.clock
    found = sender.device or registry.device(device)
    if found is None:
        raise HTTPException(404, f"no tablet {device!r} is paired")
    place = {"device": found.code, "unit": found.unit, "counter": found.counter}
    now = {"server_time": clock().isoformat(), "clock_speed": speed_of(clock)}
    return JSONResponse(registry.configuration_of(found) | place | now, headers=NEVER_KEPT)


async def get_devices(request: Request, sender: SentBy, device: str | None = None) -> Response:
    """The newest word on each tablet, or on one: pairing or revocation, when, where, and the hash of its token."""
    if sender.device:
        raise HTTPException(403, "the list of tablets is for the holder of the api key")
    if not request.app.state.door.knows_units:
        raise _come_again(UNITS_UNKNOWN)
    tablets = request.app.state.door.registry.tablets()
    return JSONResponse({"devices": [row for row in tablets if device in {None, row["device"]}]}, headers=NEVER_KEPT)
