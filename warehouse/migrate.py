"""Numbered SQL files, applied once each, in order.

Keys that a file writes to ``touched`` under its ``{batch:UInt64}`` are recomputed by today's rules before it is
recorded.

ClickHouse has no transactional DDL: every statement is repeatable, and a file is recorded only after all of it
succeeded, so a crash in the middle costs a repetition.
"""

from __future__ import annotations

from importlib.resources import files

from clickhouse_connect.driver.client import Client

from warehouse.write.store import new_batch, recompute, touched_kinds

RECORD = """
CREATE TABLE IF NOT EXISTS {database}.migrations (name String, applied_at DateTime DEFAULT now())
ENGINE = ReplacingMergeTree ORDER BY name
"""


def migrations() -> list[tuple[str, list[str]]]:
    """Every migration's name and statements, in order."""
    folder = files("warehouse").joinpath("migrations")
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(name, _statements(folder.joinpath(name).read_text())) for name in names]


def migrate(client: Client, database: str) -> list[str]:
    """Brings ``database`` up to date; the names of the files applied now."""
    client.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    client.command(RECORD.format(database=database))
    done = {row[0] for row in client.query(f"SELECT name FROM {database}.migrations").result_rows}  # noqa: S608 ours
    client.database = database
    fresh = [(name, statements) for name, statements in migrations() if name not in done]
    batch = new_batch()
    for _, statements in fresh:
        for statement in statements:
            client.command(statement, parameters={"batch": batch} if "{batch:UInt64}" in statement else None)
    # Only now: the statements of a recomputation need the tables of the last file.
    if kinds := touched_kinds(client, [batch]):
        recompute(client, [batch], kinds)
    applied = [name for name, _ in fresh]
    if applied:
        client.insert("migrations", [[name] for name in applied], column_names=["name"])
    return applied


def _statements(text: str) -> list[str]:
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip().rstrip(";")]
