"""Rating one dossier on a phone: a signed link, a form that works without scripts, and a rating sent to ingest.

Opening a link records nothing, because mail gateways open every link; only the sent form does.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contract.links import RatingLink, read_link
from contract.reasons import reasons
from feedback_app.answers import LONGEST_COMMENT, Answers, rating_event, read_answers
from feedback_app.phone_pages import PhonePages
from runtime.clock import VIETNAM, Clock


class OnlineRating:
    """The pages under ``/r/``."""

    def __init__(self, pages: PhonePages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock
        self.router = APIRouter()
        self.router.add_api_route("/r/thanks", self.thanks, methods=["GET"], response_model=None)
        self.router.add_api_route("/r/{token}", self.show, methods=["GET", "HEAD"], response_model=None)
        self.router.add_api_route("/r/{token}", self.record, methods=["POST"], response_model=None)

    async def thanks(self, request: Request) -> Response:
        """What follows a recorded rating; the address tells nothing of it."""
        return self._pages.told(request, "thanks", 200)

    async def show(self, request: Request, token: str) -> Response:
        """The empty form; records nothing."""
        link = self._link(request, token)
        if isinstance(link, Response):
            return link
        known = {} if link.time_points is None else {"nd61_1": link.time_points}
        return self._form(request, link, Answers(items=known))

    async def record(self, request: Request, token: str) -> Response:
        """Sends what was filled in to ingest; whatever hinders that leaves it in the form."""
        link = self._link(request, token)
        if isinstance(link, Response):
            return link
        answers = read_answers(await request.form())
        if answers.problem:
            return self._form(request, link, answers, answers.problem, 422)
        event = rating_event(link, answers, self._pages.language(request), self._clock())
        match await self._pages.send(event):
            case "recorded":
                return self._pages.thanks(request, "/r/thanks")
            case "already":
                return self._pages.told(request, "already", 200)
            case "refused":
                return self._pages.told(request, "refused", 502)
            case "away":
                return self._form(request, link, answers, "away", 503)

    def _link(self, request: Request, token: str) -> RatingLink | Response:
        link = read_link(token, self._pages.key) if self._pages.key else None
        if link is None:
            return self._pages.told(request, "unknown", 404)
        today = self._clock().astimezone(VIETNAM).date()
        return link if link.holds_on(today) else self._pages.told(request, "expired", 410)

    def _form(
        self, request: Request, link: RatingLink, answers: Answers, problem: str | None = None, status: int = 200
    ) -> Response:
        language = self._pages.language(request)
        names = {code: reason.names.get(language, reason.names["vi"]) for code, reason in reasons().items()}
        told = {
            "dossier": link.dossier,
            "answers": answers,
            "problem": problem,
            "reasons": names,
            "longest": LONGEST_COMMENT,
        }
        return self._pages.form(request, "form.html", "title", status, **told)
