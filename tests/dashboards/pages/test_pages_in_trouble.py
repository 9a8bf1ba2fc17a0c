"""When something is wrong a visitor reads a sentence in their language, and never a traceback."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from streamlit.testing.v1 import AppTest

from dashboards.pages.inspector.timeline import path_of_dossier
from dashboards.pages.parts.connections import api
from dashboards.serve import allowed_hosts
from runtime.settings import Settings
from tests.asked_api import HOST, api_of_town
from tests.support import Stack, event, free_port, put
from warehouse.client import connect

ODD_CODES = [
    "..",
    ".",
    "../../v1/units?",
    "a/../b",
    "a?b=1",
    "a#b",
    "100%",
    "%2e%2e",
    "a b",
    "a;b",
    "hồ sơ",
    "a\\b",
    "//",
]
ODD_CODES += ["a\u202eb"]


@pytest.mark.parametrize("code", ODD_CODES)
def test_a_dossiers_code_is_never_a_part_of_the_address(code: str) -> None:
    url = httpx.Client(base_url=HOST).build_request("GET", path_of_dossier(code)).url
    assert url.path == f"/v1/dossiers/{code}"
    assert url.query == b""
    assert url.raw_path.count(b"/") == 3


def test_each_code_leads_to_its_own_dossier(engine: Settings) -> None:
    with api_of_town(engine, "codes") as town:
        at = "2026-03-02T08:00:00+07:00"
        codes = [code for code in ODD_CODES if "\u202e" not in code]
        put(connect(engine, database="codes"), [event("dossier.accepted", code, at, unit="Q.1.1") for code in codes])
        for code in codes:
            assert town.get(path_of_dossier(code)).json()["dossier"]["dossier"] == code


def inspector() -> None:
    from dashboards.pages.inspector import page as inspector  # noqa: PLC0415 the test runs this function's text alone

    inspector.draw()


def public() -> None:
    from dashboards.pages import public as public_page  # noqa: PLC0415

    public_page.draw()


def broken() -> None:
    from dashboards.pages.parts.start import guarded  # noqa: PLC0415

    @guarded
    def draw() -> None:
        raise KeyError("steps")

    draw()


def markup_of(page: Callable[[], None], language: str, **query: str) -> str:
    """The markup of a page that is drawn once."""
    app = AppTest.from_function(page, default_timeout=60)
    app.query_params["lang"] = language
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return " ".join(block.proto.body for block in app.get("html"))


@pytest.mark.parametrize(
    ("language", "words"),
    [("vi", "Không kết nối được với máy chủ số liệu"), ("en", "no connection to the server of figures")],
)
def test_a_page_without_the_read_api_says_so(monkeypatch: pytest.MonkeyPatch, language: str, words: str) -> None:
    monkeypatch.setenv("HAILONG_API_URL", f"http://127.0.0.1:{free_port()}")
    api.clear()
    try:
        page = markup_of(inspector, language, unit="H26", dossier="..")
    finally:
        api.clear()
    assert words in page
    assert 'role="alert"' in page


@pytest.mark.parametrize(("language", "words"), [("vi", "Trang này gặp lỗi"), ("en", "Something went wrong")])
def test_a_fault_of_a_page_is_a_sentence_and_no_traceback(language: str, words: str) -> None:
    page = markup_of(broken, language)
    assert words in page
    assert "steps" not in page
    assert "Traceback" not in page


def test_the_pages_are_opened_by_names_of_their_own() -> None:
    pages = "http://hailong.local:18501"
    assert allowed_hosts(Settings(dashboards_url=pages)) == ["127.0.0.1", "::1", "hailong.local", "localhost"]
    everywhere = Settings(listen_host="0.0.0.0")  # noqa: S104 nothing is bound by this
    named = everywhere.model_copy(update={"allowed_hosts": "hailong.hanoi.gov.vn"})
    assert "hailong.hanoi.gov.vn" in allowed_hosts(named)
    # Bound to every address and without a name in the settings, any name may be its own.
    assert allowed_hosts(everywhere) == ["*"]


def upgrade_status(url: str, host: str) -> str:
    """The status with which the pages' server answers a browser that opens its WebSocket for a page of ``host``."""
    parts = urlsplit(url)
    lines = [
        *("GET /_stcore/stream HTTP/1.1", f"Host: {host}", f"Origin: http://{host}", "Connection: Upgrade"),
        *("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""),
    ]
    with socket.create_connection((parts.hostname or "", parts.port or 0), 30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return connection.recv(64).decode().split()[1]


@pytest.mark.stack
def test_a_strangers_name_for_this_machine_opens_nothing(stack: Stack) -> None:
    url = stack.settings.dashboards_url
    assert upgrade_status(url, urlsplit(url).netloc) == "101"
    assert upgrade_status(url, f"evil.example:{urlsplit(url).port}") == "403"
    api = httpx.get(f"{stack.settings.api_url}/v1/units", headers={"Host": "evil.example"}, trust_env=False)
    assert api.status_code == 400
