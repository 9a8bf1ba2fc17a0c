"""What the whole product does in one way stands in one place: clients, progress bars, settings, the clock's zone."""

from __future__ import annotations

import re

import pytest

from tests.source_code import ROOT, listed_files

NO_PRODUCT = ("tests/", "bench/", "docs/")

ONE_WAY = {
    r"\bhttpx\.": {"runtime/api_client.py", "runtime/ingest_client.py", "runtime/service_client.py"},
    r"\brich\.progress\b": {"runtime/progress.py"},
    # Streamlit starts the pages as a program of their own, without a command line that could hand them the settings.
    r"\bSettings\(\)": {"runtime/console.py", "dashboards/pages/parts/connections.py"},
    r"""ZoneInfo\(["']Asia/Ho_Chi_Minh["']\)""": {"contract/time.py"},
    r"\btrust_env=": {
        *("runtime/api_client.py", "runtime/ingest_client.py", "runtime/service_client.py"),
        # Where the rule is described.
        "runtime/addresses.py",
    },
    r"""\[["']rejected["']\]""": {"runtime/ingest_client.py", "local/demo/replay.py"},
}
"""What may stand in a few files only, and in which."""


def _product_files() -> list[str]:
    return [path for path in listed_files("*.py") if not path.startswith(NO_PRODUCT)]


@pytest.mark.parametrize("pattern", ONE_WAY)
def test_what_is_done_in_one_way_stands_in_few_files(pattern: str) -> None:
    files = {path for path in _product_files() if re.search(pattern, (ROOT / path).read_text(encoding="utf-8"))}
    assert files <= ONE_WAY[pattern]


def test_every_client_keeps_the_rule_of_proxies() -> None:
    literal = re.compile(r"trust_env=(?!uses_proxy\()")
    wrong = [path for path in _product_files() if literal.search((ROOT / path).read_text(encoding="utf-8"))]
    assert not wrong
