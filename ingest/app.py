"""Ingest's HTTP routes. ``POST /v1/events`` answers once the accepted events are synced to disk."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Annotated

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
from ingest.admission.admission import UNITS_UNKNOWN
from ingest.admission.registry import Registry, Sender
from ingest.http import openapi
from ingest.http.body_formats import LINES, BodyError
from ingest.http.request import RequestIntake
from ingest.outbox.batch import OutboxError
from ingest.outbox.limits import NEARLY_FULL
from ingest.process import MEGABYTE, Ingest, start_ingest
from runtime.clock import clock_from, speed_of
from runtime.http import HEALTH_ROUTES, serve_app, serve_docs
from runtime.settings import Settings
from runtime.telemetry import TURNED_AWAY

RETRY_LATER = {"Retry-After": "5"}
TABLET_BODY_MB = 1
NO_STORE = {"Cache-Control": "no-store"}
KAFKA_ACK_TIMEOUT_S = 30.0


def make_app(settings: Settings) -> Starlette:
    """The application; the threads of ingest start and stop with its lifespan."""
    documented = FastAPI(title="hailong ingest", version="1", docs_url=None, redoc_url=None)
    serve_docs(documented)
    documented.get("/readyz", response_class=PlainTextResponse, responses=openapi.NOT_READY)(readyz)
    documented.get("/v1/refusals", response_class=Response, responses=openapi.REFUSALS)(get_refusals)
    documented.get("/v1/damaged", response_class=Response, responses=openapi.DAMAGED)(get_damaged)
    documented.get("/v1/device-configuration", responses=openapi.CONFIGURATION)(get_device_configuration)
    documented.get("/v1/devices", responses=openapi.UNKNOWN_SENDER)(get_devices)
    document = openapi.add_events_route(documented.openapi())
    documented.openapi = lambda: document  # type: ignore[method-assign]

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        ingest = await asyncio.to_thread(start_ingest, settings, clock_from(settings.clock))
        app.state.ingest = documented.state.ingest = ingest
        yield
        await asyncio.to_thread(ingest.close)

    page = Middleware(
        CORSMiddleware,
        allow_origins=[settings.site],
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After"],
    )
    # Outside FastAPI, whose layers would cost a single event as much again as its admission.
    events = Route("/v1/events", post_events, methods=["POST"])
    return Starlette(
        routes=[events, *HEALTH_ROUTES, Mount("/", documented)],
        middleware=[page],
        exception_handlers={HTTPException: _answer_error},
        lifespan=lifespan,
    )


def serve(settings: Settings) -> None:
    """Runs ingest until SIGTERM or SIGINT; exits at once without an API key."""
    if not settings.api_key.get_secret_value():
        sys.exit("HAILONG_API_KEY is not set: without a key nobody could send events or pair tablets")
    serve_app(make_app(settings), settings.ingest_url, settings.listen_host)


async def _answer_error(_request: Request, fault: Exception) -> Response:
    """An HTTP error in the form in which FastAPI answers."""
    if not isinstance(fault, HTTPException):
        raise fault
    return JSONResponse({"detail": fault.detail}, fault.status_code, fault.headers)


async def _require_sender(request: Request) -> Sender:
    """The holder of the bearer token; HTTP 401 without one, 403 for an unknown one."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        detail = "send Authorization: Bearer <api key or device token>"
        raise HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})
    ingest: Ingest = request.app.state.ingest
    key = ingest.settings.api_key.get_secret_value()
    if key and hmac.compare_digest(token.encode(), key.encode()):
        return Sender()
    if device := ingest.registry.device_by_token(token):
        return Sender(device, timedelta(days=ingest.settings.tablet_backlog_days))
    if not ingest.registry.is_loaded:
        # A tablet treats 403 as revocation, so it must not get one before the registry is loaded.
        raise _retry_later(UNITS_UNKNOWN)
    raise HTTPException(403, "this key or token is not known here, or was revoked")


SentBy = Annotated[Sender, Depends(_require_sender)]


async def readyz(request: Request) -> str:
    """200 while events are accepted: Kafka may be away, but the outbox must have room and a disk that takes writes."""
    ingest: Ingest = request.app.state.ingest
    if ingest.outbox.fill_ratio >= NEARLY_FULL:
        raise HTTPException(503, "the outbox is nearly full", RETRY_LATER)
    if not ingest.registry.is_loaded:
        raise HTTPException(503, UNITS_UNKNOWN, RETRY_LATER)
    if trouble := ingest.outbox.trouble:
        raise HTTPException(503, trouble, RETRY_LATER)
    return "ready\n"


