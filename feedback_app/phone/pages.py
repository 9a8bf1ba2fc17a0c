"""What all pages for phones share: texts, templates, and the connection to ingest. The pages run no script."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from contract.events.refusals import Reason
from feedback_app.texts.by_language import choose_language, every_text
from runtime.ingest_client import AsyncIngestClient, IngestError
from runtime.settings import Settings

FOLDER = Path(__file__).parent / "templates"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

Sent = Literal["recorded", "already", "refused", "away"]


class PhonePages:
    """Renders pages and sends events, with the key of the systems, which also signs the links."""

    def __init__(self, settings: Settings) -> None:
        self.key = settings.api_key.get_secret_value()
        # The public scheme: behind a proxy the request itself may show another.
        self.reached_by_https = settings.site.startswith("https:")
        self._ingest = AsyncIngestClient(settings.ingest_url, self.key)
        self._texts = every_text("phone")
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER), autoescape=select_autoescape(), undefined=StrictUndefined
        )

    async def send(self, event: dict[str, Any]) -> Sent:
        """Ingest's answer to an event; ``already`` when its id came before with other content."""
        try:
            rejection = await self._ingest.post([event])
        except IngestError:
            return "away"
        if rejection is None:
            return "recorded"
        return "already" if rejection.reason == Reason.ID_CONFLICT else "refused"

    async def tablet_of(self, authorization: str) -> dict[str, Any] | Literal["unknown", "away"]:
        """The tablet with this token, as ingest has it: ``device``, ``unit`` and ``counter`` among others.

        ``unknown`` for a token that ingest does not have or that was revoked, ``away`` when ingest does not answer.
        """
        try:
            return await self._ingest.get_own_configuration(authorization) or "unknown"
        except IngestError:
            return "away"

    def language(self, request: Request) -> str:
        """The language in the address, or the first one."""
        return choose_language(request.query_params.get("lang", ""), self._texts)

    def render_form(self, request: Request, template: str, title: str, status: int, **values: Any) -> Response:
        """A page with a form; ``title`` is the key of its heading."""
        language = self.language(request)
        return self._page(template, language, status, heading=self._texts[language][title], **values)

    def render_message(self, request: Request, key: str, status: int, further: str = "") -> Response:
        """A page with the texts ``KEY`` and ``KEY_detail``, and a ``further`` sentence."""
        language = self.language(request)
        texts = self._texts[language]
        detail = f"{texts[f'{key}_detail']} {further}".strip()
        return self._page("page.html", language, status, heading=texts[key], detail=detail)

    def redirect_to_thanks(self, request: Request, address: str) -> Response:
        """A redirect to the page that thanks, so that a reload sends nothing again."""
        return RedirectResponse(f"{address}?lang={self.language(request)}", status_code=303, headers=HEADERS)

    def text(self, request: Request, key: str, **values: str) -> str:
        """A text in the language of the address, with its braces filled in."""
        return str(self._texts[self.language(request)][key]).format(**values)

    def _page(self, template: str, language: str, status: int, **values: Any) -> Response:
        languages = [(code, texts["language"]) for code, texts in self._texts.items()]
        page = self._templates.get_template(template).render(
            language=language, languages=languages, texts=self._texts[language], **values
        )
        return HTMLResponse(page, status, HEADERS)
