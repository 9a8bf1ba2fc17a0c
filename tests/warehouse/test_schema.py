"""The schema in one file is the one that the migrations make, and released migrations stay as they are."""

from __future__ import annotations

from clickhouse_connect.driver.client import Client

from warehouse.migrate import migrations
from warehouse.schema import SCHEMA, checksums, listed_checksums, read_schema


def test_the_schema_file_is_what_the_migrations_make(store: Client) -> None:
    assert read_schema(store) == SCHEMA.read_text(encoding="utf-8"), "python -m warehouse.schema writes it"


def test_released_migrations_are_frozen() -> None:
    """A change of a table is a new file with a new line in checksums.txt."""
    assert checksums() == listed_checksums()
    assert [name for name, _ in migrations()] == list(listed_checksums())
