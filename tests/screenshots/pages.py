"""Makes the pictures in docs/screenshots from a running stack: ``python tests/screenshots/pages.py``.

Reads ``.local/endpoints.json``, or the file named as argument. Best in the middle of a ``hailong demo``;
for another day than today: ``python tests/screenshots/pages.py --from 2026-11-20``. The tablet's pictures need no
stack: ``python tests/screenshots/pages.py --tablet`` makes them alone.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2]))
from contract.links.rating import RatingLink
from contract.time import VIETNAM
from tests.browser_setup import chromium_path
from tests.screenshots.tablet import tablet_pictures

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
FIGURES = ".st-key-answered .value"
SETTLE_MS = 4_000
DOSSIER = "H26.66.01.005-261120-0042"
UNIT = "H26.66.01.005"


def main() -> int:
    """0 when every picture was made; 1 when the stack or the browser is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoints", nargs="?", type=Path, default=Path(".local/endpoints.json"))
    parser.add_argument("--from", dest="start", help="first day shown, such as 2026-11-20; today when left out")
    parser.add_argument("--tablet", action="store_true", help="only the tablet's, which need no stack")
    arguments = parser.parse_args()
    if not arguments.tablet and not arguments.endpoints.exists():
        print(f"{arguments.endpoints} is not there: start a stack with `hailong demo` or `hailong up`", file=sys.stderr)
        return 1
    if chromium_path() is None:
        print("no Chromium is installed: python -m tests.browser_setup", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=["--no-sandbox", "--disable-gpu", "--no-first-run"]
        )
        tablet_pictures(browser, FOLDER)
        if not arguments.tablet:
            _stack_pictures(browser, json.loads(arguments.endpoints.read_text()), arguments.start)
        browser.close()
    return 0


def _stack_pictures(browser: Browser, endpoints: dict[str, str], start: str | None) -> None:
    view = {"from": start} if start else {}
    page = endpoints["dashboards"]
    _picture(browser, f"{page}/?{urlencode(view)}", FIGURES, "supervisor", 1366, 768)
    _picture(browser, f"{page}/?{urlencode({**view, 'lang': 'en'})}", FIGURES, "supervisor-en", 1366, 768)
    _picture(browser, f"{page}/?{urlencode(view)}", FIGURES, "supervisor-phone", 390, 844)
    inspected = f"{page}/inspector?{urlencode({**view, 'unit': 'H26', 'id': 'Q766_2_1'})}"
    _picture(browser, inspected, "table.ranking", "inspector", 1366, 900)
    evidence = f"{page}/inspector?{urlencode({**view, 'unit': UNIT, 'id': 'SAT_CSAT'})}"
    _picture(browser, evidence, "table.cases", "inspector-evidence", 1366, 1500)
    _picture(browser, f"{page}/wall?unit=H26", ".wall .card", "wall", 1920, 1080)
    if _answers(endpoints["feedback"]):
        _picture(browser, _link(endpoints), "form", "online", 390, 844)


def _picture(browser: Browser, address: str, wait_for: str, name: str, width: int, height: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": height}, has_touch=True)
    page.goto(address)
    page.locator(wait_for).first.wait_for()
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.close()
    print(FOLDER / f"{name}.png")


def _link(endpoints: dict[str, str]) -> str:
    last_day = datetime.now(VIETNAM).date() + timedelta(days=30)
    link = RatingLink(unit=UNIT, dossier=DOSSIER, last_day=last_day, time_points=1)
    return link.address(endpoints["feedback"], endpoints["api_key"])


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    sys.exit(main())
