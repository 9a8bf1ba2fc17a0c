"""Answers as CSV or Parquet: the rows of the same JSON, so that a file has what the screen had."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CSV, PARQUET = "text/csv", "application/vnd.apache.parquet"
FORMS = {"csv": CSV, "parquet": PARQUET}
ROWS = {
    "/v1/indicators": "indicators",
    "/v1/ranking": "rankings",
    "/v1/scores": "scores",
    "/v1/units": "units",
    "/v1/acknowledgements": "acknowledgements",
    "/v1/breakdown": "parts",
    "/v1/compare": "periods",
    "/v1/mix": "parts",
    "/v1/heat": "cells",
    "/v1/warnings": "warnings",
    "/v1/dossiers": "dossiers",
    "/v1/ratings": "ratings",
    "/v1/series": "series",
    "/v1/tablets": "tablets",
    "/v1/waiting": "points",
    "/v1/counted": "counted",
}
"""The routes that have rows, and where in their answer they are."""

PAIRS = {"interval": ("low", "high")}
TOTAL_HEADER = "hailong-total"
ACTS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class OtherForms:
    """Around the read API: ``Accept: text/csv`` or ``?format=csv`` (``parquet``) turns rows into a file.

    How many rows match in all, where the route counts them, stands in the header ``hailong-total``.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        form = _form(scope) if scope["type"] == "http" and scope["path"] in ROWS else ""
        if not form:
            await self._app(scope, receive, send)
            return
        started: Message = {}
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.update(message)
                return
            body.extend(message.get("body", b""))
            if message.get("more_body"):
                return
            headers = MutableHeaders(raw=list(started["headers"]))
            told = bytes(body)
            if started["status"] == 200:
                answer = json.loads(told)
                told = written(list(rows(answer[ROWS[scope["path"]]])), form)
                name = f"{scope['path'].rpartition('/')[2]}.{'csv' if form == CSV else 'parquet'}"
                headers["content-type"] = "text/csv; charset=utf-8" if form == CSV else form
                headers["content-disposition"] = f'attachment; filename="{name}"'
                if "total" in answer:
                    headers[TOTAL_HEADER] = str(answer["total"])
            headers["content-length"] = str(len(told))
            await send({**started, "headers": headers.raw})
            await send({"type": "http.response.body", "body": told})

        await self._app(scope, receive, keep)


def rows(found: Any) -> Iterator[dict[str, Any]]:
    """Rows of plain values: what is nested gets its own columns, ``target_value``, ``interval_low``."""
    if isinstance(found, Mapping):
        for ranking in found.values():
            yield from rows(ranking)
        return
    for row in found:
        yield dict(_flat(row))


def written(found: list[dict[str, Any]], form: str) -> bytes:
    """A file of rows. CSV begins with a byte order mark, without which Excel takes Vietnamese for something else."""
    columns = list(dict.fromkeys(name for row in found for name in row))
    if form == PARQUET:
        table = pa.table({name: [row.get(name) for row in found] for name in columns})
        sink = io.BytesIO()
        pq.write_table(table, sink)
        return sink.getvalue()
    text = io.StringIO()
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows({name: _safe(value) for name, value in row.items()} for row in found)
    return text.getvalue().encode("utf-8-sig")


def _form(scope: Scope) -> str:
    asked = QueryParams(scope["query_string"]).get("format", "")
    accepted = Headers(scope=scope).get("accept", "")
    return FORMS.get(asked) or next((form for form in FORMS.values() if form in accepted), "")


def _flat(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}_")
        elif name in PAIRS:
            for part, number in zip(PAIRS[name], value or (None, None), strict=True):
                yield f"{prefix}{name}_{part}", number
        elif name == "cards":
            for card in value:
                yield f"{prefix}{card['id']}_points", card["points"]
                yield f"{prefix}{card['id']}_attainable", card["attainable"]
        elif isinstance(value, list):
            yield f"{prefix}{name}", ";".join(map(str, value))
        else:
            yield f"{prefix}{name}", value


def _safe(value: Any) -> Any:
    # What a citizen wrote must not run as a formula in the inspector's table.
    return f"'{value}" if isinstance(value, str) and value.startswith(ACTS_AS_FORMULA) else value
