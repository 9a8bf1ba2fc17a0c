"""Rows of a Parquet file: every cell exact, or named with its row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from contract.events.normal_text import normalize
from sources.compiled.columns import Wanted, heading, positions
from sources.files.packed import seekable
from sources.files.rows import Cell, FileError, Number, Row, error_text

_ROWS_AT_ONCE = 10_000
_EXACT_FLOAT = 2**53
_LARGEST_NUMBER_DIGITS = 50


class _CellError(ValueError):
    """A cell without a reliable value; the text gives the reason."""


def parquet_rows(path: Path, wanted: Wanted) -> Iterator[Row]:
    """Every row with its number from 1. Raises ``FileError``: damaged, or a column of lists, structures or maps.

    A column of timestamps without a zone that are midnight in every row holds days, as pandas writes them.
    """
    import pyarrow as pa  # noqa: PLC0415 - a reader is loaded when a file needs it
    import pyarrow.parquet as pq  # noqa: PLC0415

    with seekable(path) as stream:
        number = 0
        try:
            file = pq.ParquetFile(stream, page_checksum_verification=True)
            names = file.schema_arrow.names
            columns = positions(path, "its schema", [heading(name) for name in names], wanted)
            readers = {}
            for name, index in columns:
                kind = file.schema_arrow.field(index).type
                if pa.types.is_nested(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind):
                    raise FileError(f"{path}: column {name!r} holds {kind}, no single values; write them as text")
                readers[name] = _of_days if _holds_days(file, names[index], kind) else _reader(kind)
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=[names[index] for _, index in columns]):
                cells = [(name, readers[name], _values(batch.column(names[index]))) for name, index in columns]
                for at in range(batch.num_rows):
                    number += 1
                    yield _row(number, [(name, read, values[at]) for name, read, values in cells], wanted.missing)
            if number != file.metadata.num_rows:
                raise FileError(f"{path}: {number} rows, but the file says {file.metadata.num_rows}: it is damaged")
        except (pa.ArrowException, OSError, ValueError) as fault:
            problem = f"behind row {number}" if number else "no readable Parquet file"
            raise FileError(f"{path}: {problem}: {fault}; fetch it again") from fault


def _row(number: int, cells: list[tuple[str, Callable[[Any], Cell], Any]], missing: frozenset[str]) -> Row:
    values: dict[str, Cell] = {}
    fault, column = None, ""
    for name, read, value in cells:
        try:
            cell = None if value is None else read(value)
        except _CellError as error:
            fault, column = fault or str(error), column or name
            continue
        if isinstance(cell, str) and cell not in missing and (error_of := error_text(cell)):
            fault, column = fault or error_of, column or name
        values[name] = cell
    return Row(number, values, fault=fault, column=column)


def _holds_days(file: Any, name: str, kind: Any) -> bool:
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.compute as pc  # noqa: PLC0415

    if not pa.types.is_timestamp(kind) or kind.tz is not None:
        return False
    per_day = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[kind.unit]
    for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, columns=[name]):
        ticks = batch.column(0).cast(pa.int64())
        days = pc.multiply(pc.divide(ticks, per_day), per_day)
        if pc.any(pc.not_equal(ticks, days)).as_py():
            return False
    return True


def _values(column: Any) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_timestamp(kind):
        # Python's instants have microseconds; what is smaller is cut off.
        column = column.cast(pa.timestamp("us", tz=kind.tz), safe=False)
    elif pa.types.is_time64(kind):
        column = column.cast(pa.time64("us"), safe=False)
    elif pa.types.is_float16(kind) or pa.types.is_float32(kind):
        # As text: 0.1 in 32 bits is 0.10000000149 in 64.
        column = column.cast(pa.string())
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        # The file need not keep its word that these are UTF-8.
        column = column.cast(pa.large_binary())
    try:
        values: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        values = [_value(scalar) for scalar in column]
    return values


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError):
        return scalar


def _reader(kind: Any) -> Callable[[Any], Cell]:
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):
        return lambda value: _of_float(float(value), 2**24 if pa.types.is_float32(kind) else 2**11)
    return _cell


def _of_days(value: Any) -> Cell:
    cell = _cell(value)
    return date(cell.year, cell.month, cell.day) if isinstance(cell, date) else cell


def _cell(value: Any) -> Cell:  # noqa: PLR0911 - one for each kind of value
    match value:
        case bytes():
            try:
                return normalize(value.decode())
            except UnicodeDecodeError as fault:
                raise _CellError(
                    f"holds bytes that are not UTF-8 ({value[:12]!r}); write the column as text"
                ) from fault
        case str():
            return normalize(value)
        case bool():
            return "true" if value else "false"
        case int():
            return Number(value)
        case float():
            return _of_float(value, _EXACT_FLOAT)
        case Decimal():
            text = format(value, "f") if value.adjusted() < _LARGEST_NUMBER_DIGITS else str(value)
            text = text.rstrip("0").rstrip(".") if "." in text else text
            return Number("0" if text == "-0" else text)
        case date():
            return value
        case time():
            return value.isoformat()
        case _ if hasattr(value, "as_py"):
            raise _CellError("holds a value beyond what can be read, such as a year after 9999")
        case _:
            return normalize(str(value))


def _of_float(value: float, exact: int) -> Cell:
    if value != value:  # noqa: PLR0124 - not a number: how tables say "nothing"
        return None
    if abs(value) > exact:
        raise _CellError(f"holds {value!r} as a floating-point number, whose last digits are lost; write it as text")
    return Number(int(value)) if value.is_integer() else Number(format(Decimal(repr(value)), "f"))
