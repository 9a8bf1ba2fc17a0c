"""Changes that a load of reference data makes, by file. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from contract.reference.export import FILE_OF, fact_key


def changes(
    events: Iterable[Mapping[str, Any]], known: Iterable[Mapping[str, Any]] | None
) -> dict[str, dict[str, int]]:
    """The number of lines of each file, and how many are new, changed and unchanged compared with ``known``.

    ``known`` are the reference events sent before; None when these could not be read, and then only lines are counted.
    """
    ids, keys = set(), set()
    for event in known or ():
        ids.add(event["id"])
        keys.add(fact_key(event))
    by_file: defaultdict[str, dict[str, int]] = defaultdict(
        lambda: {"lines": 0} if known is None else {"lines": 0, "new": 0, "changed": 0, "unchanged": 0}
    )
    for event in events:
        counts = by_file[FILE_OF[event["type"]]]
        counts["lines"] += 1
        if known is not None:
            counts["unchanged" if event["id"] in ids else "changed" if fact_key(event) in keys else "new"] += 1
    return dict(by_file)


def folder_hash(texts: Mapping[str, str]) -> str:
    """The SHA-256 of the files and their names, independent of their order."""
    whole = hashlib.sha256()
    for name in sorted(texts):
        whole.update(f"{name}\x1f{texts[name]}\x1e".encode())
    return whole.hexdigest()
