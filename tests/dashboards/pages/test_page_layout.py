"""A page file places its blocks: no block imports a page, and none imports streamlit's caches or settings by itself."""

from __future__ import annotations

import ast
from pathlib import Path

PAGES = Path(__file__).parents[3] / "dashboards" / "pages"
ENTRY = PAGES / "main.py"


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def importing(path: Path, wanted: str) -> bool:
    return any(name == wanted or name.startswith(f"{wanted}.") for name in imported(path))


def test_only_the_entry_imports_a_page() -> None:
    pages = ["dashboards.pages.supervisor.page", "dashboards.pages.inspector.page"]
    pages += ["dashboards.pages.wall", "dashboards.pages.public"]
    assert {path.name for path in PAGES.rglob("*.py") for page in pages if importing(path, page)} == {"main.py"}


def test_pages_leave_one_another_alone() -> None:
    folders = ("supervisor", "inspector")
    for own, other in (folders, folders[::-1]):
        assert not [path.name for path in (PAGES / own).glob("*.py") if importing(path, f"dashboards.pages.{other}")]
    for path in (PAGES / "parts").glob("*.py"):
        assert not any(importing(path, f"dashboards.pages.{folder}") for folder in folders), path.name


def test_one_client_asks_the_read_api() -> None:
    assert [path.name for path in PAGES.rglob("*.py") if importing(path, "httpx")] == []
    makers = [path.name for path in PAGES.rglob("*.py") if "ApiClient(" in path.read_text(encoding="utf-8")]
    assert makers == ["connections.py"]
