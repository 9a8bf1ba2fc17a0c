"""Access to the local store: for programs of this machine that have its password, and for no page of a browser."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
OPEN_PATHS = frozenset({"/ping", "/replicas_status"})
_WRONG_PASSWORD = 516
"""ClickHouse's number for a failed authentication."""


class Guard:
    """Turns away requests that a browser sends for a page, that name another host, or that lack the password.

    A page of any site can send requests to this machine, and by its own domain name too (DNS rebinding); a browser
    says so in ``Origin``, ``Sec-Fetch-Site`` or ``Host``. Without a password only those three are looked at.
    """

    def __init__(self, app: ASGIApp, password: str) -> None:
        self._app = app
        self._password = password.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 403 or 401 itself, or lets the request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
        if host not in LOOPBACK_NAMES:
            return PlainTextResponse(f"this store answers to 127.0.0.1 only, not to {host[:100]!r}\n", 403)
        if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
            return PlainTextResponse("this store does not answer to pages of a browser\n", 403)
        if scope["path"] in OPEN_PATHS or not self._password:
            return None
        if hmac.compare_digest(_password_of(scope, headers), self._password):
            return None
        text = (
            f"Code: {_WRONG_PASSWORD}. DB::Exception: HAILONG_CLICKHOUSE_PASSWORD is wrong. (AUTHENTICATION_FAILED)\n"
        )
        return PlainTextResponse(
            text, 401, {"WWW-Authenticate": "Basic", "X-ClickHouse-Exception-Code": str(_WRONG_PASSWORD)}
        )


def _password_of(scope: Scope, headers: Headers) -> bytes:
    """The password as ClickHouse's clients send it: Basic, in a header of its own, or in the address."""
    kind, _, credentials = headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).partition(b":")[2]
        except binascii.Error:
            return b""
    if "x-clickhouse-key" in headers:
        return headers["x-clickhouse-key"].encode("latin-1")
    query: dict[bytes, list[bytes]] = parse_qs(scope["query_string"])
    return query.get(b"password", [b""])[0]
