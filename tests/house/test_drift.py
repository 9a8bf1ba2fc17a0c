"""What is written in two places says the same in both, and what the code keeps away from it keeps away from."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from typer.main import get_command

from commands.main import app
from contract.events.envelope import EVENT_DATA
from contract.events.refusals import Reason
from docs.tables import DOCUMENTS, REFUSALS, TABLES, table_names, with_tables
from runtime.settings import Settings
from tests.source_code import ROOT, listed_files, parse

MAY_IMPORT = {
    "contract": set[str](),
    "runtime": {"contract"},
    "warehouse": {"contract", "runtime"},
    "ingest": {"contract", "runtime"},
    "feedback_app": {"contract", "runtime"},
    "sources": {"contract", "runtime"},
    "stream": {"contract", "runtime", "warehouse"},
    "dashboards": {"contract", "runtime", "warehouse"},
    "local": {"contract", "runtime", "sources"},
    "commands": {
        *(
            "contract",
            "runtime",
            "warehouse",
            "ingest",
            "feedback_app",
            "sources",
            "stream",
            "dashboards",
            "local",
            "bench",
        )
    },
}

MAY_NOT_IMPORT = {
    "dashboards/pages": {"warehouse", "dashboards.api", "dashboards.reports", "dashboards.grafana"},
    "dashboards/texts": {"warehouse", "dashboards.api", "dashboards.pages", "dashboards.reports", "dashboards.grafana"},
    "dashboards/answers": {
        *("warehouse", "runtime", "fastapi", "streamlit"),
        *("dashboards.api", "dashboards.pages", "dashboards.texts", "dashboards.reports", "dashboards.grafana"),
    },
    "dashboards/api": {"dashboards.pages", "dashboards.reports", "dashboards.grafana", "streamlit"},
    "dashboards/grafana": {"dashboards.pages", "dashboards.reports"},
    "dashboards/reports": {"warehouse", "dashboards.api", "dashboards.pages", "dashboards.grafana"},
    "warehouse/read": {"warehouse.write", "warehouse.verify", "warehouse.grafana_sql"},
    "warehouse/verify": {"warehouse.write", "warehouse.grafana_sql"},
    "warehouse/write": {"warehouse.read", "warehouse.verify", "warehouse.grafana_sql"},
    "sources/files": {"sources.importing", "sources.reference", "sources.simulation"},
    "sources/mapping": {"sources.importing", "sources.reference", "sources.simulation"},
    "sources/compiled": {"sources.importing", "sources.reference", "sources.simulation"},
    "sources/simulation": {"sources.importing", "sources.files", "sources.mapping"},
    "contract/events": {"contract.indicators", "contract.reference"},
    "contract/indicators": {"contract.reference"},
    "ingest/outbox": {"ingest.http", "ingest.admission", "ingest.process"},
    "ingest/masking": {"ingest.admission", "ingest.outbox", "ingest.http"},
}
"""Rooms of a stage: what the files of a folder leave alone."""

FLAT_FILES = 15
"""As many files of one kind may stand side by side in a folder; more are a folder in disguise."""

MAY_HOLD_SQL = ("warehouse/", "ingest/outbox", "tests/", "bench/")
SQL = re.compile(r"\b(SELECT\s+[\w*'(]|INSERT\s+INTO\s|ALTER\s+TABLE\s|CREATE\s+TABLE\s)")
MACHINE_PATH = re.compile(r"(?<![\w.])/(home|root|work|Users|tmp)/\w")
TEXT_FILES = {".py", ".js", ".css", ".html", ".sql", ".md", ".yaml", ".yml", ".toml", ".csv", ".svg", ".xml", ""}
LANGUAGES = {"vi", "en"}
MAY_BE_EMPTY = {
    *("standings.ok", "states.none"),
    *("numbers.before_percent", "service_point.before", "service_point.after"),
}
"""Texts of which some languages have nothing."""


def _files(suffix: str = "") -> list[Path]:
    return [ROOT / name for name in listed_files() if name.endswith(suffix)]


def _place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imports(path: Path) -> Iterator[str]:
    """Everything that a file imports, by its whole name."""
    for node in ast.walk(parse(_place(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_place(path)}:{node.lineno}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _forbidden_imports(folder: str, forbidden: Iterable[str]) -> list[str]:
    return [
        f"{_place(path)} imports {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name in _imports(path)
        for other in forbidden
        if name == other or name.startswith(f"{other}.")
    ]


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def _ours() -> dict[str, Any]:
    return {name: service for name, service in _compose()["services"].items() if "build" in service}


def _pinned() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return {_normal(name): version for name, _, version in (line.partition("==") for line in lines) if version}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("stage", MAY_IMPORT)
def test_a_stage_imports_only_what_it_may(stage: str) -> None:
    assert not _forbidden_imports(stage, MAY_IMPORT.keys() - MAY_IMPORT[stage] - {stage})


@pytest.mark.parametrize("folder", MAY_NOT_IMPORT)
def test_a_room_imports_nothing_that_stands_above_or_beside_it(folder: str) -> None:
    assert not _forbidden_imports(folder, MAY_NOT_IMPORT[folder])


def test_no_folder_holds_more_files_than_one_looks_over() -> None:
    counted = Counter(path.parent for path in _files(".py") if path.name != "__init__.py")
    assert {_place(folder): n for folder, n in counted.items() if n > FLAT_FILES} == {}


def test_every_stage_is_packed_checked_and_in_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    image = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == MAY_IMPORT.keys()
    assert set(project["tool"]["mypy"]["files"]) >= MAY_IMPORT.keys() | {"tests"}
    assert {f"!{stage}" for stage in MAY_IMPORT} <= set(image)


@pytest.mark.parametrize("path", DOCUMENTS, ids=_place)
def test_tables_in_documents_are_those_of_the_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text == with_tables(text), "run `make tables`"


def test_every_table_stands_in_one_document() -> None:
    named = [name for path in DOCUMENTS for name in table_names(path.read_text(encoding="utf-8"))]
    assert sorted(named) == sorted(TABLES)


def test_every_refusal_reason_is_explained() -> None:
    assert REFUSALS.keys() == set(Reason)


def test_every_event_type_and_every_reason_has_an_example() -> None:
    lines = (ROOT / "contract" / "events" / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    examples = [json.loads(line) for line in lines]
    accepted = {example["event"]["type"] for example in examples if example["outcome"] == "accepted"}
    assert accepted == EVENT_DATA.keys()
    # A line that ingest fails on is a fault that nobody knows yet.
    assert {example["outcome"] for example in examples} == {"accepted", *Reason} - {Reason.NOT_JUDGED}


def test_every_setting_and_command_is_described() -> None:
    commands = get_command(app)
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    assert [name for name, command in commands.commands.items() if not command.help] == []  # type: ignore[attr-defined]


def test_images_are_pinned_and_of_the_versions_used_here() -> None:
    images = {name: service["image"] for name, service in _compose()["services"].items()}
    assert [image for image in images.values() if not re.search(r":\d+(\.\d+)+", image)] == []
    kafka = re.search(r"<kafka.version>(.+?)<", (ROOT / "local" / "pom.xml").read_text(encoding="utf-8"))
    assert images["kafka"].partition(":")[2] == (kafka[1] if kafka else None)
    assert images["clickhouse"].partition(":")[2] == _pinned()["chdb-core"].rpartition(".")[0]


def test_services_run_commands_that_exist() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {name: service["command"] for name, service in _ours().items()} == {
        name: [name] for name in ("migrate", "ingest", "stream", "feedback", "dashboards")
    }
    assert _ours().keys() <= commands.keys()


def test_services_are_set_by_settings_that_exist() -> None:
    known = {f"HAILONG_{name.upper()}" for name in Settings.model_fields}
    used = {variable for service in _ours().values() for variable in service["environment"]}
    image = set(re.findall(r"\bHAILONG_\w+", (ROOT / "Dockerfile").read_text(encoding="utf-8")))
    assert used | image <= known


def test_published_ports_are_the_default_ones_and_on_the_loopback() -> None:
    defaults = {str(getattr(Settings(), name)).rpartition(":")[2] for name in Settings.model_fields if "_url" in name}
    published = [port for service in _ours().values() for port in service.get("ports", [])]
    assert published
    for port in published:
        place, outside, inside = re.fullmatch(r"\$\{PUBLISH_ON:-([\d.]+)\}:(\d+):(\d+)", port).groups()  # type: ignore[union-attr]
        assert (place, outside) == ("127.0.0.1", inside)
        assert inside in defaults


def test_variables_named_in_documents_exist() -> None:
    # The one variable of the tests themselves asks for their long variants.
    known = {f"HAILONG_{name.upper()}" for name in Settings.model_fields} | {"HAILONG_FAULTS"}
    for path in _files(".md"):
        named = set(re.findall(r"\bHAILONG_[A-Z_]*[A-Z]\b", path.read_text(encoding="utf-8")))
        assert named <= known, _place(path)


def test_links_between_documents_lead_somewhere() -> None:
    for path in _files(".md"):
        for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{_place(path)}: {target}"


def test_the_lock_has_every_dependency_in_an_allowed_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    pinned = _pinned()
    for requirement in map(Requirement, wanted):
        assert Version(pinned[_normal(requirement.name)]) in requirement.specifier, f"{requirement}: run `make lock`"


@pytest.mark.parametrize("folder", ["dashboards", "feedback_app"])
def test_no_file_beside_a_streamlit_page_hides_a_library(folder: str) -> None:
    libraries = packages_distributions().keys() | sys.stdlib_module_names
    assert [path.name for path in (ROOT / folder).glob("*.py") if path.stem in libraries] == []


@pytest.mark.parametrize("home", ["feedback_app/texts", "dashboards/texts"])
def test_every_text_is_there_in_vietnamese_and_english(home: str) -> None:
    parts = {path.name for path in (ROOT / home).glob("*/*.yaml")}
    assert parts
    for part in parts:
        texts = {
            language: yaml.safe_load((ROOT / home / language / part).read_text(encoding="utf-8"))
            for language in LANGUAGES
        }
        assert _keys(texts["vi"]) == _keys(texts["en"])
        assert {key for each in texts.values() for key in _empty(each)} <= MAY_BE_EMPTY


def _keys(texts: dict[str, Any], prefix: str = "") -> set[str]:
    return {
        key
        for name, value in texts.items()
        for key in (_keys(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}"})
    }


def _empty(texts: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in texts.items():
        if isinstance(value, dict):
            yield from _empty(value, f"{prefix}{name}.")
        elif not value:
            yield f"{prefix}{name}"


def test_sql_is_written_in_the_warehouse_only() -> None:
    wrong = [
        f"{_place(path)}: {match[0]}"
        for path in _files(".py")
        if not _place(path).startswith(MAY_HOLD_SQL)
        for text in _strings(path)
        if (match := SQL.search(text)) and text.strip() != "SELECT 1"
    ]
    assert not wrong


def _strings(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_file_speaks_of_one_machine() -> None:
    wrong = [
        f"{_place(path)}:{number}: {line.strip()}"
        for path in _files()
        if path.suffix in TEXT_FILES and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not wrong


@pytest.mark.parametrize("content", [b"made at 08:58", b"made at 08:59"])
def test_bytes_are_no_part_of_the_name_of_a_test(request: pytest.FixtureRequest, content: bytes) -> None:
    assert content.decode() not in request.node.name
