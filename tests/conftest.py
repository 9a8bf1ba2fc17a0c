"""Fixtures that start real things: the whole local stack once, the ClickHouse engine once, a clean store per test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser, sync_playwright

from local.stack import down, up
from runtime.settings import Settings
from tests.browser_setup import chromium_path
from tests.support import Stack, free_port, own_settings, wait_until
from warehouse.client import connect
from warehouse.migrate import migrate

# The second sets what hypothesis does, for every test.
pytest_plugins = ["tests.tablet", "tests.strategies"]

MADE_WITH = "SELECT name, create_table_query FROM system.tables WHERE database = {database:String}"
FILLED = """
SELECT name FROM system.tables WHERE database = {database:String} AND total_rows > 0 AND name != 'migrations'
"""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """The names of tests with bytes: of the argument and a number, so that every process calls a test the same."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka, ClickHouse and every service on ports of their own, stopped at the end."""
    running = Stack(own_settings(tmp_path_factory.mktemp("stack")))
    try:
        up(running.settings)
        yield running
    finally:
        down(running.settings)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium. Not longer than a module: while Playwright runs, no other event loop can."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=[*flags, "--disable-component-update", "--disable-sync"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a running ClickHouse engine without anything else."""
    folder: Path = tmp_path_factory.mktemp("engine")
    port = free_port()
    settings = Settings(clickhouse_url=f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "local.clickhouse", "--path", str(folder), "--port", str(port)]
    process = subprocess.Popen(command)
    try:
        wait_until(lambda: httpx.get(f"{settings.clickhouse_url}/ping", trust_env=False).is_success, 30)
        yield settings
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture(scope="session")
def schema() -> dict[str, str]:
    """What each table of the migrated database was made with, once it was made."""
    return {}


@pytest.fixture
def store(engine: Settings, schema: dict[str, str]) -> Client:
    """A client of an empty, migrated database; migrated anew only after a test that changed a table."""
    database = engine.clickhouse_database
    client = connect(engine, database="default")
    if not schema or _tables(client, database) != schema:
        client.command(f"DROP DATABASE IF EXISTS {database}")
        migrate(client, database)
        schema |= _tables(client, database)
    filled = client.query(FILLED, parameters={"database": database}).result_rows
    for (table,) in filled:
        client.command(f"TRUNCATE TABLE {database}.{table}")
    return connect(engine)


def _tables(client: Client, database: str) -> dict[str, str]:
    found = client.query(MADE_WITH, parameters={"database": database}).result_rows
    return {str(name): str(made_with) for name, made_with in found}
