"""Rating one dossier on a phone: a signed link, a form that works without scripts, and a rating sent to ingest.

Opening a link records nothing, because mail gateways open every link; only the sent form does. For a day the same phone
may send another rating, which takes the place of the one before.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response

from contract.links.rating import RatingLink
from contract.ratings.reasons import reasons
from contract.time import VIETNAM
from feedback_app.phone.answers import LONGEST_COMMENT, Answers, rating_event, read_answers
from feedback_app.phone.given_rating import COOKIE, GivenRating, given_by, read_given
from feedback_app.phone.pages import PhonePages
from runtime.clock import Clock

KEPT_S = 30 * 86_400
"""How long a phone keeps its rating: longer than it may be replaced, so that the page can show that it was given."""


class Opened(NamedTuple):
    """A valid link, and the rating that this phone gave by it before."""

    link: RatingLink
    former: GivenRating | None


class OnlineRating:
    """The pages under ``/r/``."""

    def __init__(self, pages: PhonePages, clock: Clock) -> None:
        self._pages = pages
        self._clock = clock
        self.router = APIRouter()
        self.router.add_api_route("/r/{token}/thanks", self.thanks, methods=["GET"], response_model=None)
        self.router.add_api_route("/r/{token}", self.show, methods=["GET", "HEAD"], response_model=None)
        self.router.add_api_route("/r/{token}", self.record, methods=["POST"], response_model=None)

    async def thanks(self, request: Request, token: str) -> Response:
        """The page after a recorded rating, with the time until which it may be replaced; shows no answers."""
        link = self._link(request, token)
        if isinstance(link, Response):
            return link
        given = self._given(request, link)
        further = self._pages.text(request, "thanks_change", until=_local_time(given.until)) if given else ""
        return self._pages.render_message(request, "thanks", 200, further)

    async def show(self, request: Request, token: str) -> Response:
        """The empty form; records nothing."""
        opened = self._open(request, token)
        if isinstance(opened, Response):
            return opened
        known = {} if opened.link.time_points is None else {"nd61_1": opened.link.time_points}
        return self._form(request, opened, Answers(items=known))

    async def record(self, request: Request, token: str) -> Response:
        """Sends the form's answers to ingest; when that fails they stay in the form."""
        opened = self._open(request, token)
        if isinstance(opened, Response):
            return opened
        answers = read_answers(await request.form())
        if answers.problem:
            return self._form(request, opened, answers, answers.problem, 422)
        event = rating_event(opened.link, answers, self._pages.language(request), self._clock(), opened.former)
        match await self._pages.send(event):
            case "recorded":
                thanks = self._pages.redirect_to_thanks(request, f"/r/{token}/thanks")
                return self._keep(thanks, request, given_by(event, opened.former))
            case "already":
                return self._pages.render_message(request, "already", 200)
            case "refused":
                return self._pages.render_message(request, "refused", 502)
            case "away":
                return self._form(request, opened, answers, "away", 503)

    def _open(self, request: Request, token: str) -> Opened | Response:
        link = self._link(request, token)
        if isinstance(link, Response):
            return link
        former = self._given(request, link)
        if former and not former.is_replaceable_at(self._clock()):
            return self._pages.render_message(request, "already", 200)
        return Opened(link, former)

    def _link(self, request: Request, token: str) -> RatingLink | Response:
        link = RatingLink.read(token, self._pages.key) if self._pages.key else None
        if link is None:
            return self._pages.render_message(request, "unknown", 404)
        today = self._clock().astimezone(VIETNAM).date()
        return link if link.holds_on(today) else self._pages.render_message(request, "expired", 410)

    def _given(self, request: Request, link: RatingLink) -> GivenRating | None:
        return read_given(request.cookies.get(COOKIE), link, self._pages.key)

    def _keep(self, answer: Response, request: Request, given: GivenRating) -> Response:
        answer.set_cookie(
            COOKIE,
            given.token(self._pages.key),
            max_age=KEPT_S,
            path=request.url.path,
            secure=self._pages.reached_by_https,
            httponly=True,
            samesite="lax",
        )
        return answer

    def _form(
        self, request: Request, opened: Opened, answers: Answers, problem: str | None = None, status: int = 200
    ) -> Response:
        language = self._pages.language(request)
        names = {code: reason.name_in(language) for code, reason in reasons().items()}
        link, former = opened
        notice = former and self._pages.text(
            request, "change", time=_local_time(former.time), until=_local_time(former.until)
        )
        values = {
            "dossier": link.dossier,
            "answers": answers,
            "notice": notice,
            "problem": problem,
            "reasons": names,
            "longest": LONGEST_COMMENT,
        }
        return self._pages.render_form(request, "form.html", "title", status, **values)


def _local_time(instant: datetime) -> str:
    return f"{instant.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
