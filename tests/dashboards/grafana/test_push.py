"""Dashboards and rules sent to a Grafana: a stand-in on loopback notes what would have come, and refuses at will."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.metadata import version
from typing import Any

import pytest
from typer.testing import CliRunner

from commands.main import app
from dashboards.grafana.files import dashboard_json, every_language
from dashboards.grafana.push import GrafanaRefusedError, push
from runtime.settings import Settings
from tests.support import free_port


class StandIn(ThreadingHTTPServer):
    """Keeps folders, dashboards and rule groups by their uid, as Grafana's API does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.heard: list[tuple[str, str, str]] = []
        self.kept: dict[str, Any] = {}
        self.refuses = ""

    @property
    def settings(self) -> Settings:
        return Settings(grafana_url=f"http://127.0.0.1:{self.server_port}", grafana_token="kept-apart")


class Handler(BaseHTTPRequestHandler):
    server: StandIn

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        self.server.heard.append((self.command, self.path, self.headers.get("Authorization", "")))
        status, answer = self.judge(body)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def judge(self, body: Any) -> tuple[int, Any]:
        kept, path = self.server.kept, self.path
        if self.server.refuses and self.server.refuses in path:
            return 412, {"message": "the version has been changed by someone else"}
        if path == "/api/dashboards/db":
            path = f"/api/dashboards/uid/{body['dashboard']['uid']}"
            assert body["overwrite"] is True
        elif path == "/api/folders":
            path = f"/api/folders/{body['uid']}"
        if self.command == "GET":
            return (200, kept[path]) if path in kept else (404, {"message": "not found"})
        if "rule-groups" in path:
            assert self.headers["X-Disable-Provenance"] == "true"
        kept[path] = body
        return 200, {"status": "success"}

    do_GET = do_POST = do_PUT = answer  # noqa: N815 the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


def version_of(package: str) -> str:
    """The version that a package says of itself."""
    version: str = import_module(package).__version__
    return version


@pytest.fixture
def grafana() -> Iterator[StandIn]:
    with StandIn() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_everything_is_sent_and_sending_it_again_changes_nothing(grafana: StandIn) -> None:
    first = list(push(grafana.settings))
    kept = json.loads(json.dumps(grafana.kept))
    assert list(push(grafana.settings)) == first
    for path in ("/api/folders/hailong-vi", "/api/folders/hailong-en"):
        # The second time a folder is only given its title.
        assert grafana.kept.pop(path)["title"] == kept.pop(path)["title"]
    assert grafana.kept == kept
    assert {authorization for *_, authorization in grafana.heard} == {"Bearer kept-apart"}
    vi = every_language()[0]
    assert kept["/api/dashboards/uid/hailong-now-vi"]["dashboard"] == dashboard_json("now", vi)
    assert kept["/api/dashboards/uid/hailong-now-vi"]["folderUid"] == "hailong-vi"
    rules = kept["/api/v1/provisioning/folder/hailong-vi/rule-groups/hailong"]
    assert rules["interval"] == 60
    assert {rule["folderUID"] for rule in rules["rules"]} == {"hailong-vi"}
    assert len([path for path in kept if "dashboards" in path]) == 8


@pytest.mark.parametrize(
    ("refuses", "says"),
    [("dashboards", "dashboard Một cửa / ngay bây giờ: .*changed by someone"), ("rule", "alert rules: .*changed by")],
)
def test_a_refusal_names_what_was_refused_and_why(grafana: StandIn, refuses: str, says: str) -> None:
    grafana.refuses = refuses
    with pytest.raises(GrafanaRefusedError, match=says):
        list(push(grafana.settings))


def test_a_grafana_that_is_away_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAILONG_GRAFANA_URL", f"http://127.0.0.1:{free_port()}")
    result = CliRunner().invoke(app, ["grafana", "push"])
    assert result.exit_code == 1
    assert "Grafana did not take it: folder" in result.output
    assert "Traceback" not in result.output


def test_the_store_is_still_asked_with_urllib3_itself() -> None:
    assert version("urllib3") == version_of("urllib3"), "build the fork with URLLIB3_NO_OVERRIDE=1"
    assert version("urllib3-future") == version_of("urllib3_future")
