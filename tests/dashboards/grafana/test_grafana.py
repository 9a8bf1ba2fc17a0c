"""Grafana's dashboards and alerts, checked without a Grafana: their form, and every statement on the real engine."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from itertools import combinations
from typing import Any

import pytest
import yaml
from clickhouse_connect.driver.client import Client
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from contract.ratings.reasons import severe_reasons
from dashboards.grafana.files import FOLDER, every_file
from dashboards.grafana.query import PLUGIN, SERIES, TABLE
from runtime.settings import Settings
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.day import working_day
from tests.grafana_macros import Range, in_the_browser, on_the_server
from tests.support import event, own_store, put, rating, unit

DAY = date(2026, 3, 13)
FILES = every_file()
BOARDS = {name: json.loads(text) for name, text in FILES.items() if name.endswith(".json")}
RULES = yaml.safe_load(FILES["provisioning/alerting/rules.yaml"])["groups"][0]["rules"]
NASTY = "H26.O'Hare"
A_DAY = Range(
    *(round(datetime.combine(DAY, datetime.min.time(), UTC).timestamp() * 1000) + h * 3_600_000 for h in (0, 12))
)
A_MONTH = Range(A_DAY.from_ms - 30 * 86_400_000, A_DAY.to_ms, 3_600_000)
MOST_PANELS = 12
KNOWN_UNITS = {value for name, value in vars(units).items() if not name.startswith("_")}


def statements() -> Iterator[tuple[str, str, int]]:
    """Every statement of every dashboard in its first language: where it stands, its text, its form."""
    for name, board in BOARDS.items():
        if "/en/" in name:
            continue
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield f"{board['uid']} {panel['title']}", target["rawSql"], target["format"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{board['uid']} ${variable['name']}", variable["query"]["rawSql"], TABLE
        for annotation in board["annotations"]["list"]:
            yield f"{board['uid']} {annotation['name']}", annotation["target"]["rawSql"], TABLE


STATEMENTS = {where: (sql, form) for where, sql, form in statements()}


def test_the_files_are_the_ones_that_the_code_makes() -> None:
    written = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*.*")}
    assert written == FILES, "run `hailong grafana write`"


@pytest.mark.parametrize("name", BOARDS)
def test_the_sdk_knows_every_key_of_a_board(name: str) -> None:
    again = json.loads(json.dumps(Dashboard.from_json(BOARDS[name]), cls=JSONEncoder))
    for part in (*again["links"], *again["annotations"]["list"]):
        part.pop("placement", None)
    assert again == BOARDS[name]


@pytest.mark.parametrize("name", BOARDS)
def test_a_board_is_sound(name: str) -> None:
    board = BOARDS[name]
    panels = board["panels"]
    assert board["schemaVersion"] == 42
    assert len(board["uid"]) <= 40
    assert board["editable"] is False
    assert board["title"]
    assert board["description"]
    assert board["refresh"] == "1m"
    assert len(panels) <= MOST_PANELS
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        refs = [target["refId"] for target in panel.get("targets", [])]
        assert len(set(refs)) == len(refs)
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    statements = json.dumps(panels) + json.dumps(board["annotations"])
    for variable in board["templating"]["list"]:
        assert f"${{{variable['name']}" in statements or name.endswith("pipeline.json"), (
            f"{variable['name']} is not used"
        )


@pytest.mark.parametrize("panel", [panel for board in BOARDS.values() for panel in board["panels"]])
def test_a_panel_says_what_it_shows_and_shows_nothing_as_a_dash(panel: dict[str, Any]) -> None:
    assert "$GF_" not in json.dumps(panel)
    if panel["type"] == "text":
        return
    defaults = panel["fieldConfig"]["defaults"]
    assert panel["title"]
    assert panel["description"]
    assert defaults["noValue"] == "—"
    assert defaults["unit"] in KNOWN_UNITS
    assert panel["datasource"] == {"type": PLUGIN, "uid": "${datasource}"}
    assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
    steps = defaults.get("thresholds", {}).get("steps", [{"value": None}])
    values = [step["value"] for step in steps]
    assert values[0] is None
    assert values[1:] == sorted(values[1:])


def test_links_lead_to_boards_that_exist_with_variables_that_they_have() -> None:
    by_uid = {board["uid"]: board for board in BOARDS.values()}
    linked = re.findall(r"/d/([\w-]+)\?([^\"]*)", json.dumps(list(BOARDS.values())))
    assert linked
    for uid, query in linked:
        variables = {variable["name"] for variable in by_uid[uid]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= variables
        assert "${__url_time_range}" in query


@pytest.mark.parametrize("where", STATEMENTS)
def test_a_statement_takes_variables_escaped_and_has_a_time(where: str) -> None:
    sql, form = STATEMENTS[where]
    assert not re.search(r"\$(?!__)\w|\$\{\w+\}", sql), "a variable without :singlequote"
    assert set(re.findall(r"\$\{\w+:(\w+)\}", sql)) <= {"singlequote"}
    assert not re.search(r"\$__(?!fromTime_ms|toTime_ms|fromTime\b|toTime\b)", sql)
    assert "{" not in re.sub(r"\$\{\w+:\w+\}", "", sql), "a parameter that nobody puts in"
    if form == SERIES:
        assert re.search(r"ORDER BY time\b", sql)


@pytest.fixture(scope="module", params=["filled", "empty", "one answer only"])
def filled(request: pytest.FixtureRequest, engine: Settings) -> Iterator[tuple[str, Client]]:
    at = f"{DAY}T09:00:00+07:00"
    with own_store(engine, "boards") as store:
        if request.param == "filled":
            put(store, [*read(None).events, unit(NASTY, "H26", name_vi="Điểm O'Hare", name_en="O'Hare")])
            put(store, list(working_day(hanoi(), DAY, 41, 0.01)))
            cares = {"unit": "H26.66.01", "by": "Chị Lan", "comment": "mở thêm quầy"}
            put(store, [event("alert.acknowledged", "SAT_CSAT", at, **cares)])
            values = {"counter": "Quầy 'số' 1", "reasons": [severe_reasons()[0]]}
            put(store, [rating(NASTY, at, 1, f"n{n}", **values) for n in range(12)])
        elif request.param == "one answer only":
            put(store, [unit("H26", level="city"), unit(NASTY, "H26"), rating(NASTY, at)])
        yield request.param, store


TIMES = re.compile(r"(Nullable\()?(DateTime|Date)")
NUMBERS = re.compile(r"(Nullable\()?(U?Int|Float)")


@pytest.mark.parametrize("seen", [A_DAY, A_MONTH], ids=["a day", "a month"])
@pytest.mark.parametrize("chosen", ["H26", NASTY], ids=["all", "nasty"])
def test_every_statement_gives_what_its_form_asks_for(filled: tuple[str, Client], seen: Range, chosen: str) -> None:
    without_rows = []
    for where, (sql, form) in STATEMENTS.items():
        expanded = on_the_server(in_the_browser(sql, {"unit": chosen}, seen), seen)
        assert "$" not in expanded, where
        result = filled[1].query(expanded)
        if form == SERIES:
            columns, kinds = columns_of(filled[1], expanded)
            times = [row[0] for row in result.result_rows]
            assert columns[0] == "time", where
            assert TIMES.match(kinds[0]), where
            assert kinds[1:], where
            assert all(NUMBERS.match(kind) for kind in kinds[1:]), where
            assert times == sorted(times), where
        assert not any(str(value) == "nan" for row in result.result_rows for value in row), where
        if not result.result_rows:
            without_rows.append(where)
    if filled[0] == "filled" and chosen == "H26":
        annotations = ("Mục tiêu có hiệu lực", "Bộ chỉ số thay đổi")
        assert all(where.endswith(annotations) for where in without_rows), without_rows


def test_who_took_care_and_which_rules_changed_are_annotations(filled: tuple[str, Client]) -> None:
    def annotations_named(name: str, seen: Range, unit: str = "H26") -> list[Any]:
        sql, _ = STATEMENTS[f"hailong-unit-vi {name}"]
        expanded = on_the_server(in_the_browser(sql, {"unit": unit}, seen), seen)
        return [tuple(row) for row in filled[1].query(expanded).result_rows]

    taken = [row[1:] for row in annotations_named("Đã nhận xử lý", A_DAY)]
    assert taken == ([("H26.66.01, SAT_CSAT: Chị Lan – mở thêm quầy", ["SAT_CSAT"])] if filled[0] == "filled" else [])
    assert annotations_named("Đã nhận xử lý", A_DAY, NASTY) == []
    of_2022 = Range(*(round(datetime(2022, month, 1, tzinfo=UTC).timestamp() * 1000) for month in (7, 9)))
    changes = [row[1:] for row in annotations_named("Bộ chỉ số thay đổi", of_2022)]
    assert ("Bộ chỉ số 766 có hiệu lực", ["qd766"]) in changes
    assert annotations_named("Bộ chỉ số thay đổi", A_DAY) == []


def columns_of(store: Client, sql: str) -> tuple[list[str], list[str]]:
    """Names and types of a statement's columns, which a result without rows does not tell."""
    rows = store.query(f"DESCRIBE TABLE ({sql})").result_rows
    return [str(row[0]) for row in rows], [str(row[1]) for row in rows]


