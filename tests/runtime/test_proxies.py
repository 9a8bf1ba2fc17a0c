"""A proxy that the environment names sees no request to this machine, from any of our clients."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import Stack, serving

pytestmark = pytest.mark.stack


class _Proxy(http.server.BaseHTTPRequestHandler):
    seen: list[str]

    def _refuse(self) -> None:
        self.seen.append(f"{self.command} {self.path}")
        self.send_error(502)

    do_GET = do_POST = do_CONNECT = do_PUT = _refuse  # noqa: N815 the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[str]]]:
    """The address of a proxy, and what it was asked."""
    seen: list[str] = []
    handler = type("Handler", (_Proxy,), {"seen": seen})
    with serving(handler) as address:
        yield address, seen


CSV = "Mã hồ sơ;Tiếp nhận\nPROXY-1;2026-11-02T08:00:00+07:00\n"
MAPPING = """
mapping: proxies
rows: case
case: {column: Mã hồ sơ}
unit: {constant: H26}
time: {zone: Asia/Ho_Chi_Minh, formats: [iso8601]}
file: {delimiter: ";"}
events:
  - {event: dossier.accepted, time: {column: Tiếp nhận}}
"""


def test_no_command_asks_the_proxy_for_what_stands_on_this_machine(
    stack: Stack, proxy: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, seen = proxy
    names = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    environment |= dict.fromkeys(names, address) | {"HAILONG_STATE_DIR": str(stack.settings.state_dir)}
    environment |= {"HAILONG_API_URL": stack.settings.api_url, "HAILONG_KAFKA": stack.settings.kafka}
    (tmp_path / "a.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(MAPPING, encoding="utf-8")
    for words in (
        ("reference", "load", "--by", "proxies"),
        ("import", str(tmp_path / "a.csv"), "--mapping", str(tmp_path / "a.yaml")),
        ("reference", "history"),
        ("verify", "--from", "2026-11-02", "--to", "2026-11-02"),
        ("report", "figures", str(tmp_path / "a.html"), "--unit", "H26", "--period", "2026-11"),
        ("migrate",),
    ):
        command = [sys.executable, "-m", "commands.main", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=200)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        assert seen == [], words
