"""Where the messages of this process's partitions are: written = done + in hand + unread, at each look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, TopicPartition

from runtime.telemetry import LOG_MESSAGES
from stream.batch import Place


class LogAccount:
    """Counts by offsets, which outlive the process: a message that is read again after a crash is still one."""

    def __init__(self) -> None:
        self._done: dict[Place, int] = {}

    def begin(self, partitions: Iterable[TopicPartition]) -> None:
        """These partitions and no others are this process's from now on, done up to their offsets."""
        self._done = {(place.topic, place.partition): max(place.offset, 0) for place in partitions}

    def finish(self, offsets: Mapping[Place, int]) -> None:
        """The partitions are done up to these offsets, which are committed."""
        self._done |= offsets

    def tell(self, consumer: Consumer) -> None:
        """Puts the newest figures in the place of the last ones, all at once."""
        found: Counter[tuple[str, str]] = Counter()
        for place in consumer.position([TopicPartition(*where) for where in self._done]):
            done = self._done[place.topic, place.partition]
            read = max(place.offset, done)
            written = max(consumer.get_watermark_offsets(place, cached=True)[1], read)
            found[place.topic, "written"] += written
            found[place.topic, "done"] += done
            found[place.topic, "in_hand"] += read - done
            found[place.topic, "unread"] += written - read
        LOG_MESSAGES.figures = found
