"""Grafana's alert rules, as a provisioning file and for its API: figures surely beyond their targets, and silence.

A rule's uid never changes, because Grafana cannot reliably delete a rule that came from a file; retire one with
``isPaused``. Grafana expands ``$…`` in labels of such files; labels here have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contract.indicators.catalogue import catalogue
from contract.indicators.verdict import WATCHED
from dashboards.grafana.panels import JUST_BEYOND, language_of_units, target_of
from dashboards.grafana.query import PLUGIN, PLUGIN_VERSION, QUERY_TYPES, TABLE
from dashboards.texts.by_language import Texts
from warehouse.grafana_sql import figures as figure_statements
from warehouse.grafana_sql import statements
from warehouse.grafana_sql.statements import Members

GROUP = "hailong"
EVERY_S = 60
SOURCE_UID = "clickhouse"
LOOKS = {"SAT_CSAT": (8 * 3600, 2), "OPS_WAIT_AVG": (3600, 3), "TIM_OVERDUE_RATE": (7 * 86_400, 5)}
"""For each watched indicator the seconds looked back, and the panel of the first board that shows it."""


def rules(languages: Sequence[Texts]) -> list[dict[str, Any]]:
    """The fields that file and API have in common; titles in the first language, summaries in each."""
    first = languages[0]
    looks = [(name, LOOKS[name]) for name in WATCHED]
    watched = [_indicator_rule(name, back_s, panel, languages) for name, (back_s, panel) in looks]
    return [
        *watched,
        _rule(
            "hailong-silence",
            first("alerts.silence"),
            statements.silence(),
            3600,
            {"type": "lt", "params": [1]},
            _summaries("silence", languages),
            {"severity": "critical"},
        ),
    ]


def as_file(languages: Sequence[Texts]) -> dict[str, Any]:
    """The provisioning file."""
    group = {
        "orgId": 1,
        "name": GROUP,
        "folder": languages[0]("folder"),
        "interval": f"{EVERY_S}s",
        "rules": [{**rule, "for": f"{rule['for']}s"} for rule in rules(languages)],
    }
    return {"apiVersion": 1, "groups": [group]}


def as_api(languages: Sequence[Texts], folder_uid: str) -> dict[str, Any]:
    """The rule group as ``PUT /api/v1/provisioning/folder/…/rule-groups/…`` takes it."""
    own = {"orgID": 1, "folderUID": folder_uid, "ruleGroup": GROUP}
    sent = [{**rule, "for": f"{rule['for']}s", **own} for rule in rules(languages)]
    return {"title": GROUP, "folderUid": folder_uid, "interval": EVERY_S, "rules": sent}


def _indicator_rule(name: str, back_s: int, panel: int, languages: Sequence[Texts]) -> dict[str, Any]:
    indicator = catalogue().indicators[name]
    target = target_of(indicator)
    if target is None:
        raise ValueError(f"{name} has no target that an alert could watch")
    missed = {"type": "lt", "params": [target.value]}
    if target.op == "<=":
        missed = {"type": "gt", "params": [target.value + JUST_BEYOND]}
    first = languages[0]
    sql = figure_statements.beyond_doubt(indicator, Members.of_level("service_point"), language_of_units(first))
    shown = {"dashboardUid": f"hailong-now-{first.language}", "panelId": panel}
    severity = {"severity": "warning", "indicator": name}
    title, summaries = first(f"alerts.{name}"), _summaries(name, languages)
    return {**_rule(f"hailong-{name.lower()}", title, sql, back_s, missed, summaries, severity), **shown}


def _summaries(name: str, languages: Sequence[Texts]) -> dict[str, str]:
    first, *others = (f"alerts.{name}_summary",) * len(languages)
    return {"summary": languages[0](first)} | {
        f"summary_{texts.language}": texts(key) for texts, key in zip(languages[1:], others, strict=True)
    }


def _rule(
    uid: str,
    title: str,
    sql: str,
    back_s: int,
    evaluator: dict[str, Any],
    annotations: dict[str, str],
    labels: dict[str, str],
) -> dict[str, Any]:
    query = {
        "refId": "A",
        "datasource": {"type": PLUGIN, "uid": SOURCE_UID},
        "editorType": "sql",
        "queryType": QUERY_TYPES[TABLE],
        "format": TABLE,
        "pluginVersion": PLUGIN_VERSION,
        "intervalMs": EVERY_S * 1000,
        "maxDataPoints": 1000,
        "rawSql": sql,
    }
    threshold = {
        "refId": "C",
        "type": "threshold",
        "datasource": {"type": "__expr__", "uid": "__expr__"},
        "expression": "A",
        "conditions": [{"evaluator": evaluator}],
    }
    return {
        "uid": uid,
        "title": title,
        "condition": "C",
        "for": 600,
        "noDataState": "OK",
        "execErrState": "Error",
        "isPaused": False,
        "annotations": annotations,
        "labels": labels | {"product": "hailong"},
        "data": [
            {
                "refId": "A",
                "datasourceUid": SOURCE_UID,
                "relativeTimeRange": {"from": back_s, "to": 0},
                "model": query,
            },
            {
                "refId": "C",
                "datasourceUid": "__expr__",
                "relativeTimeRange": {"from": back_s, "to": 0},
                "model": threshold,
            },
        ],
    }
