"""Cells of a Parquet file are exact, or named with their row and column."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sources.files.rows import FileError
from tests.exports import HEADER, MAPPING, imported

OPENED = datetime(2026, 11, 2, 8, 15)  # noqa: DTZ001 - no zone on purpose


def write_parquet(folder: Path, codes: Any, due: Any = None, opened: Any = None) -> Path:
    columns = [
        codes,
        pa.array([OPENED] * len(codes)) if opened is None else opened,
        pa.nulls(len(codes)) if due is None else due,
    ]
    pq.write_table(pa.table(dict(zip(HEADER, columns, strict=True))), folder / "x.parquet")
    return folder / "x.parquet"


@pytest.mark.parametrize(
    ("column", "codes"),
    [
        (pa.array([b"HS-1", "HS-Ư".encode()]), ["HS-1", "HS-Ư"]),
        (pa.array([b"HS1", b"HS2"], pa.binary(3)), ["HS1", "HS2"]),
        (pa.array([Decimal("800000000001.00"), Decimal("1.50")], pa.decimal128(30, 10)), ["800000000001", "1.5"]),
        (pa.array([2**63 - 1, 10], pa.int64()), ["9223372036854775807", "10"]),
        (pa.array([2**64 - 1, 10], pa.uint64()), ["18446744073709551615", "10"]),
        (pa.array(["a", "b"]).dictionary_encode(), ["a", "b"]),
        (pa.array([0.1, 16_777_216], pa.float32()), ["0.1", "16777216"]),
        (pa.array([101001240734.0, 0.00001]), ["101001240734", "0.00001"]),
        (pa.array(["Hô\u0300", "\u200bb"]), ["Hồ", "b"]),
    ],
)
def test_codes_of_every_type_are_as_they_are(column: Any, codes: list[str], tmp_path: Path) -> None:
    result = imported(write_parquet(tmp_path, column))
    assert [event.subject for event in result.events] == codes
    assert result.account.sent == 2


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (pa.array([b"\xff\xfe", b"HS-2"]), "not UTF-8"),
        (pa.array([1e17, 2.0]), "last digits are lost"),
        (pa.array([33_554_434.0, 2.0], pa.float32()), "last digits are lost"),
    ],
)
def test_a_cell_that_is_not_exact_is_named(column: Any, reason: str, tmp_path: Path) -> None:
    result = imported(write_parquet(tmp_path, column))
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(1, "Mã hồ sơ")]
    assert reason in result.rejected[0].reason
    assert len(result.events) == 1


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.string()), pa.struct([("a", pa.int8())]), pa.map_(pa.string(), pa.int8())]
)
def test_columns_without_single_values_are_an_error(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"'Hẹn trả' holds .*, no single values"):
        imported(write_parquet(tmp_path, pa.array(["a"]), due=pa.nulls(1, kind)))


NOON = datetime(2026, 11, 5, 12)  # noqa: DTZ001
MIDNIGHT = datetime(2026, 11, 5)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (pa.array([date(2026, 11, 5)] * 2), "2026-11-05T16:59:59+00:00"),
        (pa.array([MIDNIGHT, None], pa.timestamp("ns")), "2026-11-05T16:59:59+00:00"),
        (pa.array([MIDNIGHT, NOON], pa.timestamp("us")), "2026-11-04T17:00:00+00:00"),
        (pa.array([MIDNIGHT] * 2, pa.timestamp("ms", "UTC")), "2026-11-05T00:00:00+00:00"),
        (pa.array([NOON] * 2, pa.timestamp("s", "Asia/Tokyo")), "2026-11-05T12:00:00+00:00"),
    ],
)
def test_a_column_of_days_is_days_and_an_instant_is_an_instant(due: Any, expected: str, tmp_path: Path) -> None:
    events = imported(write_parquet(tmp_path, pa.array(["a", "b"]), due=due)).events
    assert events[0].data.due_at.isoformat() == expected


def test_nothing_is_nothing_in_every_type(tmp_path: Path) -> None:
    opened = pa.array(["02/11/2026", None])
    result = imported(write_parquet(tmp_path, pa.array(["a", "b"]), due=pa.array([float("nan")] * 2), opened=opened))
    assert [event.data.due_at for event in result.events] == [None]
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(2, "Tiếp nhận")]


def test_a_year_beyond_the_calendar_and_a_damaged_file_are_named(tmp_path: Path) -> None:
    far = pa.array([1_800_000_000, 10**15], pa.timestamp("s"))
    result = imported(write_parquet(tmp_path, pa.array(["a", "b"]), due=far))
    assert [(rejected.place, rejected.column) for rejected in result.rejected] == [(2, "Hẹn trả")]
    file = write_parquet(tmp_path, pa.array([f"HS-{n}" for n in range(5_000)]))
    content = bytearray(file.read_bytes())
    content[100:4_000] = b"\xff" * 3_900
    file.write_bytes(content)
    with pytest.raises(FileError, match="fetch it again"):
        imported(file)


def test_durations_are_no_instants(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="no single values"):
        imported(write_parquet(tmp_path, pa.array(["a"]), due=pa.array([timedelta(days=1)])), MAPPING)
