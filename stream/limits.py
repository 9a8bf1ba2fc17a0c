"""Limits of dead letters: when too many messages fail, the cause is elsewhere and the stream stops. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from stream.batch import Batch, DeadLetter, Partition, partition_of


class TooManyDeadLettersError(Exception):
    """More messages than allowed cannot be stored; nothing of the current batch was written or committed."""

    def __init__(self, messages: str, newest: DeadLetter) -> None:
        super().__init__(
            f"{messages} cannot be stored, the newest at {newest.topic}/{newest.partition}/{newest.offset}"
            f" ({newest.reason.value}: {newest.detail}). Mend what sends them, or raise HAILONG_DEAD_LETTERS_RUN or"
            " HAILONG_DEAD_LETTERS_SHARE to set them aside, and start the stream again; it goes on where it stopped."
        )


@dataclass
class DeadLetterLimits:
    """``longest_run``: dead letters in a row on one partition; ``largest_share``: of the last ``window`` messages."""

    longest_run: int
    largest_share: float
    window: int = 10_000
    _runs: dict[Partition, int] = field(default_factory=dict)
    _recent: int = 0
    _recent_dead: int = 0

    def check(self, batch: Batch, dead: list[DeadLetter]) -> None:
        """Counts a batch and its dead letters; raises TooManyDeadLettersError beyond a limit."""
        if not dead:
            self._end_runs(batch)
            return
        for partition in batch.next_offsets:
            self._runs[partition] = self._count_run(partition, batch, dead)
        self._count_recent(len(batch.messages))
        self._recent_dead += len(dead)
        longest = max(self._runs.values())
        if longest > self.longest_run:
            raise TooManyDeadLettersError(f"{longest} messages in a row", dead[-1])
        if self._recent >= self.window and self._recent_dead > self.largest_share * self._recent:
            raise TooManyDeadLettersError(f"{self._recent_dead} of the last {self._recent} messages", dead[-1])

    def _end_runs(self, batch: Batch) -> None:
        for partition in batch.next_offsets:
            self._runs.pop(partition, None)
        self._count_recent(len(batch.messages))

    def _count_recent(self, messages: int) -> None:
        # Beyond two windows the older half no longer counts, so that the share follows the present.
        self._recent += messages
        if self._recent > 2 * self.window:
            self._recent_dead = self._recent_dead * self.window // self._recent
            self._recent = self.window

    def _count_run(self, partition: Partition, batch: Batch, dead: list[DeadLetter]) -> int:
        dead_offsets = {letter.offset for letter in dead if letter.origin == partition}
        offsets = (message.offset() or 0 for message in batch.messages if partition_of(message) == partition)
        last_good = max((offset for offset in offsets if offset not in dead_offsets), default=None)
        if last_good is None:
            return self._runs.get(partition, 0) + len(dead_offsets)
        return sum(offset > last_good for offset in dead_offsets)
