"""The files that Grafana reads at its start (dashboards, data source, alert rules); ``hailong grafana write``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards.grafana import alerts
from dashboards.grafana.boards import BOARDS, board
from dashboards.grafana.query import PLUGIN
from dashboards.texts.by_language import Texts, languages, texts_in

FOLDER = Path(__file__).parent / "files"
MOUNTED_AT = "/etc/hailong/boards"


def every_language() -> list[Texts]:
    """The texts in each language, the first language first; ValueError names those that one of them lacks."""
    return [texts_in(language, "grafana") for language in languages()]


def dashboard_json(name: str, texts: Texts) -> dict[str, Any]:
    """A dashboard as Grafana stores it, in the classic format, which files and the API both take."""
    content: dict[str, Any] = json.loads(json.dumps(board(name, texts), cls=JSONEncoder))
    # The SDK moves links and annotations into a menu, out of sight.
    for part in (*content["links"], *content["annotations"]["list"]):
        del part["placement"]
    return content


def folder_uid(texts: Texts) -> str:
    """The uid of the folder of one language's dashboards."""
    return f"hailong-{texts.language}"


def data_source() -> dict[str, Any]:
    """The store as a data source; its user may only read."""
    return {
        "name": "ClickHouse",
        "uid": alerts.SOURCE_UID,
        "type": PLUGIN,
        "access": "proxy",
        "isDefault": True,
        "editable": False,
        "jsonData": {
            "host": "clickhouse",
            "port": 8123,
            "protocol": "http",
            "username": "grafana_reader",
            "defaultDatabase": "hailong",
        },
        "secureJsonData": {"password": "$GRAFANA_READER_PASSWORD"},
    }


def every_file() -> dict[str, str]:
    """Each file's text by its path below ``FOLDER``."""
    every_texts = every_language()
    provider = {
        "type": "file",
        "allowUiUpdates": False,
        "disableDeletion": False,
        "updateIntervalSeconds": 30,
    }
    providers = [
        {
            "name": folder_uid(texts),
            "folder": texts("folder"),
            "folderUid": folder_uid(texts),
            **provider,
            "options": {"path": f"{MOUNTED_AT}/{texts.language}"},
        }
        for texts in every_texts
    ]
    contents = {
        "provisioning/dashboards/hailong.yaml": _yaml({"apiVersion": 1, "providers": providers}),
        "provisioning/datasources/clickhouse.yaml": _yaml({"apiVersion": 1, "datasources": [data_source()]}),
        "provisioning/alerting/rules.yaml": _yaml(alerts.as_file(every_texts)),
    }
    for texts in every_texts:
        for name in BOARDS:
            content = json.dumps(dashboard_json(name, texts), sort_keys=True, indent=1, ensure_ascii=False)
            contents[f"boards/{texts.language}/{name}.json"] = content + "\n"
    return contents


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes every file; returns their paths."""
    paths = []
    for name, text in every_file().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


class _Literal(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


_Literal.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _yaml(content: dict[str, Any]) -> str:
    head = "# Made by `hailong grafana write`; change the Python beside it, not this file.\n"
    return head + yaml.dump(content, Dumper=_Literal, sort_keys=False, allow_unicode=True, width=120)
