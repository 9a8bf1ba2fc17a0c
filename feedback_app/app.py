"""The pages for citizens over HTTP: the tablet's with its texts and the server's clock, and the one for phones.

The tablet's page posts ratings to ingest by itself; nothing a citizen answers there passes through this process.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles

from feedback_app.bodies import Bodies
from feedback_app.pairing.routes import FOLDER as PAIR
from feedback_app.pairing.routes import TabletPairing
from feedback_app.phone.comment import Comments
from feedback_app.phone.pages import FOLDER as ONLINE
from feedback_app.phone.pages import PhonePages
from feedback_app.phone.rating import OnlineRating
from feedback_app.texts.by_language import EveryText, tablet_texts
from runtime.clock import clock_from, speed_of
from runtime.http import HEALTH_ROUTES, serve_app
from runtime.settings import Settings

TABLET = Path(__file__).parent / "tablet"
"""The files of the tablet's page, served at the root."""

SPEECH = TABLET / "speech"


def shell(texts: EveryText) -> dict[str, Any]:
    """The ``files`` that the page needs to start without a network, and their ``version``, a hash of all of them.

    The spoken clips (``speech``) are fetched after them.
    """
    speech = sorted(path.relative_to(TABLET).as_posix() for path in SPEECH.glob("*/*.mp3"))
    pages = sorted(
        place for path in TABLET.rglob("*.*") if (place := path.relative_to(TABLET).as_posix()) not in speech
    )
    digest = hashlib.sha256(json.dumps(texts, ensure_ascii=False).encode())
    for name in [*pages, *speech]:
        digest.update(name.encode() + (TABLET / name).read_bytes())
    files = [f"/{name}" for name in pages if name not in ("index.html", "sw.js")]
    return {
        "version": digest.hexdigest()[:12],
        "files": ["/", "/texts.json", "/shell.js", *files],
        "speech": [f"/{name}" for name in speech],
    }


class Page(StaticFiles):
    """The files of ``tablet/``, sent with the rules that the browser keeps for the page."""

    def __init__(self, ingest_url: str) -> None:
        super().__init__(directory=TABLET, html=True)
        self._headers = {
            # The service worker keeps the page; a cache in between could only mix two versions.
            "Cache-Control": "no-cache",
            "Content-Security-Policy": f"default-src 'self'; connect-src 'self' {ingest_url}; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As the base class answers, with our headers."""
        response = super().file_response(*args, **kwargs)
        response.headers.update(self._headers)
        return response


def make_app(settings: Settings) -> FastAPI:
    """The pages' server. Raises ValueError when a language lacks a text or the clock's setting is wrong."""
    clock = clock_from(settings.clock)
    texts = tablet_texts()
    ingest_url = settings.public_ingest_url or settings.ingest_url
    shell_script = f"self.SHELL = {json.dumps(shell(texts))};\n"
    app = FastAPI(title="hailong feedback", docs_url=None, redoc_url=None, openapi_url=None, routes=[*HEALTH_ROUTES])
    app.add_middleware(GZipMiddleware, minimum_size=500)
    # The last that is added is the outermost.
    app.add_middleware(Bodies)

    @app.get("/config.json")
    async def config() -> JSONResponse:
        body = {"server_time": clock().isoformat(), "clock_speed": speed_of(clock), "ingest_url": ingest_url}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})

    @app.get("/texts.json")
    async def every_text() -> JSONResponse:
        return JSONResponse(texts, headers={"Cache-Control": "no-cache"})

    @app.get("/shell.js")
    async def shell_js() -> Response:
        return Response(shell_script, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    @app.get("/readyz")
    async def readyz() -> PlainTextResponse:
        return PlainTextResponse("ready\n")

    pages = PhonePages(settings)
    app.include_router(OnlineRating(pages, clock).router)
    app.include_router(Comments(settings, pages, clock).router)
    app.include_router(TabletPairing(settings, clock).router)
    app.mount("/online", StaticFiles(directory=ONLINE))
    app.mount("/pair", StaticFiles(directory=PAIR))
    app.mount("/", Page(ingest_url))
    return app


def serve(settings: Settings) -> None:
    """Serve the pages at ``settings.feedback_url`` until the process is stopped."""
    serve_app(make_app(settings), settings.feedback_url, settings.listen_host)
