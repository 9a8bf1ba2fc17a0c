"""Lists that are cut at a number of rows, and rows of the store as JSON has them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dashboards.api import continuation
from dashboards.api.context import to_json_value
from dashboards.api.file_formats import Listing


def cut_page(
    listing: Listing[Any], rows: Iterable[Mapping[str, Any]], limit: int, sort_columns: tuple[str, str]
) -> Iterator[Mapping[str, Any]]:
    """The first ``limit`` of ``rows``, with the columns of ``listing``.

    Meanwhile sets the listing's total and, where there is a row more, ``after`` from the last row's ``sort_columns``.
    """
    last: Mapping[str, Any] | None = None
    for number, row in enumerate(rows):
        listing.total = row["total"]
        if number == limit:
            listing.after = continuation.encode(last[sort_columns[0]], last[sort_columns[1]]) if last else None
            return
        last = row
        yield {column: to_json_value(row[column]) for column in listing.columns}


def to_json_rows(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of the store with values as JSON has them."""
    return [{name: to_json_value(value) for name, value in row.items()} for row in rows]
