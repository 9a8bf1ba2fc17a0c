"""What Grafana reads at its start: dashboards, data source, alert rules; written by ``hailong grafana write``."""

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
    """A dashboard as Grafana stores it (classic form, which files and the API both take)."""
    told: dict[str, Any] = json.loads(json.dumps(board(name, texts), cls=JSONEncoder))
    # The SDK moves links and annotations into a menu, out of sight.
    for part in (*told["links"], *told["annotations"]["list"]):
        del part["placement"]
    return told


def folder_uid(texts: Texts) -> str:
    """Of the folder of one language's dashboards."""
    return f"hailong-{texts.language}"


def data_source() -> dict[str, Any]:
    """The store as Grafana reads it, by a user that may read and nothing else."""
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
    found = {
        "provisioning/dashboards/hailong.yaml": _yaml({"apiVersion": 1, "providers": providers}),
        "provisioning/datasources/clickhouse.yaml": _yaml({"apiVersion": 1, "datasources": [data_source()]}),
        "provisioning/alerting/rules.yaml": _yaml(alerts.as_file(every_texts)),
    }
    for texts in every_texts:
        for name in BOARDS:
            told = json.dumps(dashboard_json(name, texts), sort_keys=True, indent=1, ensure_ascii=False)
            found[f"boards/{texts.language}/{name}.json"] = told + "\n"
    return found


def write(folder: Path = FOLDER) -> list[Path]:
    """Writes every file; those it wrote."""
    written = []
    for name, text in every_file().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


class _Literal(yaml.SafeDumper):
    """Texts of several lines as they stand."""


_Literal.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None),
)


def _yaml(told: dict[str, Any]) -> str:
    head = "# Made by `hailong grafana write`; change the Python beside it, not this file.\n"
    return head + yaml.dump(told, Dumper=_Literal, sort_keys=False, allow_unicode=True, width=120)
