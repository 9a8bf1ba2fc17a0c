"""Answers as JSON, CSV or Parquet: the same rows, so that a file has the rows of the screen.

Long lists are first written row by row into a temporary file: no answer is held in memory, and when the store fails
half-way the response is an error, not a short list.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from inspect import Parameter, signature
from itertools import islice
from typing import IO, Annotated, Any, Generic, Literal, TypeVar, cast, get_args, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
from fastapi import Query, Request
from pydantic_core import to_json
from starlette.datastructures import URL
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dashboards.texts.plain_text import cell

JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
MEDIA_TYPES = {"json": JSON, "csv": CSV, "parquet": PARQUET}
ENDINGS = {CSV: "csv", PARQUET: "parquet"}
PAIRS = {"interval": ("low", "high")}
TOTAL_HEADER, ROWS_HEADER = "hailong-total", "hailong-rows"
"""How many rows match in all, and how many of them an answer has."""

KEPT_IN_MEMORY_BYTES, CHUNK_BYTES, ROWS_AT_ONCE = 1_048_576, 65_536, 4_096

Answer = Mapping[str, Any]
Row = Mapping[str, Any]
Page = TypeVar("Page")
Documentation = dict[str, Any]
"""A part of the OpenAPI document."""

RowsOf = Callable[[Answer], Iterable[Row]]
Route = TypeVar("Route", bound=Callable[..., Any])
FormatName = Annotated[
    Literal["json", "csv", "parquet"] | None,
    Query(alias="format", description="the form of the answer, before what `Accept` says"),
]


@dataclass
class Listing(Generic[Page]):
    """A ``Page`` of a list, read while it is written: ``head`` before its rows, ``total`` and ``next`` behind them.

    ``columns`` are the names of the rows' columns with their types in Parquet. When ``rows`` are read, ``total`` is
    how many match in all and ``after`` what the next page goes on from, None at the end.
    """

    head: Mapping[str, Any]
    name: str
    columns: Mapping[str, pa.DataType]
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))
    total: int = 0
    after: str | None = None
    written: int = field(default=0, init=False)

    def count_rows(self) -> Iterator[Row]:
        """The rows, counted as they are read."""
        for row in self.rows:
            self.written += 1
            yield row


_ROWS_OF: dict[Callable[..., Any], RowsOf] = {}


def with_files(rows: str | RowsOf) -> Callable[[Route], Route]:
    """Marks a route whose answer is also given as CSV and Parquet: ``rows`` is its list, or finds the rows in it."""

    def mark(route: Route) -> Route:
        _ROWS_OF[route] = rows if callable(rows) else lambda answer: flat_rows(answer[rows])
        return route

    return mark


def with_formats(path: str, route: Callable[..., Answer | Listing[Any]]) -> Callable[..., Response]:
    """The route with its answer in the format asked for: by ``format``, else by ``Accept``, else JSON."""
    rows_of = _ROWS_OF.get(route)

    def respond(*, request: Request, format_name: str | None = None, **parameters: Any) -> Response:
        accepted = request.headers.get("accept", "")
        media_type = next((kind for kind in ENDINGS if kind in accepted), JSON)
        if format_name:
            media_type = MEDIA_TYPES[format_name]
        answer = route(**parameters)
        if isinstance(answer, Listing):
            return _respond_with_listing(answer, path, media_type, request.url)
        return _respond_with_answer(answer, path, media_type, rows_of)

    inherited = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in signature(route, eval_str=True).parameters.values()
    ]
    own = [Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)]
    if rows_of:
        own.append(Parameter("format_name", Parameter.KEYWORD_ONLY, annotation=FormatName, default=None))
    cast("Any", respond).__signature__ = signature(respond).replace(
        parameters=sorted([*inherited, *own], key=lambda parameter: parameter.default is not Parameter.empty),
        return_annotation=Response,
    )
    respond.__name__, respond.__doc__ = route.__name__, route.__doc__
    return respond


def describe_answer(route: Callable[..., Any]) -> Documentation:
    """A route's answer for the OpenAPI document: the schema of its type, its file formats, and the headers of lists."""
    answer = signature(route, eval_str=True).return_annotation
    content: Documentation = {}
    if route in _ROWS_OF:
        content = {CSV: {"schema": {"type": "string"}}, PARQUET: {"schema": {"type": "string", "format": "binary"}}}
    # The schema is documented and not enforced: types are checked by mypy, and answers are not validated when served.
    is_paged = get_origin(answer) is Listing
    model = get_args(answer)[0] if is_paged else answer
    documented: Documentation = {"description": "The answer.", "model": model, "content": content}
    if is_paged:
        number = {"schema": {"type": "integer"}}
        documented["headers"] = {
            TOTAL_HEADER: {"description": "how many rows match", **number},
            ROWS_HEADER: {"description": "how many of them are in this answer", **number},
            "Link": {"description": 'the next page (`rel="next"`), when there is one', "schema": {"type": "string"}},
        }
    return documented


