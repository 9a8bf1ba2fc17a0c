"""What the whole product does in one way stands in one place: clients, progress bars, settings, the clock's zone."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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

FORMER_PAGES = {f"dashboards/pages/supervisor/{name}.py" for name in ("acknowledge", "feed", "page")}
FORMER_PAGES |= {f"dashboards/pages/inspector/{name}.py" for name in ("recount", "view")}
if (ROOT / "dashboards/pages/parts/connections.py").is_file():
    # The pages ask through one place of their own.
    FORMER_PAGES = set()


def _product_files() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=ROOT, capture_output=True, check=True)
    paths = [path for path in listed.stdout.decode().split("\0") if path and not path.startswith(NO_PRODUCT)]
    return [path for path in paths if (ROOT / path).is_file()]


@pytest.mark.parametrize("pattern", ONE_WAY)
def test_what_is_done_in_one_way_stands_in_few_files(pattern: str) -> None:
    files = {path for path in _product_files() if re.search(pattern, (ROOT / path).read_text(encoding="utf-8"))}
    assert files <= ONE_WAY[pattern] | FORMER_PAGES


def test_every_client_keeps_the_rule_of_proxies() -> None:
    literal = re.compile(r"trust_env=(?!uses_proxy\()")
    wrong = [path for path in _product_files() if literal.search((ROOT / path).read_text(encoding="utf-8"))]
    assert set(wrong) <= FORMER_PAGES
