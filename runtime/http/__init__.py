"""Shared by all our HTTP services: address, health, metrics, and how they are served."""

from __future__ import annotations

import socket
import threading
from collections.abc import Set
from importlib.resources import files
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.http.bounds import BoundedProtocol, raise_descriptor_limit


def host_and_port(url: str) -> tuple[str, int]:
    """``"http://127.0.0.1:18080"`` → ``("127.0.0.1", 18080)``; ValueError without a port."""
    parts = urlsplit(url)
    if not parts.hostname or not parts.port:
        raise ValueError(f"{url!r} needs a host and a port, as in http://127.0.0.1:18080")
    return parts.hostname, parts.port


def serve_app(app: Any, url: str, listen_host: str) -> None:
    """Serves an ASGI application at ``url`` until SIGTERM or SIGINT; ``listen_host`` when others know it by another."""
    host, port = host_and_port(url)
    host = listen_host or host
    raise_descriptor_limit()
    uvicorn.run(
        app,
        host=host,
        port=port,
        http=BoundedProtocol,
        log_level="warning",
        log_config=None,  # runtime.logs writes what uvicorn says
        access_log=False,
        timeout_graceful_shutdown=5,
    )


def serve_in_background(app: Any, url: str, listen_host: str) -> None:
    """Serves a small application beside the work of the process, in a thread that ends with it.

    Raises OSError when the address cannot be used.
    """
    host, port = host_and_port(url)
    listener = socket.create_server((listen_host or host, port), reuse_port=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", log_config=None, access_log=False))
    threading.Thread(target=server.run, args=([listener],), name="http", daemon=True).start()


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _metrics(_request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


HEALTH_ROUTES = [Route("/healthz", _healthz), Route("/metrics", _metrics)]
"""``/healthz`` (the process lives) and ``/metrics``; each service adds its own ``/readyz``."""


def own_names(allowed: str, *urls: str) -> frozenset[str]:
    """The names that a service may be asked by: those of its URLs, and those that HAILONG_ALLOWED_HOSTS names."""
    of_urls = [urlsplit(url).hostname or "" for url in urls]
    listed = [name.strip().lower().rstrip(".") for name in allowed.split(",")]
    return frozenset(name for name in (*of_urls, *listed) if name)


def is_known_host(host: str, names: Set[str]) -> bool:
    """Whether a ``Host`` is an address, a name without a dot, or one of ``names``.

    A page of a stranger's site can have its own name mean this machine (DNS rebinding) and would then read what is
    served here; such a name always has a dot.
    """
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        ip_address(name)
    except ValueError:
        return bool(name) and ("." not in name or name in names)
    return True


class KnownHosts:
    """Around an application: 400 for a ``Host`` that is not known."""

    def __init__(self, app: ASGIApp, names: Set[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            if not is_known_host(host, self._names):
                detail = f"{host[:100]!r} is no name of this service; HAILONG_ALLOWED_HOSTS lists those that are"
                await JSONResponse({"detail": detail}, 400)(scope, receive, send)
                return
        await self._app(scope, receive, send)


DOCS_FILES = "docs-files"


def serve_docs(app: FastAPI) -> None:
    """``/docs`` of an application that was made without one: Swagger UI with files of our own, none from elsewhere."""
    app.mount(f"/{DOCS_FILES}", StaticFiles(directory=str(files("fastapi_offline").joinpath("static"))))

    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            # Relative, so that a proxy may serve this under a path of its own.
            openapi_url=(app.openapi_url or "").lstrip("/"),
            title=app.title,
            swagger_js_url=f"{DOCS_FILES}/swagger-ui-bundle.js",
            swagger_css_url=f"{DOCS_FILES}/swagger-ui.css",
            swagger_favicon_url=f"{DOCS_FILES}/favicon.png",
        )

    app.get("/docs", include_in_schema=False)(docs)
