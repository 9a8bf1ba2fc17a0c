"""Rating one dossier on a phone: a signed link, a form that works without scripts, and a rating sent to ingest.

Opening a link records nothing, because mail gateways open every link; only the sent form does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import yaml
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contract.links import RatingLink, read_link
from contract.reasons import reasons
from contract.refusals import Reason
from feedback_app.answers import LONGEST_COMMENT, Answers, rating_event, read_answers
from runtime.clock import VIETNAM, Clock
from runtime.settings import Settings

FOLDER = Path(__file__).parent / "online"
TEXTS = FOLDER / "texts.yaml"
ANSWER_TIMEOUT_S = 10.0
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class OnlineRating:
    """The pages under ``/r/``. Needs the key of the systems, which signs the links and sends the ratings."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._key = settings.api_key.get_secret_value()
        self._ingest = httpx.AsyncClient(
            base_url=settings.ingest_url,
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/cloudevents+json"},
            timeout=ANSWER_TIMEOUT_S,
            trust_env=False,
        )
        self._clock = clock
        self._texts: dict[str, dict[str, Any]] = yaml.safe_load(TEXTS.read_text(encoding="utf-8"))
        self._pages = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(), undefined=StrictUndefined
        )
        self.router = APIRouter()
        self.router.add_api_route("/r/thanks", self.thanks, methods=["GET"], response_model=None)
        self.router.add_api_route("/r/{token}", self.show, methods=["GET", "HEAD"], response_model=None)
        self.router.add_api_route("/r/{token}", self.record, methods=["POST"], response_model=None)

    async def thanks(self, request: Request) -> Response:
        """What follows a recorded rating; the address tells nothing of it."""
        return self._told(request, "thanks", 200)

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
        language = self._language(request)
        try:
            answer = await self._ingest.post("/v1/events", json=rating_event(link, answers, language, self._clock()))
            answer.raise_for_status()
            rejected = answer.json()["rejected"]
        except (httpx.HTTPError, ValueError, KeyError):
            return self._form(request, link, answers, "away", 503)
        if not rejected:
            return RedirectResponse(f"/r/thanks?lang={language}", status_code=303, headers=HEADERS)
        already = rejected[0]["reason"] == Reason.ID_CONFLICT
        return self._told(request, "already", 200) if already else self._told(request, "refused", 502)

    def _link(self, request: Request, token: str) -> RatingLink | Response:
        link = read_link(token, self._key) if self._key else None
        if link is None:
            return self._told(request, "unknown", 404)
        today = self._clock().astimezone(VIETNAM).date()
        return link if link.holds_on(today) else self._told(request, "expired", 410)

    def _language(self, request: Request) -> str:
        asked = request.query_params.get("lang", "")
        return asked if asked in self._texts else next(iter(self._texts))

    def _form(
        self, request: Request, link: RatingLink, answers: Answers, problem: str | None = None, status: int = 200
    ) -> Response:
        language = self._language(request)
        names = {code: reason.names.get(language, reason.names["vi"]) for code, reason in reasons().items()}
        told = {
            "dossier": link.dossier,
            "answers": answers,
            "problem": problem,
            "reasons": names,
            "longest": LONGEST_COMMENT,
        }
        return self._page("form.html", language, status, heading=self._texts[language]["title"], **told)

    def _told(self, request: Request, what: str, status: int) -> Response:
        language = self._language(request)
        words = self._texts[language]
        return self._page("page.html", language, status, heading=words[what], detail=words[f"{what}_detail"])

    def _page(self, template: str, language: str, status: int, **told: Any) -> Response:
        languages = [(code, words["language"]) for code, words in self._texts.items()]
        page = self._pages.get_template(template).render(
            language=language, languages=languages, words=self._texts[language], **told
        )
        return HTMLResponse(page, status, HEADERS)
