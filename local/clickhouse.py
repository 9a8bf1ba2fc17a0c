"""ClickHouse's HTTP protocol over the engine in this process: ``python -m local.clickhouse --path DIR --port N``.

A convenience for development and a single office: loopback only, one user, no sessions (every request stands alone;
``session_id`` is ignored), no external tables, answers held in memory until they are complete.

The password comes from ``HAILONG_CLICKHOUSE_PASSWORD``. No page of a browser gets an answer, and no statement reaches
files, other machines or programs (local/outside.py).
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import socket
import sys
import uuid
import zlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import lz4.frame
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from local.engine import Answer, Engine, EngineError, EngineInUseError
from local.guard import Guard
from local.outside import reach_outside
from local.statements import data_insert

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# More than the cores, so that a few slow statements leave threads for the quick ones.
CONCURRENT_STATEMENTS = 16
# A statement that runs longer than this when the process is told to end is ended with it.
GRACE_S = 3
# Longer than the pauses between the statements of one client, which would otherwise meet closed connections.
KEEP_ALIVE_S = 120
MAX_FORM_BYTES = 256 * 1024 * 1024
# Smaller answers gain nothing from being packed on a loopback.
MIN_COMPRESSED_BYTES = 1024

# Words of the HTTP protocol itself; every other name in the address is a setting or a ``param_``.
_PROTOCOL_WORDS = frozenset(
    {
        *("query", "database", "default_format", "query_id", "session_id", "session_timeout", "session_check"),
        *("close_session", "client_protocol_version", "quota_key", "role", "user", "password"),
        *("compress", "decompress", "wait_end_of_query", "buffer_size", "stacktrace"),
        # Settings of ClickHouse's HTTP server, which this one follows itself or which mean nothing to whole answers.
        *("enable_http_compression", "http_zlib_compression_level", "send_progress_in_http_headers"),
        *("http_headers_progress_interval_ms", "http_wait_end_of_query"),
        "cancel_http_readonly_queries_on_client_close",
    }
)
# ClickHouse's own table of statuses by error number (its exceptionCodeToHTTPStatus); every other error is 500.
_STATUS_BY_CODE = (
    {48: 501, 159: 408, 229: 413, 497: 403, 779: 415}
    | dict.fromkeys((6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223), 400)
    | dict.fromkeys((321, 376, 427, 441, 675, 676), 400)
    | dict.fromkeys((46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511), 404)
    | dict.fromkeys((76, 209, 439), 503)
)

Codec = Callable[[bytes], bytes]
# In the order of preference: what costs the least processor time first.
_COMPRESS: dict[str, Codec] = {
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
    "gzip": partial(gzip.compress, compresslevel=1),
    "deflate": zlib.compress,
}


def _lz4_decompress(packed: bytes) -> bytes:
    """Every frame of the body; the client sends one frame for each block of rows."""
    plain = []
    while packed:
        frame = lz4.frame.LZ4FrameDecompressor()
        plain.append(frame.decompress(packed))
        if not frame.eof:
            raise ValueError("the lz4 frame ends too early")
        packed = frame.unused_data or b""
    return b"".join(plain)


_DECOMPRESS: dict[str, Codec] = {
    "": bytes,
    "identity": bytes,
    "lz4": _lz4_decompress,
    "zstd": zstd.decompress,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


class _Service:
    """The routes; each statement runs in a thread, so that ``/ping`` and small statements never wait for a slow one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        names = engine.run(b"SELECT lower(name) FROM system.table_functions FORMAT TabSeparated").body
        self._table_functions = frozenset(names.decode().split())
        self._threads = ThreadPoolExecutor(CONCURRENT_STATEMENTS, thread_name_prefix="statement")

    async def ping(self, _request: Request) -> Response:
        """``Ok.``, as long as the process serves requests."""
        return PlainTextResponse("Ok.\n")

    async def statement(self, request: Request) -> Response:
        """Run the statement of the address, the form or the body."""
        query_id = request.query_params.get("query_id") or str(uuid.uuid4())
        try:
            fields, body = await _fields_and_body(request)
            text = fields.get("query", "").encode()
            if not text:
                text, body = body, b""
            if not text.strip():
                return PlainTextResponse("Ok.\n")
            run = partial(self._run, request.method, text, body, fields)
            answer = await asyncio.get_running_loop().run_in_executor(self._threads, run)
            return await _answered(request, fields, query_id, answer, self._engine.timezone)
        except EngineError as error:
            return _failed(query_id, error)

    def close(self) -> None:
        """End the running statements and the engine."""
        self._engine.stop_statements()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self._engine.close()

    def _run(self, method: str, text: bytes, body: bytes, fields: dict[str, str]) -> Answer:
        settings = {
            name: value
            for name, value in fields.items()
            if name not in _PROTOCOL_WORDS and not name.startswith("param_")
        }
        if method == "GET":
            settings["readonly"] = "2"
        parameters = {name[6:]: value for name, value in fields.items() if name.startswith("param_")}
        insert = data_insert(text)
        if reach := reach_outside(insert.head if insert else text, parameters, self._table_functions):
            refusal = f"this store is reached over HTTP for its own tables only, and the statement has {reach}"
            raise EngineError(f"Code: 497. DB::Exception: {refusal}. (ACCESS_DENIED)")
        return self._engine.run(
            text,
            body or None,
            settings=settings,
            parameters=parameters,
            database=fields.get("database", ""),
            default_format=fields.get("default_format") or "TabSeparated",
        )


