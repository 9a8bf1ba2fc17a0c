"""What the local stack remembers in its state folder: its environment, its key and its addresses."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from runtime.private_file import write_private
from runtime.settings import Settings
from sources.reference.tablet_tokens import TabletTokens

STACK = "stack.json"
# The first tablet of contract/reference/hanoi.
DEMO_DEVICE = "TAB-H26-66-01-1"


def in_force(
    settings: Settings, env: Mapping[str, str], alive: bool, *, keep: bool = True
) -> tuple[Settings, dict[str, str]]:
    """The settings and the whole environment of every process of the stack.

    While any of its processes is ``alive`` they are the ones it was started with; otherwise ``settings`` with the
    variables ``env`` on top, which are remembered when ``keep`` is true.
    """
    state_dir = settings.state_dir.resolve()
    kept = state_dir / STACK
    if alive and kept.exists():
        ours = json.loads(kept.read_text())
    else:
        ours = {**_variables(settings), **env}
        if keep:
            for name in ("api_key", "clickhouse_password"):
                variable = f"HAILONG_{name.upper()}"
                ours[variable] = ours[variable] or _secret(state_dir, name)
            write_private(kept, ours)
    # A stack started by an older version lacks the settings that are new since; these keep their defaults.
    names = {name: f"HAILONG_{name.upper()}" for name in Settings.model_fields}
    values = {name: ours[variable] for name, variable in names.items() if variable in ours}
    others = {name: value for name, value in os.environ.items() if not name.startswith("HAILONG_")}
    return Settings.model_validate(values), {**others, **ours}


def _variables(settings: Settings) -> dict[str, str]:
    values = settings.model_dump()
    values["state_dir"] = settings.state_dir.resolve()
    # A stack with a state folder of its own must not share its outbox with another one.
    own_outbox = settings.state_dir / "data" / "outbox.sqlite"
    values["outbox_path"] = (
        settings.outbox_path if "outbox_path" in settings.model_fields_set else own_outbox
    ).resolve()
    return {
        f"HAILONG_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
    }


def _secret(state_dir: Path, name: str) -> str:
    """A secret of this state folder, made once."""
    path = state_dir / "secret.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if name not in kept:
        kept[name] = secrets.token_urlsafe(32)
        write_private(path, kept)
    return kept[name]


def write_endpoints(settings: Settings) -> None:
    """Write ``endpoints.json``: the addresses of the stack, its key and the token that one tablet is paired with.

    ``hailong reference load`` pairs the tablet with this token.
    """
    api_key = settings.api_key.get_secret_value()
    endpoints = {
        "ingest": settings.ingest_url,
        "api": settings.api_url,
        "dashboards": settings.dashboards_url,
        "feedback": settings.feedback_url,
        "clickhouse": settings.clickhouse_url,
        "clickhouse_password": settings.clickhouse_password.get_secret_value(),
        "kafka": settings.kafka,
        "api_key": api_key,
        "device_token": TabletTokens(settings.state_dir).given_to(DEMO_DEVICE),
    }
    write_private(settings.state_dir / "endpoints.json", endpoints)


def forget(state_dir: Path) -> None:
    """Removes the description of a running stack; its key and its data stay."""
    for name in (STACK, "endpoints.json"):
        (state_dir / name).unlink(missing_ok=True)
