"""The door's HTTP: ``POST /v1/events`` answers once the accepted events are synced to disk."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse

from contract.refusals import Reason, Refusal
from ingest.admission import Sender
from ingest.bodies import LINES, BodyError, event_lines
from ingest.door import MEGABYTE, Door
from ingest.outbox import OutboxError, Refused, Stored
from runtime.clock import clock_from
from runtime.http import HEALTH_ROUTES, serve_app
from runtime.settings import Settings

CHUNK_EVENTS = 500
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
    )
    app.get("/readyz", response_class=PlainTextResponse)(readyz)
    app.post("/v1/events", status_code=202)(post_events)
    app.get("/v1/refusals")(get_refusals)
    return app


def serve(settings: Settings) -> None:
    """Runs ingest until it is told to stop."""
    serve_app(make_app(settings), settings.ingest_url, settings.listen_host)


def _sender(request: Request) -> Sender:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise HTTPException(401, "send Authorization: Bearer <api key or device token>")
    sender: Sender | None = request.app.state.door.sender_of(token)
    if sender is None:
        raise HTTPException(403, "this key or token is not known here, or was revoked")
    return sender


SentBy = Annotated[Sender, Depends(_sender)]


async def readyz(request: Request) -> str:
    """200 while events can be taken: Kafka may be away, the outbox may not be full."""
    if request.app.state.door.nearly_full:
        raise HTTPException(503, "the outbox is nearly full", {"Retry-After": str(RETRY_AFTER_S)})
    return "ready\n"


async def post_events(request: Request, sender: SentBy) -> Response:
    """Admits one CloudEvent, a batch, or JSON lines; see the README for a call with curl."""
    door: Door = request.app.state.door
    if door.nearly_full:
        raise HTTPException(503, "the outbox is nearly full; come again", {"Retry-After": str(RETRY_AFTER_S)})
    rejected: list[Refused] = []
    stored: list[Future[Stored]] = []
    lines: list[tuple[int, bytes]] = []
    count = 0
    try:
        async for raw in event_lines(request, door.settings.max_body_mb * MEGABYTE):
            lines.append((count, raw))
            count += 1
            if len(lines) == CHUNK_EVENTS:
                _admit(door, lines, sender, rejected, stored)
                lines = []
                # One large file must not keep a tablet's tap waiting.
                await asyncio.sleep(0)
        _admit(door, lines, sender, rejected, stored)
        answers = await asyncio.gather(*(asyncio.wrap_future(future) for future in stored))
        if door.settings.ack == "kafka" and answers:
            await _delivered(door, answers[-1].last_seq)
    except BodyError as error:
        refusal = Refusal(Reason.TOO_LARGE if error.status == 413 else Reason.NOT_JSON, str(error))
        if error.raw:
            await asyncio.wrap_future(door.refuse_body(error.raw, refusal, sender))
        raise HTTPException(error.status, str(error)) from error
    except OutboxError as error:
        raise HTTPException(503, str(error), {"Retry-After": str(RETRY_AFTER_S)}) from error
    for answer in answers:
        rejected.extend(answer.conflicts)
    rejected.sort(key=lambda line: line.index)
    unreadable = {Reason.NOT_JSON, Reason.NOT_UTF8}
    nothing_read = count == 0 or (len(rejected) == count and all(r.refusal.reason in unreadable for r in rejected))
    body = {"accepted": sum(answer.accepted for answer in answers), "rejected": [_entry(line) for line in rejected]}
    return JSONResponse(body, 400 if nothing_read else 202)


def _admit(
    door: Door,
    lines: list[tuple[int, bytes]],
    sender: Sender,
    rejected: list[Refused],
    stored: list[Future[Stored]],
) -> None:
    if lines:
        refused, future = door.admit(lines, sender)
        rejected.extend(refused)
        stored.append(future)


async def _delivered(door: Door, seq: int) -> None:
    if not await asyncio.to_thread(door.relay.wait_delivered, seq, KAFKA_ACK_TIMEOUT_S):
        detail = "the events are kept, but Kafka has not acknowledged them; sending them again is safe"
        raise HTTPException(503, detail, {"Retry-After": str(RETRY_AFTER_S)})


def _entry(line: Refused) -> dict[str, Any]:
    refusal = line.refusal
    return {"index": line.index, "id": refusal.id, "reason": refusal.reason.value, "detail": refusal.detail}


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
