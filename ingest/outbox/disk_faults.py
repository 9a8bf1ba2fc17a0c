"""Explains SQLite errors of the outbox file to the operator: cause and remedy."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

# With less free space SQLite cannot open the file.
NO_ROOM_BYTES = 1_000_000

RECOVER = (
    "stop ingest, move it aside together with its -wal and -shm, and start with an empty one; keep the old one:"
    " `sqlite3 FILE .recover` gives its events back (table chunks, column lines), to be sent again"
)
FULL = ("its disk is full", "make room on it; the file is intact, leave it where it is; ingest goes on by itself")
_MEANINGS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR: (
        "its disk fails or is gone",
        "look at the disk and its mount (dmesg); the file is not at fault, leave it where it is",
    ),
    sqlite3.SQLITE_READONLY: ("it may not be written", "look at the file's owner and whether its disk is read-only"),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "look at the owner and mode of its folder"),
    sqlite3.SQLITE_PERM: ("it may not be opened", "look at the file's owner and mode"),
    sqlite3.SQLITE_BUSY: ("another program holds it", "end the program that has it open"),
    sqlite3.SQLITE_CORRUPT: (
        "it is damaged",
        RECOVER,
    ),
}
_MEANINGS[sqlite3.SQLITE_NOTADB] = _MEANINGS[sqlite3.SQLITE_CORRUPT]


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the content of the file is corrupt."""
    return _primary_code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def is_of_disk(error: BaseException) -> bool:
    """Whether the file or its disk caused the error, rather than the data to be written."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _MEANINGS


def explain(error: sqlite3.Error, path: Path) -> tuple[str, str]:
    """Cause, with SQLite's name of the error, and remedy."""
    cause, remedy = _MEANINGS.get(_primary_code(error), ("SQLite refuses it", "leave it there and report this"))
    if not is_damage(error) and _is_full(path):
        cause, remedy = FULL
    return f"{cause}: {error} ({getattr(error, 'sqlite_errorname', type(error).__name__)})", remedy


def _primary_code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < NO_ROOM_BYTES
    except OSError:
        return False
