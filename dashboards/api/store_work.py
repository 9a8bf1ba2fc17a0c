"""The statements of one request in the store: each limited in time, all killed when the client disconnects."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.common import StreamContext
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.query import QueryResult

from runtime.telemetry import log

KILL_AGAIN_S = 0.5
"""A statement that is just being sent is not in the store's list yet; the next try kills it."""

_KILL = "KILL QUERY WHERE Settings['log_comment'] = {mark:String} ASYNC"


class QuestionLeftError(Exception):
    """The client has disconnected; no further statement is sent to the store."""


class Work:
    """The running statements of one request. They carry a mark by which they are killed together."""

    def __init__(self) -> None:
        self.mark = f"hailong-question-{secrets.token_hex(8)}"
        self._left = threading.Event()
        self._done = threading.Event()
        self._client: Client | None = None

    @property
    def is_left(self) -> bool:
        """Whether the client has disconnected."""
        return self._left.is_set()

    def check(self) -> None:
        """Raises QuestionLeftError once the client has disconnected."""
        if self.is_left:
            raise QuestionLeftError

    def done(self) -> None:
        """Marks the request as finished."""
        self._done.set()

    def leave(self) -> None:
        """Kills the running statements, again and again until the request is finished; blocks meanwhile."""
        self._left.set()
        while self._client is not None and not self._done.is_set():
            try:
                self._client.command(_KILL, parameters={"mark": self.mark})
            except ClickHouseError as error:
                # Without the right to kill statements, their time limit ends them.
                log.warning("statements_not_ended", error=str(error)[:200])
                return
            self._done.wait(KILL_AGAIN_S)

    def client(self, client: Client, limit_s: float) -> StatementClient:
        """A client whose statements belong to this request and may take ``limit_s`` each."""
        self._client = client
        return StatementClient(client, self, {"log_comment": self.mark, "max_execution_time": limit_s})


class StatementClient:
    """The part of ClickHouse's client that SELECTs need, with the settings of one request on each statement."""

    def __init__(self, client: Client, work: Work, settings: Mapping[str, Any]) -> None:
        self._client, self._work, self._settings = client, work, settings

    def query(
        self, query: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> QueryResult:
        """The whole result; raises ClickHouseError, QuestionLeftError."""
        self._work.check()
        return self._client.query(query, parameters=dict(parameters or {}), settings=self._with(settings))

    def command(
        self, cmd: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> Any:
        """The one value of a result; raises ClickHouseError, QuestionLeftError."""
        self._work.check()
        return self._client.command(cmd, parameters=dict(parameters or {}), settings=self._with(settings))

    def query_row_block_stream(
        self, query: str, parameters: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
    ) -> StreamContext:
        """The result in blocks of rows as they come; raises ClickHouseError, QuestionLeftError."""
        self._work.check()
        return self._client.query_row_block_stream(
            query, parameters=dict(parameters or {}), settings=self._with(settings)
        )

    def _with(self, settings: Mapping[str, Any] | None) -> dict[str, Any]:
        return {**self._settings, **(settings or {})}
