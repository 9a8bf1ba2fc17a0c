"""Where the running local stack listens and with which key, so that a sender needs no settings beside it."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from runtime.settings import Settings


class EndpointsError(Exception):
    """``endpoints.json`` is there but cannot be read; the text names the file and the fault."""


class Endpoints(BaseModel):
    """What ``hailong up`` writes to ``<state_dir>/endpoints.json``; the fields that senders use."""

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
        found = Endpoints.model_validate(json.loads(text))
    except (ValueError, ValidationError) as fault:
        raise EndpointsError(f"{path}: {fault}") from fault
    filled: dict[str, object] = {}
    if found.ingest and "ingest_url" not in settings.model_fields_set:
        filled["ingest_url"] = found.ingest.rstrip("/")
    if found.api and "api_url" not in settings.model_fields_set:
        filled["api_url"] = found.api.rstrip("/")
    if found.feedback and "feedback_url" not in settings.model_fields_set:
        filled["feedback_url"] = found.feedback.rstrip("/")
    if found.clickhouse and "clickhouse_url" not in settings.model_fields_set:
        filled["clickhouse_url"] = found.clickhouse.rstrip("/")
    if found.clickhouse_password and not settings.clickhouse_password.get_secret_value():
        filled["clickhouse_password"] = found.clickhouse_password
    if found.api_key and not settings.api_key.get_secret_value():
        filled["api_key"] = found.api_key
    return settings.model_copy(update=filled)
