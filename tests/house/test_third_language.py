"""A further language is data alone: a made-up one, each text in brackets, draws everything that people read."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml
from playwright.sync_api import Page, expect

from dashboards.api.app import make_api
from dashboards.grafana.boards import BOARDS
from dashboards.reports.command import KINDS
from dashboards.texts.by_language import texts_in
from feedback_app.texts.by_language import every_text, tablet_texts
from runtime.settings import Settings
from tests.asked_api import town
from tests.support import free_port, own_store, put, wait_until
from tests.tablet import set_up

ROOT = Path(__file__).parents[2]
PACKAGES = ("contract", "runtime", "warehouse", "dashboards", "feedback_app", "commands")
HOMES = ("dashboards/texts", "feedback_app/texts")
NEW = "xx"
QUOTED_LANGUAGE = re.compile(r"""["'](vi|en)["']""")
MAY_NAME_A_LANGUAGE = {
    # The default.
    "contract/languages.py": 1,
    # Public fields have these names.
    "dashboards/api/": 2,
    "warehouse/read/": 1,
    "docs/": 1,
    # Marks for screen readers: the letters of a code, and ingest's sentences, which are English.
    "feedback_app/": 3,
    # Simulated citizens speak these.
    "sources/simulation/": 2,
    "bench/": 1,
}
"""How many lines of code name a language, by file or folder."""


def in_brackets(texts: Any) -> Any:
    if isinstance(texts, dict):
        return {key: in_brackets(value) for key, value in texts.items()}
    if isinstance(texts, list):
        return [in_brackets(value) for value in texts]
    return f"[{texts}]"


def add_language(root: Path) -> None:
    """Writes the made-up language beside the others: folders of texts, and an entry where names are by language."""
    for home in HOMES:
        for file in (root / home / "en").glob("*.yaml"):
            texts = in_brackets(yaml.safe_load(file.read_text(encoding="utf-8")))
            (root / home / NEW).mkdir(exist_ok=True)
            (root / home / NEW / file.name).write_text(yaml.safe_dump(texts), encoding="utf-8")
    file = root / "contract" / "ratings" / "reasons.yaml"
    reasons = yaml.safe_load(file.read_text(encoding="utf-8"))
    for reason in reasons.values():
        reason["names"][NEW] = in_brackets(reason["names"]["en"])
    file.write_text(yaml.safe_dump(reasons, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module")
def api_url(engine: Settings) -> Iterator[str]:
    """The read API over a small town."""
    url = f"http://127.0.0.1:{free_port()}"
    settings = Settings(clickhouse_url=engine.clickhouse_url, clickhouse_database="third_language", api_url=url)
    with own_store(engine, "third_language") as store:
        put(store, town())
        server = uvicorn.Server(uvicorn.Config(make_api(settings), port=int(url.rpartition(":")[2]), log_config=None))
        thread = threading.Thread(target=server.run)
        thread.start()
        wait_until(lambda: server.started, 20)
        yield url
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def drawn(api_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a copy of the packages draws in the made-up language, by name."""
    root = tmp_path_factory.mktemp("third_language")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    add_language(root)
    script = Path(__file__).with_name("draw_in_language.py")
    result = subprocess.run(
        [sys.executable, str(script), NEW],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "HAILONG_API_URL": api_url},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr[-3_000:]
    texts: dict[str, str] = json.loads(result.stdout)
    return texts


def drawn_as(text: str) -> str:
    """An English text as the made-up language has it in a page."""
    return html.escape(in_brackets(text), quote=False)


@pytest.mark.parametrize(
    ("page", "key"),
    [("supervisor", "title"), ("inspector", "inspector.title"), ("wall", "tickets_served"), ("public", "public.title")],
)
def test_every_page_is_drawn(drawn: dict[str, str], page: str, key: str) -> None:
    texts = texts_in("en")
    assert drawn_as(texts("page_broken")) not in drawn[f"page {page}"]
    assert drawn_as(texts(key)) in drawn[f"page {page}"]


def test_every_page_for_phones_is_drawn(drawn: dict[str, str]) -> None:
    phone, pairing = every_text("phone")["en"], every_text("pairing")["en"]
    for name, text in {
        "rating": phone["score"],
        "rating thanked": phone["thanks"],
        "rating expired": phone["expired"],
        "rating unknown": phone["unknown"],
        "rating away": phone["away"],
        "comment": phone["comment_question"],
        "comment thanked": phone["comment_thanks"],
        "comment expired": phone["comment_expired"],
        "comment unknown": phone["comment_unknown"],
        "pairing": pairing["title"],
    }.items():
        assert drawn_as(text) in html.unescape(drawn[f"phone {name}"]), name
        assert f'lang="{NEW}"' in drawn[f"phone {name}"]
    assert "[Unclear guidance]" in drawn["phone rating"]


@pytest.mark.browser
def test_the_tablets_page_is_drawn_and_reads_nothing_aloud_without_clips(drawn: dict[str, str], page: Page) -> None:
    page.route("**/texts.json", lambda route: route.fulfill(body=drawn["tablet"], content_type="application/json"))
    set_up(page)
    english = tablet_texts()["en"]
    page.get_by_role("button", name="[English]", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text(in_brackets(english["question"]))
    expect(page.locator(".listen")).to_have_count(0)
    page.get_by_role("radio", name=in_brackets(english["moods"]["very_unhappy"])).tap()
    expect(page.locator(".reason").first).to_have_text(in_brackets(english["reasons"]["waiting_too_long"]))


@pytest.mark.parametrize("kind", KINDS)
def test_every_report_is_drawn_with_the_units_vietnamese_name(drawn: dict[str, str], kind: str) -> None:
    assert drawn_as(texts_in("en", "reports")(f"kinds.{kind}.title")) in drawn[f"report {kind}"]
    assert "Đơn vị Q" in drawn[f"report {kind}"]


@pytest.mark.parametrize("name", BOARDS)
def test_every_dashboard_of_grafana_is_drawn(drawn: dict[str, str], name: str) -> None:
    board = json.loads(drawn[f"grafana boards/{NEW}/{name}.json"])
    group = "unit_board" if name == "unit" else name
    assert board["title"] == in_brackets(texts_in("en", "grafana")(f"{group}.title"))
    assert "name_vi" in json.dumps(board)


def test_alerts_have_a_summary_in_each_language(drawn: dict[str, str]) -> None:
    [rules] = yaml.safe_load(drawn["grafana provisioning/alerting/rules.yaml"])["groups"]
    for rule in rules["rules"]:
        assert rule["annotations"].keys() >= {"summary", "summary_en", f"summary_{NEW}"}


def test_no_further_line_of_code_names_a_language() -> None:
    named: Counter[str] = Counter()
    for folder in (*PACKAGES, "ingest", "stream", "sources", "local", "docs", "bench"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".js"}:
                place = path.relative_to(ROOT).as_posix()
                room = next((room for room in MAY_NAME_A_LANGUAGE if place.startswith(room)), place)
                named[room] += sum(1 for line in path.read_text("utf-8").splitlines() if QUOTED_LANGUAGE.search(line))
    assert {room: n for room, n in named.items() if n > MAY_NAME_A_LANGUAGE.get(room, 0)} == {}
