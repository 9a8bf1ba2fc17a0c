"""What ingest's OpenAPI document says of the routes that FastAPI does not describe by itself."""

from __future__ import annotations

from typing import Any

from contract.events.envelope import EVENT_DATA
from contract.events.refusals import Reason
from ingest.http.bodies import BATCH, GZIP, LINES, SINGLE

_FAULT = {"type": "object", "required": ["detail"], "properties": {"detail": {"type": "string"}}}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait before sending again", "schema": {"type": "integer"}}}


def _fault(description: str, **more: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _FAULT}}, **more}


def _lines(description: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"description": f"One JSON object a line: {description}", "content": {LINES: {"schema": schema}}}


UNKNOWN_SENDER: dict[int | str, dict[str, Any]] = {
    401: _fault("No bearer token was sent."),
    403: _fault("The key or token is not known or was revoked, or may not ask this."),
    503: _fault("Come again later.", headers=_RETRY_AFTER),
}
CONFIGURATION: dict[int | str, dict[str, Any]] = {**UNKNOWN_SENDER, 404: _fault("No such tablet is paired.")}
NOT_READY: dict[int | str, dict[str, Any]] = {503: _fault("Why not, and what to do.", headers=_RETRY_AFTER)}
_TEXT, _NUMBER = {"type": "string"}, {"type": "integer"}
_BASE64 = {"type": "string", "format": "byte"}
REFUSALS: dict[int | str, dict[str, Any]] = {
    200: _lines(
        "a refused line and why.",
        seq=_NUMBER,
        received_at={"type": "string", "format": "date-time"},
        sender=_TEXT,
        reason={"type": "string", "enum": list(Reason)},
        detail=_TEXT,
        id={"type": ["string", "null"]},
        raw=_BASE64,
    ),
    **UNKNOWN_SENDER,
}
DAMAGED: dict[int | str, dict[str, Any]] = {
    200: _lines(
        "events that a damaged outbox could not deliver; `lines` is what is left of them, those rescued included.",
        first_seq=_NUMBER,
        last_seq=_NUMBER,
        rescued=_NUMBER,
        cause=_TEXT,
        noted_s=_NUMBER,
        stored_s={"type": ["integer", "null"]},
        lines={**_BASE64, "type": ["string", "null"]},
    ),
    **UNKNOWN_SENDER,
}

_EVENT = {
    "type": "object",
    "required": ["id", "type", "source", "time", "subject", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "The same id sent again is the same event."},
        "type": {"type": "string", "enum": sorted(EVENT_DATA)},
        "source": {"type": "string", "maxLength": 200},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string", "maxLength": 100},
        "data": {"type": "object", "required": ["unit"], "properties": {"unit": {"type": "string", "maxLength": 100}}},
    },
}
_REJECTED = {
    "type": "object",
    "required": ["index", "id", "reason", "detail"],
    "properties": {
        "index": {"type": "integer", "description": "The event's place in the body, from 0"},
        "id": {"type": ["string", "null"]},
        "reason": {"type": "string", "enum": list(Reason)},
        "detail": {"type": "string"},
    },
}
_RECEIPT = {
    "type": "object",
    "required": ["accepted", "rejected"],
    "properties": {
        "accepted": {"type": "integer"},
        "rejected": {"type": "array", "items": _REJECTED},
        "rejected_more": {
            "type": "integer",
            "description": "Refused events that are not in `rejected`, if any; GET /v1/refusals has them.",
        },
        "detail": {"type": "string", "description": "Only with status 400: why the rest of the body was left out"},
    },
}
EVENTS: dict[str, Any] = {
    "post": {
        "summary": "Send events",
        "description": "Valid events of a mixed body are taken; the answer names the others.",
        "operationId": "post_events",
        "security": [{"bearer": []}],
        "parameters": [
            {
                "name": "Content-Encoding",
                "in": "header",
                "schema": {"type": "string", "enum": [GZIP]},
                "description": "How the body is packed. The bounds hold for it unpacked.",
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                SINGLE: {"schema": _EVENT},
                BATCH: {"schema": {"type": "array", "items": _EVENT}},
                LINES: {"schema": _EVENT},
            },
        },
        "responses": {
            "202": {
                "description": "Taken: the accepted events are synced to disk.",
                "content": {"application/json": {"schema": _RECEIPT}},
            },
            "400": {
                "description": "Nothing in the body can be read, or too many of its events are refused.",
                "content": {"application/json": {"schema": {"anyOf": [_RECEIPT, _FAULT]}}},
            },
            "401": UNKNOWN_SENDER[401],
            "403": UNKNOWN_SENDER[403],
            "408": {"description": "The sender went silent; the connection is closed.", "content": {"text/plain": {}}},
            "413": _fault("The body, or the event, is larger than may be. Send it in parts."),
            "415": _fault("Another content type, charset or coding than those above."),
            "429": _fault("Too much from this sender for now.", headers=_RETRY_AFTER),
            "503": _fault("No room, or no disk, for now. Send the same body again.", headers=_RETRY_AFTER),
        },
    }
}


def with_events(document: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's document with the route that it does not know."""
    document["paths"] = {"/v1/events": EVENTS, **document["paths"]}
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["bearer"] = {"type": "http", "scheme": "bearer", "description": "The api key, or a tablet's token"}
    return document
