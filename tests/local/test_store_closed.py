"""The local store answers programs that know its password, no page of a browser, and reaches its own tables only."""

from __future__ import annotations

import base64
import http.server
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from playwright.sync_api import Browser

from local.outside import reach_outside
from tests.browser_setup import chromium_path
from tests.support import free_port, serving

PASSWORD = "password-of-the-tests"
KEY = {"X-ClickHouse-Key": PASSWORD}
TABLE_FUNCTIONS = frozenset({"file", "url", "s3", "remote", "numbers", "values", "merge", "python", "eval"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What belongs to the user of the machine."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "secret.csv").write_text("TOP-SECRET\n")
    return folder


@pytest.fixture(scope="module")
def store_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "local.clickhouse", "--path", str(tmp_path_factory.mktemp("store")), "--port"]
    environment = {**os.environ, "HAILONG_CLICKHOUSE_PASSWORD": PASSWORD}
    with subprocess.Popen([*command, str(port)], env=environment) as process:
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 30
        while not _is_up(url):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url
        process.terminate()


def _is_up(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ping", trust_env=False).is_success
    except httpx.TransportError:
        return False


def ask(url: str, statement: str, method: str = "POST", **headers: str) -> httpx.Response:
    return httpx.request(
        method, url, params={"query": statement}, headers={**KEY, **headers}, trust_env=False, timeout=20
    )


def test_a_program_needs_the_password(store_url: str) -> None:
    port = int(store_url.rpartition(":")[2])
    basic = {"Authorization": "Basic " + base64.b64encode(b"default:wrong").decode()}
    for headers in ({}, {"X-ClickHouse-Key": "wrong"}, basic, {"Authorization": "Basic ?"}):
        answer = httpx.post(store_url, content="SELECT 1", headers=headers, trust_env=False)
        assert (answer.status_code, answer.headers["X-ClickHouse-Exception-Code"]) == (401, "516")
    with pytest.raises(DatabaseError, match="HAILONG_CLICKHOUSE_PASSWORD is wrong"):
        clickhouse_connect.get_client(host="127.0.0.1", port=port, password="wrong")
    assert clickhouse_connect.get_client(host="127.0.0.1", port=port, password=PASSWORD).command("SELECT 1") == 1
    assert httpx.get(f"{store_url}/?query=SELECT+1&password={PASSWORD}", trust_env=False).text == "1\n"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Host": "evil.example:18123"}, {"Host": "127.0.0.1.evil.example:18123"},
        {"Origin": "http://127.0.0.1:48999"}, {"Origin": "null"}, {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_no_page_gets_an_answer_though_it_knew_the_password(store_url: str, headers: dict[str, str]) -> None:
    for method in ("GET", "POST"):
        answer = ask(store_url, "SELECT 'TOP-SECRET'", method, **headers)
        assert answer.status_code == 403
        assert "TOP-SECRET" not in answer.text


def test_nothing_reaches_files_or_the_network(store_url: str, folder: Path) -> None:
    secret, written_file = folder / "secret.csv", folder / "made.csv"
    for statement in (
        f"SELECT * FROM file('{secret}', 'CSV', 'a String')",
        f"SELECT * FROM `file`('{secret}', 'CSV', 'a String')",
        f"SELECT file('{secret}')",
        f"SELECT * FROM /* '*/ file -- ''\n ('{secret}', 'CSV', 'a String')",
        f"SELECT * FROM '{secret}'",
        f"SELECT * FROM `{secret}`",
        f'SELECT * FROM default."{secret}"',
        f"DESCRIBE '{secret}'",
        f"SELECT * FROM numbers(1) JOIN '{secret}' ON 1",
        f"SELECT * FROM view(SELECT * FROM file('{secret}', 'CSV', 'a String'))",
        f"SELECT * FROM merge(default, '.*') WHERE $${secret}$$ = ''",
        f"INSERT INTO FUNCTION file('{written_file}', 'CSV', 'a String') VALUES ('x')",
        f"INSERT INTO TABLE FUNCTION file('{written_file}', 'CSV', 'a String') SELECT 'x'",
        f"SELECT 'x' INTO OUTFILE '{written_file}'",
        f"CREATE TABLE stolen (a String) ENGINE = File(CSV, '{secret}')",
        f"CREATE TABLE stolen (a String) ENGINE File(CSV, '{secret}')",
        f"CREATE TABLE stolen AS file('{secret}', 'CSV', 'a String')",
        f"CREATE DATABASE stolen ENGINE = Filesystem('{folder}')",
        f"CREATE OR REPLACE DICTIONARY d (a String) PRIMARY KEY a SOURCE(FILE(path '{secret}' format 'CSV'))",
        f"ATTACH TABLE stolen FROM '{folder}' (a String) ENGINE = MergeTree ORDER BY a",
        f"BACKUP TABLE system.one TO File('{written_file}')",
        f"SELECT * FROM url('{store_url}/ping', 'RawBLOB', 'a String')",
        f"SELECT * FROM remote('{store_url[7:]}', system.one)",
    ):
        for method in ("GET", "POST"):
            answer = ask(store_url, statement, method)
            assert answer.status_code != 200, statement
            assert "TOP-SECRET" not in answer.text
            assert "reached over HTTP for its own tables only" in answer.text, statement
    named = {"query": "SELECT * FROM {name:Identifier}", "param_name": str(secret)}
    assert httpx.post(store_url, params=named, headers=KEY, trust_env=False).status_code == 403
    assert sorted(path.name for path in folder.iterdir()) == ["secret.csv"]


@pytest.mark.parametrize(
    "statement",
    [
        b"SELECT 'file(', \"a\" FROM t WHERE path = '/x' -- url('y')",
        b"SELECT engine FROM system.tables WHERE engine = 'MergeTree' AND name = 'file'",
        b"CREATE TABLE t (file String, url String) ENGINE = ReplacingMergeTree(url) ORDER BY file",
        b"CREATE MATERIALIZED VIEW v TO t AS SELECT * FROM numbers(3)",
        b"INSERT INTO t VALUES ('file(''/x'')', 'a/b')",
        b"WITH RECURSIVE p AS (SELECT 1) SELECT format('{}', 1), extract(url, 'a') FROM p",
    ],
)
def test_what_only_looks_like_it_runs(statement: bytes) -> None:
    assert reach_outside(statement, {"a": "/x"}, TABLE_FUNCTIONS) is None


class _Pages(http.server.BaseHTTPRequestHandler):
    """Any page of the web, as far as a browser can tell."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>a page</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def page_port() -> Iterator[int]:
    with serving(_Pages) as address:
        yield int(address.rpartition(":")[2])


ATTACK = """async ([url, statement, key]) => {
  const ask = async (method, mode, headers) => {
    try {
      const answer = await fetch(`${url}/?query=${encodeURIComponent(statement)}`, { method, mode, headers });
      return answer.type === "opaque" ? "" : await answer.text();
    } catch { return ""; }
  };
  const answers = [];
  for (const method of ["GET", "POST"]) {
    answers.push(await ask(method, "no-cors", {}), await ask(method, "cors", {}), await ask(method, "cors", key));
  }
  await new Promise((done) => {
    const image = new Image();
    image.onload = image.onerror = done;
    image.src = `${url}/?password=${key["X-ClickHouse-Key"]}&query=${encodeURIComponent(statement)}`;
  });
  return answers.join("");
}"""


@pytest.mark.browser
def test_a_web_page_gets_nothing_and_changes_nothing(
    browser: Browser, store_url: str, page_port: int, folder: Path
) -> None:
    written_file = folder / "by-a-page.csv"
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{page_port}/")
        for statement in (
            f"INSERT INTO FUNCTION file('{written_file}', 'CSV', 'a String') VALUES ('x')",
            "CREATE TABLE by_a_page (a String) ENGINE = MergeTree ORDER BY a",
            "SELECT 'TOP-' || 'SECRET'",
        ):
            assert "TOP-SECRET" not in page.evaluate(ATTACK, [store_url, statement, KEY])
    finally:
        context.close()
    assert not written_file.exists()
    assert ask(store_url, "EXISTS TABLE by_a_page").text == "0\n"


@pytest.mark.browser
def test_a_site_whose_name_leads_to_this_machine_gets_nothing(browser: Browser, store_url: str) -> None:
    port, query = store_url.rpartition(":")[2], f"query=SELECT+'TOP-'||'SECRET'&password={PASSWORD}"
    rules = "--host-resolver-rules=MAP a.example 127.0.0.1"
    rebound = browser.browser_type.launch(executable_path=chromium_path(), args=["--no-sandbox", rules])
    try:
        answer = rebound.new_page().goto(f"http://a.example:{port}/?{query}")
        assert answer is not None
        assert answer.status == 403
        assert "TOP-SECRET" not in answer.text()
    finally:
        rebound.close()
