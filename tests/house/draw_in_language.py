"""Draws everything that people read in one language: ``python draw_in_language.py LANGUAGE`` prints it as JSON.

Run in a copy of the packages, so that a language can be added to their data (test_third_language.py).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from fastapi.testclient import TestClient
from pydantic import SecretStr
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from commands.main import app as command_line
from contract.links.comment import CommentLink
from contract.links.rating import RatingLink
from dashboards.grafana.files import every_file
from dashboards.reports.command import KINDS
from dashboards.texts.by_language import texts_in
from feedback_app.app import make_app
from runtime.settings import Settings

KEY = "secret-key"
MOST_RUNS = 30
PERIOD = {"from": "2026-03-01"}
PAGES = {
    "supervisor": ("dashboards.pages.supervisor.page", "draw", {"unit": "Q", **PERIOD}),
    "inspector": ("dashboards.pages.inspector.page", "draw", {"unit": "Q", "to": "2026-04-01", **PERIOD}),
    "wall": ("dashboards.pages.wall", "draw", {"unit": "Q"}),
    "public": ("dashboards.pages.public", "draw", {"unit": "Q", "month": "2026-03"}),
}


def pages(language: str) -> Iterator[tuple[str, str]]:
    """Every page's markup and the names of what can be chosen there."""
    for name, (module, draw, query) in PAGES.items():
        app = AppTest.from_string(f"from {module} import {draw}\n{draw}()\n", default_timeout=60)
        for parameter, value in {"lang": language, **query}.items():
            app.query_params[parameter] = value
        markup = ""
        # A page waits some seconds for its first answers, then shows that it has none yet.
        for _ in range(MOST_RUNS):
            app.run()
            assert not app.exception, app.exception
            markup = " ".join(block.proto.body for block in app.get("html"))
            if texts_in(language)("loading") not in markup:
                break
            time.sleep(1)
        choices = [option for box in app.selectbox for option in (box.label, *box.options)]
        yield f"page {name}", " ".join([markup, *choices])


def citizens(language: str) -> Iterator[tuple[str, str]]:
    """What the tablet's page is made of, and every page for phones."""
    now = datetime.now(UTC)
    settings = Settings(api_key=SecretStr(KEY), ingest_url="http://127.0.0.1:9")
    rating = RatingLink(unit="Q.1.1", dossier="Q-1", last_day=now.date() + timedelta(days=2))
    comment = CommentLink(unit="Q.1.1", rating=UUID(int=7), expires_at=now + timedelta(minutes=30))
    form, past_form = (link.address("", KEY) for link in (rating, rating.model_copy(update={"last_day": date.min})))
    written, past = (
        link.address("", KEY) for link in (comment, comment.model_copy(update={"expires_at": now - timedelta(hours=1)}))
    )
    addresses = {
        "rating": (form, 200),
        "rating thanked": (f"{form}/thanks", 200),
        "rating expired": (past_form, 410),
        "rating unknown": ("/r/none", 404),
        "comment": (written, 200),
        "comment thanked": ("/c/thanks", 200),
        "comment expired": (past, 410),
        "comment unknown": ("/c/none", 404),
        "pairing": ("/pair", 200),
    }
    with TestClient(make_app(settings)) as client:
        yield "tablet", client.get("/texts.json").text
        for name, (address, status) in addresses.items():
            answer = client.get(address, params={"lang": language})
            assert answer.status_code == status, (name, answer.text)
            yield f"phone {name}", answer.text
        away = client.post(form, params={"lang": language}, data={"score": "2"})
        assert away.status_code == 503, away.text
        yield "phone rating away", away.text


def reports(language: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Every kind of report as a page, by the command that writes it."""
    for kind in KINDS:
        file = folder / f"{kind}.html"
        arguments = ["report", kind, str(file), "--unit", "Q", "--period", "2026-03", "--staff", "CB1"]
        result = CliRunner().invoke(command_line, [*arguments, "--language", language])
        assert result.exit_code == 0, result.output
        yield f"report {kind}", file.read_text(encoding="utf-8")


def grafana(language: str) -> Iterator[tuple[str, str]]:
    """Every dashboard in the language, and the rules of all languages."""
    for name, text in every_file().items():
        if f"/{language}/" in name or "rules" in name:
            yield f"grafana {name}", text


if __name__ == "__main__":
    wanted = sys.argv[1]
    drawn = [*pages(wanted), *citizens(wanted), *reports(wanted, Path.cwd()), *grafana(wanted)]
    sys.stdout.write(json.dumps(dict(drawn)))
