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

pytest_plugins = ["tests.tablet"]


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


@pytest.fixture
def store(engine: Settings) -> Client:
    """A client of an empty, migrated database."""
    client = connect(engine, database="default")
    client.command(f"DROP DATABASE IF EXISTS {engine.clickhouse_database}")
    migrate(client, engine.clickhouse_database)
    return connect(engine)
