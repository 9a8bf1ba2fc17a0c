"""Files that only this user may read: keys, tokens and what else opens a door."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path


def write_private(path: Path, content: Mapping[str, str]) -> None:
    """Writes JSON that only this user may read; readers see the old file or the new one, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(json.dumps(content, indent=2) + "\n")
    fresh.replace(path)
