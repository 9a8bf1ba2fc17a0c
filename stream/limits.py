"""When so much is being set aside that the fault lies elsewhere: the stream stops instead of emptying the log. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from stream.batch import Batch, DeadLetter, Place, place_of


class TooManyDeadLettersError(Exception):
    """More messages than allowed cannot be stored; nothing of the batch at hand was set aside or committed."""

    def __init__(self, what: str, newest: DeadLetter) -> None:
        super().__init__(
            f"{what} cannot be stored, the newest at {newest.topic}/{newest.partition}/{newest.offset}"
            f" ({newest.reason.value}: {newest.detail}). Mend what sends them, or raise HAILONG_DEAD_LETTERS_RUN or"
            " HAILONG_DEAD_LETTERS_SHARE to set them aside, and start the stream again; it goes on where it stopped."
        )


@dataclass
class DeadLetterLimits:
    """``longest_run``: dead letters in a row on one partition; ``largest_share``: of the last ``window`` messages."""

    longest_run: int
    largest_share: float
    window: int = 10_000
    _runs: dict[Place, int] = field(default_factory=dict)
    _recent: int = 0
    _recent_dead: int = 0

    def check(self, batch: Batch, dead: list[DeadLetter]) -> None:
        """Counts a batch with what of it is to be set aside; raises TooManyDeadLettersError past a limit."""
        if not dead:
            self._forget(batch)
            return
        for place in batch.next_offsets:
            self._runs[place] = self._run(place, batch, dead)
        self._age(len(batch.messages))
        self._recent_dead += len(dead)
        longest = max(self._runs.values())
        if longest > self.longest_run:
            raise TooManyDeadLettersError(f"{longest} messages in a row", dead[-1])
        if self._recent >= self.window and self._recent_dead > self.largest_share * self._recent:
            raise TooManyDeadLettersError(f"{self._recent_dead} of the last {self._recent} messages", dead[-1])

    def _forget(self, batch: Batch) -> None:
        for place in batch.next_offsets:
            self._runs.pop(place, None)
        self._age(len(batch.messages))

    def _age(self, messages: int) -> None:
        # Past the window half of what was seen is let go, so that the share follows the present.
        self._recent += messages
        if self._recent > 2 * self.window:
            self._recent_dead = self._recent_dead * self.window // self._recent
            self._recent = self.window

    def _run(self, place: Place, batch: Batch, dead: list[DeadLetter]) -> int:
        offsets = {letter.offset for letter in dead if letter.place == place}
        read = (message.offset() or 0 for message in batch.messages if place_of(message) == place)
        newest_good = max((offset for offset in read if offset not in offsets), default=None)
        if newest_good is None:
            return self._runs.get(place, 0) + len(offsets)
        return sum(offset > newest_good for offset in offsets)
