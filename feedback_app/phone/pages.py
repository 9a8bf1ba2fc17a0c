"""What all pages for phones have in common: their texts, their frame, and the way to ingest. They run no script."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import httpx
from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contract.events.refusals import Reason
from feedback_app.texts.by_language import choose_language, every_text
from runtime.settings import Settings

FOLDER = Path(__file__).parent / "templates"
ANSWER_TIMEOUT_S = 10.0
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Sent = Literal["recorded", "already", "refused", "away"]


class PhonePages:
    """Needs the key of the systems, which signs the links and sends what was written."""

    def __init__(self, settings: Settings) -> None:
        self.key = settings.api_key.get_secret_value()
        # A proxy speaks for the pages where the phone and they do not share a scheme.
        self.reached_by_https = settings.site.startswith("https:")
        self._ingest = httpx.AsyncClient(
            base_url=settings.ingest_url,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/cloudevents+json"},
            timeout=ANSWER_TIMEOUT_S,
            trust_env=False,
        )
        self._texts = every_text("phone")
        self._frames = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(), undefined=StrictUndefined
        )

    async def send(self, event: dict[str, Any]) -> Sent:
        """What became of the event at ingest's door; ``already`` when its id came before with other content."""
        try:
            answer = await self._ingest.post("/v1/events", json=event)
            answer.raise_for_status()
            rejected = answer.json()["rejected"]
        except (httpx.HTTPError, ValueError, KeyError):
            return "away"
        if not rejected:
            return "recorded"
        return "already" if rejected[0]["reason"] == Reason.ID_CONFLICT else "refused"

    async def tablet_of(self, authorization: str) -> dict[str, Any] | Literal["unknown", "away"]:
        """What ingest says of the tablet that shows this: its ``device``, ``unit`` and ``counter`` among others.

        ``unknown`` for a token that it does not know or that was revoked, ``away`` when it does not say.
        """
        try:
            answer = await self._ingest.get("/v1/device-configuration", headers={"Authorization": authorization})
            if answer.status_code in {401, 403, 404}:
                return "unknown"
            tablet: dict[str, Any] = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return "away"
        return tablet

    def language(self, request: Request) -> str:
        """The language that the address asks for, or the first."""
        return choose_language(request.query_params.get("lang", ""), self._texts)

    def form(self, request: Request, template: str, title: str, status: int, **told: Any) -> Response:
        """A page with a form; ``title`` is the name of its text."""
        language = self.language(request)
        return self._page(template, language, status, heading=self._texts[language][title], **told)

    def told(self, request: Request, what: str, status: int, further: str = "") -> Response:
        """A page that says one thing: the texts ``what`` and ``what_detail``, and what there is ``further``."""
        language = self.language(request)
        words = self._texts[language]
        detail = f"{words[f'{what}_detail']} {further}".strip()
        return self._page("page.html", language, status, heading=words[what], detail=detail)

    def thanks(self, request: Request, address: str) -> Response:
        """On to the page that thanks, so that a reload sends nothing again."""
        return RedirectResponse(f"{address}?lang={self.language(request)}", status_code=303, headers=HEADERS)

    def words(self, request: Request, name: str, **told: str) -> str:
        """A text in the language that the address asks for."""
        return str(self._texts[self.language(request)][name]).format(**told)

    def _page(self, template: str, language: str, status: int, **told: Any) -> Response:
        languages = [(code, words["language"]) for code, words in self._texts.items()]
        page = self._frames.get_template(template).render(
            language=language, languages=languages, words=self._texts[language], **told
        )
        return HTMLResponse(page, status, HEADERS)
