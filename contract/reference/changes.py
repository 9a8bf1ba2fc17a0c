"""What loading reference data changes, by file. Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from contract.reference.export import FILE_OF, thing_told


def changes(
    events: Iterable[Mapping[str, Any]], known: Iterable[Mapping[str, Any]] | None
) -> dict[str, dict[str, int]]:
    """How many lines each file has, and against what is ``known``: how many are new, changed, unchanged.

    ``known`` are reference events as they were sent; None when nobody could say, then only lines are told.
    """
    ids, things = set(), set()
    for event in known or ():
        ids.add(event["id"])
        things.add(thing_told(event))
    found: defaultdict[str, dict[str, int]] = defaultdict(
        lambda: {"lines": 0} if known is None else {"lines": 0, "new": 0, "changed": 0, "unchanged": 0}
    )
    for event in events:
        counts = found[FILE_OF[event["type"]]]
        counts["lines"] += 1
        if known is not None:
            counts["unchanged" if event["id"] in ids else "changed" if thing_told(event) in things else "new"] += 1
    return dict(found)


def folder_hash(texts: Mapping[str, str]) -> str:
    """The SHA-256 of the files by name, whatever order they come in."""
    whole = hashlib.sha256()
    for name in sorted(texts):
        whole.update(f"{name}\x1f{texts[name]}\x1e".encode())
    return whole.hexdigest()