async def _fields_and_body(request: Request) -> tuple[dict[str, str], bytes]:
    """The fields of the address, the headers and the form, and the unpacked body that is no form."""
    fields = dict(request.query_params)
    for header, field in (("x-clickhouse-database", "database"), ("x-clickhouse-format", "default_format")):
        if header in request.headers:
            fields.setdefault(field, request.headers[header])
    # As in ClickHouse, only a multipart body is a form: curl calls a plain statement form-urlencoded.
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form(max_part_size=MAX_FORM_BYTES, max_fields=10_000) as form:
            fields.update({name: value for name, value in form.items() if isinstance(value, str)})
        return fields, b""
    body = await request.body()
    encoding = request.headers.get("content-encoding", "")
    if encoding not in _DECOMPRESS:
        raise EngineError(f"Code: 48. DB::Exception: Content-Encoding {encoding!r} is not served. (NOT_IMPLEMENTED)")
    try:
        return fields, await asyncio.to_thread(_DECOMPRESS[encoding], body) if encoding else body
    except Exception as error:
        text = f"Code: 271. DB::Exception: the body is not {encoding}: {error}. (CANNOT_DECOMPRESS)"
        raise EngineError(text) from error


async def _answered(request: Request, fields: dict[str, str], query_id: str, answer: Answer, timezone: str) -> Response:
    summary = {
        "read_rows": str(answer.rows_read),
        "read_bytes": str(answer.bytes_read),
        "written_rows": str(answer.rows_written),
        "written_bytes": str(answer.bytes_written),
        "total_rows_to_read": "0",
        "result_rows": str(answer.result_rows),
        "result_bytes": str(len(answer.body)),
        "elapsed_ns": str(round(answer.elapsed_s * 1e9)),
    }
    headers = {
        "X-ClickHouse-Query-Id": query_id,
        "X-ClickHouse-Timezone": timezone,
        "X-ClickHouse-Server-Display-Name": "hailong-local",
        "X-ClickHouse-Summary": json.dumps(summary, separators=(",", ":")),
    }
    if answer.format:
        headers["X-ClickHouse-Format"] = answer.format
    body = answer.body
    if fields.get("enable_http_compression") == "1" and len(body) >= MIN_COMPRESSED_BYTES:
        offered = {part.split(";")[0].strip() for part in request.headers.get("accept-encoding", "").split(",")}
        encoding = next((name for name in _COMPRESS if name in offered), None)
        if encoding:
            headers["Content-Encoding"] = encoding
            body = await asyncio.to_thread(_COMPRESS[encoding], body)
    return Response(body, headers=headers, media_type="application/octet-stream")


def _failed(query_id: str, error: EngineError) -> Response:
    headers = {"X-ClickHouse-Exception-Code": str(error.code), "X-ClickHouse-Query-Id": query_id}
    return PlainTextResponse(error.text + "\n", _STATUS_BY_CODE.get(error.code, 500), headers)


def application(engine: Engine, password: str) -> Starlette:
    """The HTTP application over an open engine, which it closes when it ends; no ``password`` lets all in."""
    service = _Service(engine)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        service.close()

    routes = [
        Route("/ping", service.ping, methods=["GET", "HEAD"]),
        Route("/replicas_status", service.ping, methods=["GET", "HEAD"]),
        Route("/", service.statement, methods=["GET", "POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan, middleware=[Middleware(Guard, password=password)])


def main() -> None:
    """Serve one folder on one loopback port until SIGTERM; exits 1 with one sentence when either is taken."""
    parser = argparse.ArgumentParser(prog="python -m local.clickhouse", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--path", type=Path, required=True, help="folder of the data")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    arguments = parser.parse_args()
    try:
        listener = socket.create_server(("127.0.0.1", arguments.port))
    except OSError as error:
        sys.exit(
            f"port {arguments.port} cannot be used ({error.strerror}); set HAILONG_CLICKHOUSE_URL to another address"
        )
    with listener:
        try:
            engine = Engine(arguments.path)
        except EngineInUseError as error:
            sys.exit(str(error))
        config = uvicorn.Config(
            application(engine, os.environ.get("HAILONG_CLICKHOUSE_PASSWORD", "")),
            log_level="warning",
            access_log=False,
            lifespan="on",
            timeout_graceful_shutdown=GRACE_S,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
