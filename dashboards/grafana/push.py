"""Sends the dashboards and alert rules to a running Grafana; may be repeated, because everything has a fixed uid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException

from dashboards.grafana import alerts
from dashboards.grafana.boards import BOARDS
from dashboards.grafana.files import dashboard_json, every_language, folder_uid
from runtime.settings import Settings

TIMEOUT_S = 20.0
NOT_FOUND = 404


class GrafanaRefusedError(Exception):
    """Grafana refused an item; the message names the item and the reason."""


def push(settings: Settings) -> Iterator[str]:
    """Sends everything and yields the name of each item sent; raises GrafanaRefusedError.

    Grafana must have a data source with the uid ``clickhouse``. A dashboard or rule that somebody changed there is
    replaced; other dashboards and rules are left alone.
    """
    token = settings.grafana_token.get_secret_value() or None
    grafana = GrafanaApi.from_url(settings.grafana_url, token, timeout=TIMEOUT_S)
    languages = every_language()
    for texts in languages:
        folder = folder_uid(texts)
        yield _send(f"folder {texts('folder')}", _send_folder, grafana, folder, texts("folder"))
        for name in BOARDS:
            board = dashboard_json(name, texts)
            body = {"dashboard": board, "folderUid": folder, "overwrite": True, "message": "hailong grafana push"}
            yield _send(f"dashboard {board['title']}", grafana.dashboard.update_dashboard, body)
    folder = folder_uid(languages[0])
    rules, editable_there = alerts.as_api(languages, folder), True
    send = grafana.alertingprovisioning.update_rule_group
    yield _send("alert rules", send, folder, alerts.GROUP, rules, editable_there)


def _send(item: str, send: Callable[..., Any], *arguments: Any) -> str:
    try:
        send(*arguments)
    except (GrafanaException, OSError) as error:
        raise GrafanaRefusedError(f"{item}: {error}") from error
    return item


def _send_folder(grafana: GrafanaApi, uid: str, title: str) -> None:
    try:
        grafana.folder.get_folder(uid)
    except GrafanaClientError as error:
        if error.status_code != NOT_FOUND:
            raise
        grafana.folder.create_folder(title, uid)
    else:
        grafana.folder.update_folder(uid, title, overwrite=True)
