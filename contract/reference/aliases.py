"""Aliases of units (mã cũ, mã của hệ thống khác), each with its days of validity. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

KIND = "alias.defined"


class Meaning(NamedTuple):
    """The unit of an alias from ``valid_from`` to ``valid_to``, both included; no ``valid_to``: still valid."""

    unit: str
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it is valid on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Meaning) -> bool:
        """Whether both are valid on some day."""
        return self.holds_on(other.valid_from) or other.holds_on(self.valid_from)


@dataclass(frozen=True)
class Aliases:
    """The meanings of each alias, by day."""

    meanings: Mapping[str, tuple[Meaning, ...]]

    def unit_of(self, code: str, day: date) -> str:
        """The unit of a code on a day; the code itself if it is not an alias then."""
        return next((meaning.unit for meaning in self.meanings.get(code, ()) if meaning.holds_on(day)), code)

    def __bool__(self) -> bool:
        return bool(self.meanings)


NO_ALIASES = Aliases({})


def meaning_of(data: Mapping[str, Any]) -> Meaning:
    """The meaning in the data of an event."""
    until = data.get("valid_to")
    return Meaning(data["unit"], date.fromisoformat(data["valid_from"]), date.fromisoformat(until) if until else None)


def aliases_from(events: Iterable[Mapping[str, Any]]) -> Aliases:
    """The aliases in reference events; of several with one first day the newest holds."""
    newest: dict[tuple[str, date], tuple[str, Meaning]] = {}
    for event in events:
        if event["type"] == KIND:
            meaning = meaning_of(event["data"])
            key = event["subject"], meaning.valid_from
            newest[key] = max(newest.get(key, ("", meaning)), (event["time"], meaning), key=lambda dated: dated[0])
    meanings: defaultdict[str, list[Meaning]] = defaultdict(list)
    for (alias, _), (_, meaning) in sorted(newest.items(), key=lambda item: item[0], reverse=True):
        meanings[alias].append(meaning)
    return Aliases({alias: tuple(of_alias) for alias, of_alias in meanings.items()})


def clashes(numbered: Iterable[tuple[int, str, Meaning]]) -> Iterator[tuple[int, int, Meaning]]:
    """Each line that gives an alias another unit on days of an earlier line, with that line and its meaning."""
    before: defaultdict[str, list[tuple[int, Meaning]]] = defaultdict(list)
    for line, alias, meaning in numbered:
        for first, other in before[alias]:
            if other.unit != meaning.unit and other.overlaps(meaning):
                yield line, first, other
        before[alias].append((line, meaning))