def alerted(store: Client, rule: dict[str, Any], now: datetime) -> dict[str, float]:
    """The label ``name`` or first label of each instance that would fire, with its number."""
    query, threshold = (part["model"] for part in rule["data"])
    now_ms = round(now.timestamp() * 1000)
    seen = Range(now_ms - rule["data"][0]["relativeTimeRange"]["from"] * 1000, now_ms)
    expanded = on_the_server(query["rawSql"], seen)
    result, (_, kinds) = store.query(expanded), columns_of(store, expanded)
    assert sum(bool(NUMBERS.match(kind)) for kind in kinds) == 1, "an alert has one number"
    assert all("String" in kind for kind in kinds if not NUMBERS.match(kind)), "and otherwise texts"
    assert not any(kind.startswith("Nullable(F") for kind in kinds)
    evaluator = threshold["conditions"][0]["evaluator"]
    limit = evaluator["params"][0]
    numbers = {row[0]: row[-1] for row in result.result_rows}
    return {name: n for name, n in numbers.items() if (n < limit if evaluator["type"] == "lt" else n > limit)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["uid"])
def test_a_rule_fires_for_what_is_bad_beyond_doubt_and_for_nothing_else(
    filled: tuple[str, Client], rule: dict[str, Any]
) -> None:
    kind, store = filled
    at_ten = datetime.combine(DAY, datetime.min.time(), UTC) + timedelta(hours=3, minutes=5)
    fires = alerted(store, rule, at_ten)
    if kind != "filled":
        assert fires == {}
    elif rule["uid"] == "hailong-sat_csat":
        assert NASTY in fires
        assert fires[NASTY] < 30
    elif rule["uid"] == "hailong-silence":
        assert fires == {}
        assert alerted(store, rule, at_ten + timedelta(days=3)) == {"VN-HN": 0}
        assert alerted(store, rule, at_ten + timedelta(days=3, hours=12)) == {}


