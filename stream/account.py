"""Counts the messages of this process's partitions by state: written = done + in hand + unread at every moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from confluent_kafka import Consumer, TopicPartition

from runtime.telemetry import LOG_MESSAGES
from stream.batch import Partition


class LogAccount:
    """Counts by offsets, which outlive the process: a message that is read again after a crash still counts once."""

    def __init__(self) -> None:
        self._done: dict[Partition, int] = {}

    def begin(self, partitions: Iterable[TopicPartition]) -> None:
        """Replaces the partitions of this process; each is done up to its offset."""
        self._done = {(start.topic, start.partition): max(start.offset, 0) for start in partitions}

    def finish(self, offsets: Mapping[Partition, int]) -> None:
        """Notes that these offsets are committed: the partitions are done up to them."""
        self._done |= offsets

    def publish(self, consumer: Consumer) -> None:
        """Replaces the published metrics by the present counts, all at once."""
        counts: Counter[tuple[str, str]] = Counter()
        for position in consumer.position([TopicPartition(*partition) for partition in self._done]):
            topic = position.topic
            done = self._done[topic, position.partition]
            read = max(position.offset, done)
            written = max(consumer.get_watermark_offsets(position, cached=True)[1], read)
            counts[topic, "written"] += written
            counts[topic, "done"] += done
            counts[topic, "in_hand"] += read - done
            counts[topic, "unread"] += written - read
        LOG_MESSAGES.figures = counts
