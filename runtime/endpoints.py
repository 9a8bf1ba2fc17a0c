"""Addresses and key of the running local stack, so that a sender on this machine needs no settings."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from runtime.settings import Settings


class EndpointsError(Exception):
    """``endpoints.json`` is there but cannot be read; the text names the file and the fault."""


class Endpoints(BaseModel):
    """The fields of ``<state_dir>/endpoints.json`` that senders use; ``hailong up`` writes the file."""

    model_config = ConfigDict(extra="ignore")

    ingest: str | None = None
    api: str | None = None
    feedback: str | None = None
    clickhouse: str | None = None
    clickhouse_password: SecretStr | None = None
    api_key: SecretStr | None = None


def resolve(settings: Settings) -> Settings:
    """The settings with the addresses and the secrets of the running local stack filled in.

    What was set explicitly stays. Without ``endpoints.json`` the settings come back as they are.
    Raises ``EndpointsError`` when the file is broken.
    """
    path = settings.state_dir / "endpoints.json"
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return settings
    except OSError as fault:
        raise EndpointsError(f"{path}: {fault.strerror}") from fault
    try:
        endpoints = Endpoints.model_validate(json.loads(text))
    except (ValueError, ValidationError) as fault:
        raise EndpointsError(f"{path}: {fault}") from fault
    filled: dict[str, object] = {}
    if endpoints.ingest and "ingest_url" not in settings.model_fields_set:
        filled["ingest_url"] = endpoints.ingest.rstrip("/")
    if endpoints.api and "api_url" not in settings.model_fields_set:
        filled["api_url"] = endpoints.api.rstrip("/")
    if endpoints.feedback and "feedback_url" not in settings.model_fields_set:
        filled["feedback_url"] = endpoints.feedback.rstrip("/")
    if endpoints.clickhouse and "clickhouse_url" not in settings.model_fields_set:
        filled["clickhouse_url"] = endpoints.clickhouse.rstrip("/")
    if endpoints.clickhouse_password and not settings.clickhouse_password.get_secret_value():
        filled["clickhouse_password"] = endpoints.clickhouse_password
    if endpoints.api_key and not settings.api_key.get_secret_value():
        filled["api_key"] = endpoints.api_key
    return settings.model_copy(update=filled)
