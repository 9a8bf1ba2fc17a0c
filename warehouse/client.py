"""The connection to ClickHouse, a server or the embedded engine alike."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.httputil import default_pool_manager

from runtime.addresses import uses_proxy
from runtime.settings import Settings

# An insert is answered when it is stored, and never dropped for resembling an earlier one: uniqueness is the
# tables' own business (a block's fingerprint can outlive the block after a crash).
INSERT_SETTINGS: dict[str, Any] = {
    "async_insert": 0,
    "deduplicate_insert": "disable",
    "max_partitions_per_insert_block": 1000,
}


# Rows of one key always lie in one partition: all keys hold the columns of the partition. Without this setting the
# engine searches every partition for rows of the same key (since 26.3), and each flush reads some of all history.
SELECT_SETTINGS: dict[str, Any] = {"do_not_merge_across_partitions_select_final": 1}


def connect(settings: Settings, database: str | None = None) -> Client:
    """A client; it keeps no session, so that threads may share it.

    Raises ``clickhouse_connect``'s OperationalError when no server answers.
    """
    parts = urlsplit(settings.clickhouse_url)
    return clickhouse_connect.get_client(
        host=parts.hostname or "",
        port=parts.port or 8123,
        secure=parts.scheme == "https",
        username=settings.clickhouse_user,
        password=settings.clickhouse_password.get_secret_value(),
        database=database or settings.clickhouse_database,
        autogenerate_session_id=False,
        # A pool that is given is used without looking for a proxy.
        pool_mgr=None if uses_proxy(settings.clickhouse_url) else default_pool_manager(),
        settings={**INSERT_SETTINGS, **SELECT_SETTINGS},
    )