async def post_events(request: Request) -> Response:
    """Accepts one CloudEvent, a batch, or JSON lines; the README has a call with curl."""
    sender = await _require_sender(request)
    ingest: Ingest = request.app.state.ingest
    if ingest.outbox.fill_ratio >= 1:
        raise _retry_later("the outbox is full; come again")
    intake = RequestIntake(ingest.admission, ingest.outbox, sender)
    max_event_bytes = ingest.settings.max_event_bytes
    try:
        await intake.take_body(request, _max_body_bytes(ingest.settings, sender), max_event_bytes)
        if ingest.settings.ack == "kafka" and intake.accepted:
            await _wait_for_kafka(ingest, intake.last_seq)
    except BodyError as error:
        if error.raw:
            refusal = Refusal(Reason.TOO_LARGE if error.status == 413 else Reason.NOT_JSON, str(error))
            with suppress(OutboxError):
                await intake.refuse_body(error.raw[: max_event_bytes + 1], refusal)
        raise HTTPException(error.status, str(error), error.headers) from error
    except OutboxError as error:
        raise _retry_later(str(error)) from error
    except ClientDisconnect:
        # Nobody reads this answer. What was accepted so far stays; the sender may send the whole body again.
        return Response(status_code=400)
    return Response(to_json(intake.answer), intake.status, media_type="application/json")


def _max_body_bytes(settings: Settings, sender: Sender) -> int:
    """The limit of a body. A tablet's limit is small: it sends little, and its token may be stolen with it."""
    mb = min(settings.max_body_mb, TABLET_BODY_MB) if sender.device else settings.max_body_mb
    return mb * MEGABYTE


async def _wait_for_kafka(ingest: Ingest, seq: int) -> None:
    """Returns once Kafka has every event up to ``seq``; HTTP 503 after ``KAFKA_ACK_TIMEOUT_S``."""
    try:
        await asyncio.wait_for(asyncio.wrap_future(ingest.relay.when_delivered(seq)), KAFKA_ACK_TIMEOUT_S)
    except TimeoutError as error:
        detail = "the events are kept, but Kafka has not acknowledged them; sending them again is safe"
        raise _retry_later(detail) from error


def _retry_later(detail: str) -> HTTPException:
    TURNED_AWAY.inc()
    return HTTPException(503, detail, RETRY_LATER)


async def get_refusals(
    request: Request, sender: SentBy, after: int = 0, limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000
) -> Response:
    """Refused lines behind number ``after``, as JSON lines with the reason and the masked bytes (base64)."""
    if sender.device:
        raise HTTPException(403, "refused lines are for the holder of the api key")
    rows = await asyncio.to_thread(request.app.state.ingest.outbox.read_refusals, after, limit)
    names = ("seq", "received_at", "sender", "reason", "detail", "id")
    lines = [
        json.dumps({**dict(zip(names, row[:-1], strict=True)), "raw": base64.b64encode(row[-1]).decode()})
        for row in rows
    ]
    return Response("\n".join(lines) + "\n" * bool(lines), media_type=LINES)


async def get_damaged(request: Request, sender: SentBy) -> Response:
    """Events that the outbox could not deliver because its file was damaged: numbers, times and remaining lines."""
    if sender.device:
        raise HTTPException(403, "what is damaged is for the holder of the api key")
    lines = [
        json.dumps({**chunk, "lines": chunk["lines"] and base64.b64encode(chunk["lines"]).decode()})
        for chunk in await asyncio.to_thread(request.app.state.ingest.outbox.list_damaged)
    ]
    return Response("".join(line + "\n" for line in lines), media_type=LINES)


async def get_device_configuration(request: Request, sender: SentBy, device: str = "") -> Response:
    """A tablet's configuration, its place and the server's time: of the token's own tablet, or of ``device`` with the
    api key.
    """
    ingest: Ingest = request.app.state.ingest
    tablet = sender.device or ingest.registry.device(device)
    if tablet is None:
        raise HTTPException(404, f"no tablet {device!r} is paired")
    place = {"device": tablet.code, "unit": tablet.unit, "counter": tablet.counter}
    now = {"server_time": ingest.clock().isoformat(), "clock_speed": speed_of(ingest.clock)}
    return JSONResponse(ingest.registry.configuration_of(tablet) | place | now, headers=NO_STORE)


async def get_devices(request: Request, sender: SentBy, device: str | None = None) -> Response:
    """The latest pairing or revocation of each tablet, or of one, with time, place and the hash of its token."""
    if sender.device:
        raise HTTPException(403, "the list of tablets is for the holder of the api key")
    registry: Registry = request.app.state.ingest.registry
    if not registry.is_loaded:
        raise _retry_later(UNITS_UNKNOWN)
    tablets = registry.list_tablets()
    return JSONResponse({"devices": [row for row in tablets if device in {None, row["device"]}]}, headers=NO_STORE)