def test_rules_have_lasting_names_and_point_at_panels_that_exist() -> None:
    uids = ["hailong-sat_csat", "hailong-ops_wait_avg", "hailong-tim_overdue_rate", "hailong-silence"]
    assert [rule["uid"] for rule in RULES] == uids
    boards = {board["uid"]: {panel["id"]: panel for panel in board["panels"]} for board in BOARDS.values()}
    for rule in RULES:
        assert "$" not in json.dumps(rule["labels"]), "Grafana would expand it"
        assert not re.search(r"\$\{", json.dumps(rule["annotations"]))
        assert rule["data"][0]["model"]["intervalMs"] >= 1000
        if "panelId" in rule:
            panel = boards[rule["dashboardUid"]][rule["panelId"]]
            assert rule["labels"]["indicator"] in json.dumps(panel["targets"])


def test_the_compose_file_gives_grafana_these_files_and_this_plugin() -> None:
    compose = yaml.safe_load(files("dashboards").joinpath("../docker-compose.yml").read_text())
    grafana = compose["services"]["grafana"]
    assert f"{PLUGIN}@4.20.0" in grafana["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]
    assert "./dashboards/grafana/files/provisioning:/etc/grafana/provisioning:ro" in grafana["volumes"]
    assert "./dashboards/grafana/files/boards:/etc/hailong/boards:ro" in grafana["volumes"]
