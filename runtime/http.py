"""What every HTTP service of ours has alike: its address, health, metrics, and how it is served."""

from __future__ import annotations

import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from runtime.http_bounds import BoundedProtocol, raise_descriptor_limit


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
        access_log=False,
        timeout_graceful_shutdown=5,
    )


def serve_in_background(app: Any, url: str, listen_host: str) -> None:
    """Serves a small application beside the work of the process, in a thread that ends with it.

    Raises OSError when the address cannot be used.
    """
    host, port = host_and_port(url)
    listener = socket.create_server((listen_host or host, port), reuse_port=False)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    threading.Thread(target=server.run, args=([listener],), name="http", daemon=True).start()


async def _healthz(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _metrics(_request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


HEALTH_ROUTES = [Route("/healthz", _healthz), Route("/metrics", _metrics)]
"""``/healthz`` (the process lives) and ``/metrics``; each service adds its own ``/readyz``."""
