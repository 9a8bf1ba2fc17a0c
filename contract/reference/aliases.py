"""Other names of units (mã cũ, mã của hệ thống khác), each with the days on which it means one unit. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

KIND = "alias.defined"


class Meaning(NamedTuple):
    """The unit that an alias means from one day to another, both included; without ``valid_to`` it still does."""

    unit: str
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it does on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    def overlaps(self, other: Meaning) -> bool:
        """Whether there is a day on which both hold."""
        return self.holds_on(other.valid_from) or other.holds_on(self.valid_from)


@dataclass(frozen=True)
class Aliases:
    """What each alias means and when."""

    meanings: Mapping[str, tuple[Meaning, ...]]

    def unit_of(self, code: str, day: date) -> str:
        """The unit that a code means on a day: the code itself where it is no alias then."""
        return next((meaning.unit for meaning in self.meanings.get(code, ()) if meaning.holds_on(day)), code)

    def __bool__(self) -> bool:
        return bool(self.meanings)


NO_ALIASES = Aliases({})


def meaning_of(data: Mapping[str, Any]) -> Meaning:
    """The meaning that an event's data gives."""
    until = data.get("valid_to")
    return Meaning(data["unit"], date.fromisoformat(data["valid_from"]), date.fromisoformat(until) if until else None)


def aliases_from(events: Iterable[Mapping[str, Any]]) -> Aliases:
    """The aliases that reference events define; the newest word on an alias and its first day holds."""
    newest: dict[tuple[str, date], tuple[str, Meaning]] = {}
    for event in events:
        if event["type"] == KIND:
            meaning = meaning_of(event["data"])
            key = event["subject"], meaning.valid_from
            newest[key] = max(newest.get(key, ("", meaning)), (event["time"], meaning), key=lambda told: told[0])
    found: defaultdict[str, list[Meaning]] = defaultdict(list)
    for (alias, _), (_, meaning) in sorted(newest.items(), key=lambda item: item[0], reverse=True):
        found[alias].append(meaning)
    return Aliases({alias: tuple(meanings) for alias, meanings in found.items()})


def clashes(told: Iterable[tuple[int, str, Meaning]]) -> Iterator[tuple[int, int, Meaning]]:
    """Of aliases with their lines: each line that means another unit on a day of a former one, and that line."""
    before: defaultdict[str, list[tuple[int, Meaning]]] = defaultdict(list)
    for line, alias, meaning in told:
        for first, other in before[alias]:
            if other.unit != meaning.unit and other.overlaps(meaning):
                yield line, first, other
        before[alias].append((line, meaning))
