"""A comment on a tap, written on the citizen's own phone: the tablet shows a signed link as a QR code.

Only a tablet whose token is valid at ingest gets links. A comment without a stored rating of the link's unit is never
shown, and no comment is ever counted.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import segno
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ValidationError

from contract.events.envelope import new_event
from contract.events.fields import Code
from contract.links.comment import HOLDS, CommentLink, comment_id
from feedback_app.phone.answers import LONGEST_COMMENT
from feedback_app.phone.pages import PhonePages
from runtime.clock import Clock, speed_of
from runtime.settings import Settings

NOW_WITHIN = timedelta(minutes=2)
"""The greatest distance of a tap's time from now: a tablet asks for the link while it thanks for the tap."""


class Tap(BaseModel):
    """The tap that a tablet asks a link for."""

    device: Code
    unit: Code
    rating: UUID
    time: AwareDatetime


class Comments:
    """The pages under ``/c/``, and ``/comment-link`` for tablets."""

    def __init__(self, settings: Settings, pages: PhonePages, clock: Clock) -> None:
        self._site = settings.site
        self._pages = pages
        self._clock = clock
        self.router = APIRouter()
        self.router.add_api_route("/comment-link", self.link, methods=["POST"], response_model=None)
        self.router.add_api_route("/c/thanks", self.thanks, methods=["GET"], response_model=None)
        self.router.add_api_route("/c/{token}", self.show, methods=["GET", "HEAD"], response_model=None)
        self.router.add_api_route("/c/{token}", self.record, methods=["POST"], response_model=None)

    async def link(self, request: Request) -> Response:
        """A link for a tap made just now, as a QR code; stores nothing.

        The token is checked before the body is read. Raises 401 without a token, 403 for an unknown or revoked one and
        for that of another tablet or unit, 422 for a body that is no such tap, 503 when ingest does not answer.
        """
        authorization = request.headers.get("Authorization", "")
        if not (self._pages.key and authorization.lower().startswith("bearer ")):
            raise HTTPException(401, "show this tablet's own token", {"WWW-Authenticate": "Bearer"})
        tablet = await self._pages.tablet_of(authorization)
        if tablet == "away":
            raise HTTPException(503, "ingest does not say whether this tablet is known", {"Retry-After": "5"})
        if tablet == "unknown":
            raise HTTPException(403, "this token is not known here, or was revoked")
        try:
            tap = Tap.model_validate_json(await request.body())
        except ValidationError as fault:
            raise HTTPException(422, "send device, unit, rating and time of a tap as JSON") from fault
        if (tablet.get("device"), tablet.get("unit")) != (tap.device, tap.unit):
            raise HTTPException(403, "this is not the token of that tablet at that unit")
        if abs(tap.time - self._clock()) > NOW_WITHIN * max(1.0, speed_of(self._clock)):
            raise HTTPException(422, "time: the tap is not of now")
        # Whole seconds: a shorter link is a coarser code, which old cameras read.
        expires_at = (tap.time + HOLDS).replace(microsecond=0)
        link = CommentLink(unit=tap.unit, rating=tap.rating, expires_at=expires_at)
        rows = qr_rows(link.address(self._site, self._pages.key))
        return JSONResponse({"qr": rows}, headers={"Cache-Control": "no-store"})

    async def thanks(self, request: Request) -> Response:
        """The page after a recorded comment."""
        return self._pages.render_message(request, "comment_thanks", 200)

    async def show(self, request: Request, token: str) -> Response:
        """The empty form; records nothing."""
        link = self._link(request, token)
        return link if isinstance(link, Response) else self._form(request, "")

    async def record(self, request: Request, token: str) -> Response:
        """Sends the comment to ingest; when that fails it stays in the form."""
        link = self._link(request, token)
        if isinstance(link, Response):
            return link
        # Browsers send a line's end as two characters, which the page counts as one.
        comment = str((await request.form()).get("comment") or "").replace("\r\n", "\n").strip()
        if not 0 < len(comment) <= LONGEST_COMMENT:
            return self._form(request, comment, "too_long" if comment else "comment_empty", 422)
        event = comment_event(link, comment, self._pages.language(request), self._clock())
        match await self._pages.send(event):
            case "recorded":
                return self._pages.redirect_to_thanks(request, "/c/thanks")
            case "already":
                return self._pages.render_message(request, "comment_already", 200)
            case "refused":
                return self._pages.render_message(request, "comment_refused", 502)
            case "away":
                return self._form(request, comment, "comment_away", 503)

    def _link(self, request: Request, token: str) -> CommentLink | Response:
        link = CommentLink.read(token, self._pages.key) if self._pages.key else None
        if link is None:
            return self._pages.render_message(request, "comment_unknown", 404)
        return link if link.holds_at(self._clock()) else self._pages.render_message(request, "comment_expired", 410)

    def _form(self, request: Request, comment: str, problem: str | None = None, status: int = 200) -> Response:
        values = {"comment": comment, "problem": problem, "longest": LONGEST_COMMENT}
        return self._pages.render_form(request, "comment.html", "comment_title", status, **values)


def comment_event(link: CommentLink, comment: str, language: str, now: datetime) -> dict[str, Any]:
    """The comment as an event. Its id is derived from the tap, so that ingest admits only the first of several."""
    return new_event(
        "rating.commented",
        str(link.rating),
        {"unit": link.unit, "comment": comment, "language": language},
        source=f"online/{link.unit}",
        time=now.isoformat(),
        event_id=str(comment_id(link.rating)),
    )


def qr_rows(address: str) -> list[list[int]]:
    """The address as the rows of a QR code, 1 for a dark module."""
    return [[int(dark) for dark in row] for row in segno.make(address, error="m", micro=False).matrix]
