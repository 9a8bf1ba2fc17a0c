"""The whole schema in one file, as the migrations make it: ``python -m warehouse.schema`` writes schema.sql.

It needs a running ClickHouse (``HAILONG_CLICKHOUSE_URL``), in which it migrates a database of its own and drops it
again. A migration that is not yet in migrations/checksums.txt gets its line there; the other lines stay, for a released
migration is never edited.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from clickhouse_connect.driver.client import Client

from runtime.console import read_settings
from warehouse.client import connect
from warehouse.migrate import migrate

FOLDER = Path(__file__).parent
SCHEMA = FOLDER / "schema.sql"
MIGRATIONS = FOLDER / "migrations"
CHECKSUMS = MIGRATIONS / "checksums.txt"
SCRATCH_DATABASE = "hailong_schema"

HEAD = """\
-- All tables and views as the migrations leave them, by name. Written by `python -m warehouse.schema`; a test compares
-- it with a migrated database. To change a table, add a migration.
"""
# Inner tables of the engine have names with dots.
_CREATED = """
SELECT name, formatQuery(create_table_query)
FROM system.tables
WHERE database = currentDatabase() AND name NOT LIKE '.%'
ORDER BY name
"""


def read_schema(client: Client) -> str:
    """The statements that make each table and view of the client's database, by name."""
    qualifier = f"{client.database}."
    statements = (query.replace(qualifier, "") for _, query in client.query(_CREATED).result_rows)
    return "\n".join([HEAD, *(f"{statement};\n" for statement in statements)])


def checksums() -> dict[str, str]:
    """The SHA-256 of each migration's file, by its name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(MIGRATIONS.glob("*.sql"))}


def listed_checksums() -> dict[str, str]:
    """The same as they are listed in migrations/checksums.txt."""
    lines = (line.split() for line in CHECKSUMS.read_text(encoding="utf-8").splitlines())
    return {name: digest for digest, name in lines}


def main() -> None:
    """Writes both files."""
    client = connect(read_settings(), database="default")
    client.command(f"DROP DATABASE IF EXISTS {SCRATCH_DATABASE}")
    migrate(client, SCRATCH_DATABASE)
    SCHEMA.write_text(read_schema(client), encoding="utf-8")
    client.command(f"DROP DATABASE {SCRATCH_DATABASE}")
    lines = (f"{digest}  {name}\n" for name, digest in sorted((checksums() | listed_checksums()).items()))
    CHECKSUMS.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
