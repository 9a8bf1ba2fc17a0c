"""A disk so small that it is soon full, and room on it again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system in memory; the test is skipped where none may be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform != "linux" or os.geteuid() != 0 or _mount("-t", "tmpfs", "-o", f"size={megabytes}m", "t", folder):
        pytest.skip("only root on Linux can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def enlarge(folder: Path, megabytes: int) -> None:
    """Gives a small disk this much room."""
    assert not _mount("-o", f"remount,size={megabytes}m", folder)


def _mount(*words: str | Path) -> int:
    return subprocess.run(["mount", *map(str, words)], check=False, capture_output=True).returncode
