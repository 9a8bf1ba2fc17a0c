"""Answers as JSON, CSV or Parquet: the same rows, so that a file has what the screen had.

Long lists are written row by row into a file of their own on the way, so that no answer lies in memory, and so that a
store that fails half-way is told as such and not as a short list.
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
FORMS = {"json": JSON, "csv": CSV, "parquet": PARQUET}
ENDINGS = {CSV: "csv", PARQUET: "parquet"}
PAIRS = {"interval": ("low", "high")}
TOTAL_HEADER, ROWS_HEADER = "hailong-total", "hailong-rows"
"""How many rows match in all, and how many of them an answer has."""

KEPT_IN_MEMORY_BYTES, CHUNK_BYTES, ROWS_AT_ONCE = 1_048_576, 65_536, 4_096

Answer = Mapping[str, Any]
Row = Mapping[str, Any]
Page = TypeVar("Page")
RowsOf = Callable[[Answer], Iterable[Row]]
Route = TypeVar("Route", bound=Callable[..., Any])
FormName = Annotated[
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

    def counted(self) -> Iterator[Row]:
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


def in_forms(path: str, route: Callable[..., Answer | Listing[Any]]) -> Callable[..., Response]:
    """The route with its answer in the form that is asked for: by ``format``, else by ``Accept``, else JSON."""

    rows_of = _ROWS_OF.get(route)

    def answered(*, request: Request, form_name: str | None = None, **asked: Any) -> Response:
        accepted = request.headers.get("accept", "")
        form = FORMS[form_name] if form_name else next((kind for kind in ENDINGS if kind in accepted), JSON)
        found = route(**asked)
        if isinstance(found, Listing):
            return _listed(found, path, form, request.url)
        return _whole(found, path, form, rows_of)

    named = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in signature(route, eval_str=True).parameters.values()
    ]
    own = [Parameter("request", Parameter.KEYWORD_ONLY, annotation=Request)]
    if rows_of:
        own.append(Parameter("form_name", Parameter.KEYWORD_ONLY, annotation=FormName, default=None))
    cast("Any", answered).__signature__ = signature(answered).replace(
        parameters=sorted([*named, *own], key=lambda one: one.default is not Parameter.empty),
        return_annotation=Response,
    )
    answered.__name__, answered.__doc__ = route.__name__, route.__doc__
    return answered


def answers_of(route: Callable[..., Any]) -> dict[str, Any]:
    """A route's answer for the OpenAPI document: the schema of its type, its file formats, and the headers of lists."""
    answer = signature(route, eval_str=True).return_annotation
    content: dict[str, Any] = {}
    if route in _ROWS_OF:
        content = {CSV: {"schema": {"type": "string"}}, PARQUET: {"schema": {"type": "string", "format": "binary"}}}
    # The schema is documented and not enforced: types are checked by mypy, and answers are not validated when served.
    is_paged = get_origin(answer) is Listing
    model = get_args(answer)[0] if is_paged else answer
    found: dict[str, Any] = {"description": "The answer.", "model": model, "content": content}
    if is_paged:
        number = {"schema": {"type": "integer"}}
        found["headers"] = {
            TOTAL_HEADER: {"description": "how many rows match", **number},
            ROWS_HEADER: {"description": "how many of them are in this answer", **number},
            "Link": {"description": 'the next page (`rel="next"`), when there is one', "schema": {"type": "string"}},
        }
    return found


def _whole(answer: Answer, path: str, form: str, rows_of: RowsOf | None) -> Response:
    if form == JSON or rows_of is None:
        return Response(to_json(answer, inf_nan_mode="null"), media_type=JSON)
    found = list(rows_of(answer))
    columns = list(dict.fromkeys(name for row in found for name in row))

    def write(file: IO[bytes]) -> None:
        if form == CSV:
            write_csv(file, columns, found)
        else:
            pq.write_table(pa.table({name: [row.get(name) for row in found] for name in columns}), file)

    file = _file(write)
    headers = {TOTAL_HEADER: str(answer["total"])} if "total" in answer else {}
    return _FileAnswer(file, path, form, headers)


def _listed(listing: Listing[Any], path: str, form: str, url: URL) -> Response:
    flat = (
        {name: ";".join(value) if isinstance(value, list) else value for name, value in row.items()}
        for row in listing.counted()
    )

    def write(file: IO[bytes]) -> None:
        if form == JSON:
            _write_json(file, listing)
        elif form == CSV:
            write_csv(file, listing.columns, flat)
        else:
            _write_parquet(file, listing.columns, flat)

    file = _file(write)
    headers = {TOTAL_HEADER: str(listing.total), ROWS_HEADER: str(listing.written)}
    if listing.after:
        # The period stays what it is, also where it was left out and means today until now.
        period = {name: listing.head[name] for name in ("from", "to", "tree")}
        following = url.include_query_params(**period, after=listing.after).remove_query_params("offset")
        headers["link"] = f'<{following.path}?{following.query}>; rel="next"'
    return _FileAnswer(file, path, form, headers)


def _file(write: Callable[[IO[bytes]], None]) -> IO[bytes]:
    """A file that ``write`` has filled: in memory while it is small, else on disk."""
    with ExitStack() as closed_on_error:
        file = cast("IO[bytes]", closed_on_error.enter_context(tempfile.SpooledTemporaryFile(KEPT_IN_MEMORY_BYTES)))
        write(file)
        closed_on_error.pop_all()
    return file


class _FileAnswer(StreamingResponse):
    """An answer that lies in a file, which is closed behind it."""

    def __init__(self, file: IO[bytes], path: str, form: str, headers: Mapping[str, str]) -> None:
        self._file = file
        about = {"content-length": str(file.tell())}
        if form != JSON:
            about["content-disposition"] = f'attachment; filename="{path.rpartition("/")[2]}.{ENDINGS[form]}"'
        file.seek(0)
        chunks = iter(lambda: file.read(CHUNK_BYTES), b"")
        kind = "text/csv; charset=utf-8" if form == CSV else form
        super().__init__(chunks, headers={**headers, **about}, media_type=kind)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _write_json(file: IO[bytes], listing: Listing[Any]) -> None:
    file.write(to_json(listing.head)[:-1] + b',"' + listing.name.encode() + b'":[')
    for number, row in enumerate(listing.counted()):
        file.write((b"," if number else b"") + to_json(row, inf_nan_mode="null"))
    tail = {"total": listing.total, "next": listing.after}
    file.write(b"]," + to_json(tail)[1:])


def flat_rows(found: Any) -> Iterator[Row]:
    """Rows of plain values: what is nested gets its own columns, ``target_value``, ``interval_low``."""
    if isinstance(found, Mapping):
        for ranking in found.values():
            yield from flat_rows(ranking)
        return
    for row in found:
        yield dict(_flat(row))


def write_csv(file: IO[bytes], columns: Iterable[str], found: Iterable[Row]) -> None:
    """Rows as CSV with a byte order mark, without which Excel takes Vietnamese for something else.

    What a citizen wrote does not run as a formula in the inspector's table.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    names = list(columns)
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows([cell(row.get(name)) for name in names] for row in found)
    text.detach()


def _write_parquet(file: IO[bytes], columns: Mapping[str, pa.DataType], found: Iterable[Row]) -> None:
    shape = pa.schema(list(columns.items()))
    waiting = iter(found)
    with pq.ParquetWriter(file, shape) as writer:
        while some := list(islice(waiting, ROWS_AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(some, shape))


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
