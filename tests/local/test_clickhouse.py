"""The engine behind ClickHouse's HTTP protocol, as the unmodified clickhouse-connect client sees it."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path

import clickhouse_connect
import httpx
import lz4.frame
import pyarrow.parquet
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.compression import get_compressor
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

from local.statements import data_insert, named_format, returns_rows

AWKWARD = ["a'b", "c\\d", "e\tf", "g\nh", 'q"r', "\\n", "`", "{x:String}", "", "Tiếng Việt 😀", "'); DROP TABLE t; --"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def command_line(path: Path, port: int) -> list[str]:
    return [sys.executable, "-m", "local.clickhouse", "--path", str(path), "--port", str(port)]


@contextmanager
def serving(path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command_line(path, port)) as process:
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    assert httpx.get(f"http://127.0.0.1:{port}/ping", trust_env=False).text == "Ok.\n"
                    break
                except httpx.ConnectError:
                    assert process.poll() is None, "the server ended while starting"
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            yield process
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    chosen = free_port()
    with serving(tmp_path_factory.mktemp("clickhouse"), chosen):
        with connected(chosen) as client:
            client.command("CREATE DATABASE hailong")
        yield chosen


@contextmanager
def connected(port: int, database: str = "default") -> Iterator[Client]:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=port, database=database, autogenerate_session_id=False
    )
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def client(port: int) -> Iterator[Client]:
    with connected(port, "hailong") as client:
        yield client


@pytest.fixture
def table(client: Client) -> Iterator[str]:
    client.command("CREATE TABLE t (a UInt64, b String) ENGINE = MergeTree ORDER BY a")
    yield "t"
    client.command("DROP TABLE t")


def post(port: int, query: str, **fields: str) -> httpx.Response:
    params = {"database": "hailong", **fields}
    return httpx.post(f"http://127.0.0.1:{port}/", params=params, content=query.encode(), trust_env=False)


def test_the_client_reads_back_what_it_inserted(client: Client) -> None:
    client.command(
        "CREATE TABLE kinds (i Int32, s String, n Nullable(Float64), t DateTime64(3, 'Asia/Ho_Chi_Minh'), d Date, "
        "l LowCardinality(String), a Array(String), u UUID) ENGINE = ReplacingMergeTree ORDER BY i"
    )
    moment = datetime(2026, 11, 1, 17, 30, 0, 123000, tzinfo=UTC)
    rows = [
        (i, text, None if i % 2 else 0.5, moment, date(2026, 11, 1), "x", AWKWARD, f"01930000-0000-7000-8000-{i:012d}")
        for i, text in enumerate(AWKWARD)
    ]
    summary = client.insert("kinds", rows, column_names=["i", "s", "n", "t", "d", "l", "a", "u"])
    assert summary.written_rows == len(rows)
    read = client.query("SELECT * FROM kinds FINAL ORDER BY i").result_rows
    assert [row[1] for row in read] == AWKWARD
    assert [row[6] for row in read] == [AWKWARD] * len(rows)
    assert {row[3].astimezone(UTC) for row in read} == {moment}
    assert [row[2] for row in read[:2]] == [0.5, None]
    assert [str(row[7]) for row in read] == [row[7] for row in rows]


def test_the_engine_keeps_utc(client: Client) -> None:
    assert client.command("SELECT timezone()") == "UTC"
    assert str(client.server_tz) == "UTC"


@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_parameter_arrives_unchanged(client: Client, text: str) -> None:
    assert client.query("SELECT {x:String}", parameters={"x": text}).result_rows == [(text,)]


def test_an_array_parameter_of_thousands_arrives_unchanged(client: Client) -> None:
    texts = AWKWARD + [f"H26.{i:05d}" for i in range(20_000)]
    result = client.query("SELECT arrayJoin({x:Array(String)})", parameters={"x": texts})
    assert [row[0] for row in result.result_rows] == texts


def test_parameters_of_other_types_arrive_unchanged(client: Client) -> None:
    moment = datetime(2026, 11, 1, 17, 30, tzinfo=UTC)
    sent = {"d": date(2026, 11, 1), "t": moment, "n": 7, "f": None}
    answer = client.query("SELECT {d:Date}, toUnixTimestamp({t:DateTime}), {n:UInt8}, {f:Nullable(String)}", sent)
    assert answer.result_rows == [(date(2026, 11, 1), moment.timestamp(), 7, None)]


@pytest.mark.parametrize("compression", [None, "gzip", "lz4", "zstd"])
def test_raw_rows_are_taken_packed_or_not(client: Client, table: str, compression: str | None) -> None:
    lines = "".join(json.dumps({"a": i, "b": AWKWARD[i % len(AWKWARD)]}) + "\n" for i in range(5000)).encode()
    packer = get_compressor(compression)
    half = len(lines) // 2
    packed = b""
    for part in (lines[:half], lines[half:]):
        packed += packer.compress_block(part)
    packed += packer.flush() or b""  # type: ignore[no-untyped-call] # the driver's own helper is untyped
    summary = client.raw_insert(table, ["a", "b"], packed, fmt="JSONEachRow", compression=compression)
    assert summary.written_rows == 5000
    assert client.command(f"SELECT count(), uniqExact(b) FROM {table}") == ["5000", str(len(AWKWARD))]


def test_raw_lines_keep_leading_blanks(client: Client, table: str) -> None:
    client.raw_insert(table, ["b"], b"  one\n\ttwo\n", fmt="LineAsString")
    assert client.query(f"SELECT b FROM {table} ORDER BY b").result_rows == [("\ttwo",), ("  one",)]


def test_one_insert_of_many_rows_is_one_part(client: Client, table: str) -> None:
    rows = "".join(f'{{"a":{i},"b":"row {i}"}}\n' for i in range(200_000)).encode()
    client.raw_insert(table, ["a", "b"], rows, fmt="JSONEachRow", settings={"async_insert": 0})
    parts = client.command(
        f"SELECT count() FROM system.parts WHERE database = 'hailong' AND table = '{table}' AND active"
    )
    assert (client.command(f"SELECT count() FROM {table}"), parts) == (200_000, 1)


def test_a_refused_insert_writes_nothing(client: Client, table: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        client.raw_insert(table, ["a", "b"], b'{"a":1,"b":"x"}\n{"a":"y"}\n', fmt="JSONEachRow")
    assert refused.value.code == 27
    assert client.command(f"SELECT count() FROM {table}") == 0


def test_an_insert_refused_by_a_view_is_told_and_writes_nothing(client: Client, table: str) -> None:
    client.command("CREATE TABLE entry (a Int64, b String) ENGINE = Null")
    client.command(
        f"CREATE MATERIALIZED VIEW picky TO {table} AS SELECT a, if(throwIf(a = 7) = 0, b, '') AS b FROM entry"
    )
    with pytest.raises(DatabaseError) as refused:
        client.raw_insert("entry", ["a", "b"], b"6\tx\n7\ty\n", fmt="TSV")
    assert refused.value.code == 395
    assert client.command(f"SELECT count() FROM {table}") == 0


def test_an_insert_into_too_many_parts_is_told_and_writes_nothing(client: Client, table: str) -> None:
    client.command(f"INSERT INTO {table} VALUES (1, 'x')")
    client.command(f"ALTER TABLE {table} MODIFY SETTING parts_to_throw_insert = 1, parts_to_delay_insert = 1")
    with pytest.raises(DatabaseError) as refused:
        client.raw_insert(table, ["a", "b"], b"2\ty\n", fmt="TSV")
    assert refused.value.code == 252
    assert client.command(f"SELECT count() FROM {table}") == 1


def test_an_insert_may_name_its_settings(client: Client, table: str) -> None:
    client.command(f"INSERT INTO {table} (a, b) SETTINGS input_format_csv_empty_as_default = 1 FORMAT CSV", data="1,x")
    assert client.query(f"SELECT a, b FROM {table}").result_rows == [(1, "x")]


def test_inserts_of_values_and_of_a_select_run(client: Client, table: str) -> None:
    client.command(f"INSERT INTO {table} VALUES (1, 'FORMAT'), (2, '{{a}}')")
    client.command(f"INSERT INTO {table} (a, b) SELECT a + 2, b FROM {table} WHERE a >= {{n:UInt8}}", {"n": 1})
    client.command(f"INSERT INTO {table} VALUES", data="(5, 'x')")
    assert client.command(f"SELECT count(), max(a) FROM {table}") == ["5", "5"]


def test_answers_come_as_parquet_and_csv(client: Client) -> None:
    parquet = client.raw_query("SELECT number AS n FROM numbers(1000)", fmt="Parquet")
    assert pyarrow.parquet.read_table(io.BytesIO(parquet)).column("n").to_pylist() == list(range(1000))
    with client.raw_stream("SELECT number AS n FROM numbers(2)", fmt="CSVWithNames") as stream:
        assert stream.read() == b'"n"\n0\n1\n'


def test_a_setting_and_a_database_hold_for_one_statement(port: int) -> None:
    query = "SELECT getSetting('max_threads'), currentDatabase()"
    assert post(port, query, max_threads="1").text == "1\thailong\n"
    assert post(port, query, database="default").text != "1\thailong\n"
    assert post(port, "SELECT getSetting('final')", final="true").text == "true\n"


def test_the_headers_are_those_of_clickhouse(port: int) -> None:
    answer = post(port, "SELECT number FROM numbers(3) FORMAT JSONEachRow", query_id="mine")
    assert answer.headers["x-clickhouse-query-id"] == "mine"
    assert answer.headers["x-clickhouse-format"] == "JSONEachRow"
    assert answer.headers["x-clickhouse-timezone"] == "UTC"
    assert json.loads(answer.headers["x-clickhouse-summary"])["read_rows"] == "3"
    assert "x-clickhouse-format" not in post(port, "CREATE DATABASE IF NOT EXISTS hailong").headers
    assert httpx.get(f"http://127.0.0.1:{port}/", trust_env=False).text == "Ok.\n"


@pytest.mark.parametrize(
    ("encoding", "unpack"),
    [("gzip", gzip.decompress), ("lz4", lz4.frame.decompress), ("zstd", zstd.decompress), ("", bytes)],
)
def test_an_answer_is_packed_as_the_client_asks(port: int, encoding: str, unpack: Callable[[bytes], bytes]) -> None:
    url = f"http://127.0.0.1:{port}/?enable_http_compression=1&query=SELECT+number+FROM+numbers(10000)"
    with httpx.stream("GET", url, headers={"Accept-Encoding": encoding}, trust_env=False) as answer:
        packed = b"".join(answer.iter_raw())
        assert answer.headers.get("content-encoding", "") == encoding
    assert unpack(packed) == "".join(f"{i}\n" for i in range(10_000)).encode()


@pytest.mark.parametrize(
    ("statement", "code", "status", "text"),
    [
        ("SELEC 1", 62, 400, "SYNTAX_ERROR"),
        ("SELECT nosuch", 47, 404, "UNKNOWN_IDENTIFIER"),
        ("SELECT * FROM nosuch", 60, 404, "UNKNOWN_TABLE"),
        ("INSERT INTO nosuch FORMAT JSONEachRow\n{}", 60, 404, "UNKNOWN_TABLE"),
        ("SELECT throwIf(number = 5) FROM numbers(10)", 395, 500, "FUNCTION_THROW_IF"),
        ("SELECT {x:String}", 456, 500, "UNKNOWN_QUERY_PARAMETER"),
        ("SELECT 1; SELECT 2", 62, 400, "Multi-statements"),
        ("SELECT sleepEachRow(0.1) FROM numbers(100) SETTINGS max_execution_time = 1", 160, 500, "TOO_SLOW"),
        (
            "SELECT groupArray(number) FROM numbers(1e8) SETTINGS max_memory_usage = '10M'",
            241,
            500,
            "MEMORY_LIMIT",
        ),
    ],
)
def test_an_error_carries_the_engines_code_and_text(
    port: int, statement: str, code: int, status: int, text: str
) -> None:
    answer = post(port, statement)
    assert (answer.status_code, answer.headers["x-clickhouse-exception-code"]) == (status, str(code))
    assert answer.text.startswith(f"Code: {code}. DB::Exception: ")
    assert text in answer.text
    assert post(port, "SELECT 1").text == "1\n"


def test_an_unknown_setting_database_or_packing_is_refused(port: int) -> None:
    assert post(port, "SELECT 1", nosuch="1").headers["x-clickhouse-exception-code"] == "115"
    assert post(port, "SELECT 1", database="nosuch").headers["x-clickhouse-exception-code"] == "81"
    headers = {"Content-Encoding": "gzip"}
    broken = httpx.post(f"http://127.0.0.1:{port}/", content=b"no gzip", headers=headers, trust_env=False)
    assert broken.headers["x-clickhouse-exception-code"] == "271"


def test_a_statement_sent_as_curl_sends_it_runs(port: int) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = httpx.post(f"http://127.0.0.1:{port}/", content=b"SELECT 1 + 1", headers=headers, trust_env=False)
    assert answer.text == "2\n"


def test_a_get_request_changes_nothing(port: int) -> None:
    url = f"http://127.0.0.1:{port}/"
    refused = httpx.get(url, params={"query": "CREATE DATABASE other"}, trust_env=False)
    assert (refused.status_code, refused.headers["x-clickhouse-exception-code"]) == (500, "164")


def test_quick_statements_do_not_wait_for_slow_ones(port: int, client: Client) -> None:
    slow = "SELECT sum(sleepEachRow(0.5)) FROM numbers(4) SETTINGS max_block_size = 1"
    threads = [threading.Thread(target=post, args=(port, slow)) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    for _ in range(5):
        assert client.command("SELECT 1") == 1
        assert client.ping()
    took_s = time.monotonic() - began
    assert any(thread.is_alive() for thread in threads)
    assert took_s < 1.0
    for thread in threads:
        thread.join()


def test_many_threads_get_their_own_answers(port: int) -> None:
    wrong: list[object] = []

    def ask(number: int) -> None:
        with connected(port) as mine:
            for i in range(20):
                sent = number * 1000 + i
                got = mine.query("SELECT {n:UInt32}", parameters={"n": sent}, settings={"max_threads": 1}).result_rows
                if got != [(sent,)]:
                    wrong.append((sent, got))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_second_process_on_the_same_folder_refuses(tmp_path: Path) -> None:
    with serving(tmp_path, free_port()) as first:
        second = subprocess.run(command_line(tmp_path, free_port()), capture_output=True, text=True, check=False)
        assert second.returncode == 1
        expected = f"the ClickHouse data in {tmp_path} are already served by process {first.pid};"
        assert second.stderr.startswith(expected)


def test_a_busy_port_names_the_setting(port: int, tmp_path: Path) -> None:
    second = subprocess.run(command_line(tmp_path, port), capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "set HAILONG_CLICKHOUSE_URL to another address" in second.stderr


def test_every_acknowledged_insert_survives_kill_9(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    chosen = free_port()

    def write(first: int) -> None:
        with suppress(ClickHouseError), connected(chosen) as writer:
            for i in range(first, first + 100_000):
                writer.insert("t", [[i]], column_names=["a"])
                acknowledged.append(i)

    for round_number in range(3):
        with serving(tmp_path, chosen) as process, connected(chosen) as reader:
            reader.command("CREATE TABLE IF NOT EXISTS t (a UInt64) ENGINE = ReplacingMergeTree ORDER BY a")
            stored = {row[0] for row in reader.query("SELECT a FROM t FINAL").result_rows}
            assert set(acknowledged) <= stored
            threads = [threading.Thread(target=write, args=(n * 10**8 + round_number * 10**6,)) for n in range(2)]
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            os.kill(process.pid, signal.SIGKILL)
            for thread in threads:
                thread.join()
    assert len(acknowledged) > 10


def test_it_ends_soon_when_asked_even_while_a_slow_statement_runs(tmp_path: Path) -> None:
    chosen = free_port()
    slow = "SELECT sum(sleepEachRow(1)) FROM numbers(120) SETTINGS max_block_size = 1"

    def ask() -> None:
        with pytest.raises((httpx.HTTPError, AssertionError)):
            assert post(chosen, slow, database="default").status_code == 200

    with serving(tmp_path, chosen) as process:
        thread = threading.Thread(target=ask)
        thread.start()
        time.sleep(0.5)
        process.terminate()
        process.wait(timeout=12)
        thread.join()


@pytest.mark.parametrize(
    ("statement", "head", "named", "data"),
    [
        (b"INSERT INTO t FORMAT JSONEachRow\n{}", b"INSERT INTO t ", "JSONEachRow", b"{}"),
        (b"insert into `a format b` (`format x`) format CSV 1", b"insert into `a format b` (`format x`) ", "CSV", b"1"),
        (b"-- FORMAT A\nINSERT INTO t SETTINGS x = 'FORMAT B' FORMAT Native", None, "Native", b""),
    ],
)
def test_an_insert_is_told_from_its_rows(statement: bytes, head: bytes | None, named: str, data: bytes) -> None:
    insert = data_insert(statement)
    assert insert is not None
    assert head is None or insert.head == head
    assert (insert.format, statement[insert.data_at :]) == (named, data)


@pytest.mark.parametrize(
    "statement",
    [
        b"SELECT 1 FORMAT CSV",
        b"INSERT INTO t SELECT 1 FORMAT Null",
        b"INSERT INTO t VALUES ('FORMAT CSV')",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"INSERT INTO t WITH 1 AS x SELECT x",
    ],
)
def test_other_statements_are_left_to_the_engine(statement: bytes) -> None:
    assert data_insert(statement) is None


def test_the_format_of_an_answer_is_read_from_the_statement() -> None:
    assert named_format(b"SELECT 1\n FORMAT Native") == "Native"
    assert named_format(b"SELECT 1 FORMAT CSV SETTINGS max_threads = 1;") == "CSV"
    assert named_format(b"SELECT 'FORMAT CSV'") is None
    assert returns_rows(b"/* a */ (SELECT 1) UNION ALL (SELECT 2)")
    assert not returns_rows(b"CREATE TABLE t AS SELECT 1")
