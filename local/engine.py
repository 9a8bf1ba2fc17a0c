"""The ClickHouse engine in this process: one folder, many short connections, statements with their own settings."""

from __future__ import annotations

import fcntl
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from local.statements import DataInsert, data_insert, named_format, returns_rows

# The engine reads its time zone from the environment when it is loaded, which importing chdb does.
os.environ["TZ"] = "UTC"

import chdb

_CODE = re.compile(r"Code: (\d+)\. ")
_SETTING_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


class EngineError(Exception):
    """The engine refused or failed a statement; ``code`` is ClickHouse's error number (1002 when it gave none)."""

    def __init__(self, text: str) -> None:
        self.text = text
        code = _CODE.search(self.text)
        self.code = int(code.group(1)) if code else 1002
        super().__init__(self.text)


class EngineInUseError(Exception):
    """Another process serves the same folder."""


@dataclass(frozen=True)
class Answer:
    """What a statement gave: its bytes in ``format`` (None when the statement returns no rows) and its counts."""

    body: bytes
    format: str | None
    rows_read: int
    bytes_read: int
    rows_written: int
    bytes_written: int
    result_rows: int
    elapsed_s: float


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Engine:
    """The engine over one folder; every method may be called from any thread.

    Each statement has a connection of its own (0.3 ms), so that settings and database never leak into another.
    """

    def __init__(self, path: Path) -> None:
        """Open or make the folder; raises EngineInUseError when another process has it."""
        path.mkdir(parents=True, exist_ok=True)
        self._path = str(path.resolve())
        self._lock = _lock(path / "process.lock")
        # The engine stops with its last connection; this one keeps it running between statements.
        self._root = chdb.connect(self._path)
        self._closing = threading.Lock()
        self._closed = False
        version, timezone = self.run(b"SELECT version(), timezone() FORMAT TabSeparated").body.decode().split()
        self.version: str = version
        self.timezone: str = timezone

    def run(
        self,
        statement: bytes,
        data: bytes | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        database: str = "",
        default_format: str = "TabSeparated",
    ) -> Answer:
        """Run one statement with its settings, ``{name:Type}`` parameters and current database.

        ``data`` are the rows of an INSERT, kept apart from its text. Parameter values are escaped as in a
        TabSeparated field, as ClickHouse's HTTP protocol has them. Raises EngineError.
        """
        insert = data_insert(statement)
        connection = self._connect()
        try:
            if database:
                connection.query("USE `" + database.replace("\\", "\\\\").replace("`", "\\`") + "`")
            if settings:
                connection.query("SET " + ", ".join(_assignment(name, value) for name, value in settings.items()))
            if insert and not parameters:
                rows = statement[insert.data_at :] if data is None else statement[insert.data_at :].lstrip() + data
                return _answer(_insert(connection, insert, rows), None)
            text = statement if data is None else statement + b"\n" + data
            # ClickHouse's HTTP server takes one statement; what it would refuse must not work here either.
            if b";" in text and connection._conn.classify_query(text)["statement_count"] > 1:
                raise EngineError("Code: 62. DB::Exception: Multi-statements are not allowed. (SYNTAX_ERROR)")
            answer_format = named_format(statement) or default_format
            result = connection.query(text, answer_format, params=dict(parameters or {}))
            return _answer(result, answer_format if returns_rows(statement) else None)
        except (RuntimeError, OSError) as error:
            raise EngineError(str(error)) from error
        finally:
            connection.close()

    def stop_statements(self) -> None:
        """Ask every running statement to end; they fail with an EngineError of their own."""
        self._root.query("KILL QUERY WHERE query != '' ASYNC FORMAT Null")

    def close(self) -> None:
        """Write what is pending and leave the folder to others; call it when no statement runs."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._root.close()
                self._lock.close()

    def _connect(self) -> Any:
        try:
            return chdb.connect(self._path)
        except RuntimeError as error:
            raise EngineError(str(error)) from error


def _answer(result: Any, answer_format: str | None) -> Answer:
    return Answer(
        body=result.bytes(),
        format=answer_format,
        rows_read=result.storage_rows_read(),
        bytes_read=result.storage_bytes_read(),
        rows_written=result.rows_written(),
        bytes_written=result.bytes_written(),
        result_rows=result.rows_read(),
        elapsed_s=result.elapsed(),
    )


def _assignment(name: str, value: str) -> str:
    if not _SETTING_NAME.fullmatch(name):
        raise EngineError(f"Code: 115. DB::Exception: Unknown setting {name!r}. (UNKNOWN_SETTING)")
    return f"{name} = {_quoted(value)}"


def _insert(connection: Any, insert: DataInsert, rows: bytes) -> Any:
    """Runs an INSERT with its rows, which come from a file in memory, so that nothing has to be removed.

    The library's own ``send_insert`` answers with success when a view or a table refuses the rows (too many parts,
    a throwing expression) and stores nothing; rows behind the statement itself lose their leading blanks.
    """
    with os.fdopen(os.memfd_create("rows"), "wb") as file:
        file.write(rows)
        file.flush()
        source = f" FROM INFILE '/proc/self/fd/{file.fileno()}' COMPRESSION 'none' ".encode()
        return connection.query(insert.head + source + insert.settings + b" FORMAT " + insert.format.encode())


def _lock(path: Path) -> TextIO:
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        taken = f"the ClickHouse data in {path.parent} are already served by process {holder}"
        raise EngineInUseError(f"{taken}; stop it or use another folder") from error
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file