def _respond_with_answer(answer: Answer, path: str, media_type: str, rows_of: RowsOf | None) -> Response:
    if media_type == JSON or rows_of is None:
        return Response(to_json(answer, inf_nan_mode="null"), media_type=JSON)
    rows = list(rows_of(answer))
    columns = list(dict.fromkeys(name for row in rows for name in row))

    def write(file: IO[bytes]) -> None:
        if media_type == CSV:
            write_csv(file, columns, rows)
        else:
            pq.write_table(pa.table({name: [row.get(name) for row in rows] for name in columns}), file)

    file = _write_file(write)
    headers = {TOTAL_HEADER: str(answer["total"])} if "total" in answer else {}
    return _FileResponse(file, path, media_type, headers)


def _respond_with_listing(listing: Listing[Any], path: str, media_type: str, url: URL) -> Response:
    flat_listing = (
        {name: ";".join(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in listing.count_rows()
    )

    def write(file: IO[bytes]) -> None:
        if media_type == JSON:
            _write_json(file, listing)
        elif media_type == CSV:
            write_csv(file, listing.columns, flat_listing)
        else:
            _write_parquet(file, listing.columns, flat_listing)

    file = _write_file(write)
    headers = {TOTAL_HEADER: str(listing.total), ROWS_HEADER: str(listing.written)}
    if listing.after:
        # The same period on every page, also where it was left out and means today until now.
        period = {name: listing.head[name] for name in ("from", "to", "tree")}
        following = url.include_query_params(**period, after=listing.after).remove_query_params("offset")
        headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
    return _FileResponse(file, path, media_type, headers)


def _write_file(write: Callable[[IO[bytes]], None]) -> IO[bytes]:
    """A file that ``write`` has filled: in memory while it is small, else on disk."""
    with ExitStack() as closed_on_error:
        file = cast("IO[bytes]", closed_on_error.enter_context(tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY_BYTES)))
        write(file)
        closed_on_error.pop_all()
    return file


class _FileResponse(StreamingResponse):
    """An answer from a file, which is closed after it."""

    def __init__(self, file: IO[bytes], path: str, media_type: str, headers: Mapping[str, str]) -> None:
        self._file = file
        about = {"content-length": str(file.tell())}
        if media_type != JSON:
            about["content-disposition"] = f'attachment; filename="{path.rpartition("/")[2]}.{ENDINGS[media_type]}"'
        file.seek(0)
        chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
        content_type = "text/csv; charset=utf-8" if media_type == CSV else media_type
        super().__init__(chunks, headers={**headers, **about}, media_type=content_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _write_json(file: IO[bytes], listing: Listing[Any]) -> None:
    file.write(to_json(listing.head)[:-1] + b',"' + listing.name.encode() + b'":[')
    for number, row in enumerate(listing.count_rows()):
        file.write((b"," if number else b"") + to_json(row, inf_nan_mode="null"))
    tail = {"total": listing.total, "next": listing.after}
    file.write(b"]," + to_json(tail)[1:])


def flat_rows(rows: Any) -> Iterator[Row]:
    """Rows of plain values; nested values get columns of their own, such as ``target_value`` and ``interval_low``."""
    if isinstance(rows, Mapping):
        for ranking in rows.values():
            yield from flat_rows(ranking)
        return
    for row in rows:
        yield dict(_flatten(row))


def write_csv(file: IO[bytes], columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Rows as CSV with a byte order mark, without which Excel takes Vietnamese for something else.

    Comments of citizens do not run as formulas in the inspector's spreadsheet.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    names = list(columns)
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([cell(row.get(name)) for name in names] for row in rows)
    text.detach()


def _write_parquet(file: IO[bytes], columns: Mapping[str, pa.DataType], rows: Iterable[Row]) -> None:
    shape = pa.schema(list(columns.items()))
    remaining = iter(rows)
    with pq.ParquetWriter(file, shape) as writer:
        while block := list(islice(remaining, ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(block, shape))


def _flatten(row: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}_")
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
