"""Ingest's OpenAPI document names every route, body and answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contract.events.refusals import Reason
from ingest.app import make_app
from ingest.http.body_formats import BATCH, LINES, SINGLE
from runtime.settings import Settings


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    settings = Settings(api_key=SecretStr("k"), outbox_path=tmp_path / "outbox.sqlite")
    application: Any = make_app(settings).routes[-1]
    document: dict[str, Any] = application.app.openapi()
    return document


def test_every_route_is_documented(document: dict[str, Any]) -> None:
    assert document["paths"].keys() == {
        "/v1/events",
        "/readyz",
        "/v1/refusals",
        "/v1/damaged",
        "/v1/device-configuration",
        "/v1/devices",
    }


def test_sending_is_documented_with_its_bodies_and_answers(document: dict[str, Any]) -> None:
    post = document["paths"]["/v1/events"]["post"]
    assert post["requestBody"]["content"].keys() == {SINGLE, BATCH, LINES}
    assert post["responses"].keys() == {"202", "400", "401", "403", "408", "413", "415", "429", "503"}
    receipt = post["responses"]["202"]["content"]["application/json"]["schema"]["properties"]
    assert receipt.keys() >= {"accepted", "rejected", "rejected_more"}
    assert receipt["rejected"]["items"]["properties"]["reason"]["enum"] == [reason.value for reason in Reason]
    for status in ("401", "403", "413", "415", "503"):
        assert post["responses"][status]["content"]["application/json"]["schema"]["required"] == ["detail"]
    assert "Retry-After" in post["responses"]["503"]["headers"]


@pytest.mark.parametrize("path", ["/v1/refusals", "/v1/damaged"])
def test_lists_are_json_lines(document: dict[str, Any], path: str) -> None:
    responses = document["paths"][path]["get"]["responses"]
    assert list(responses["200"]["content"]) == [LINES]
    assert responses["403"]["content"]["application/json"]["schema"]["required"] == ["detail"]
