"""Reads the log from its beginning into the store once more, beside the live stream and by the same steps.

Events that are stored already have the same key and are deduplicated. The progress is stored after each batch's
figures: an interrupted reading continues there, and a new, empty store starts from the beginning.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from contract.events.topics import STREAM_TOPICS
from runtime.kafka import make_group_consumer, make_producer
from runtime.settings import Settings
from stream.batch import Partition
from stream.consumer import ANSWER_S, DRAIN_S, PRODUCER_CLOSE_S, poll
from stream.writer import Writer
from warehouse.client import connect
from warehouse.write.reread_progress import Reading, newest, note


def reread(settings: Settings, *, again: bool = False) -> Generator[tuple[int, int]]:
    """Continues an interrupted reading, or begins a new one (always with ``again``).

    Yields the number of finished messages and the total in the log when the reading began. Messages that cannot be
    stored become dead letters once more. Raises the errors of the stream: KafkaError, KafkaException, ClickHouseError,
    TooManyDeadLettersError.
    """
    with ExitStack() as closing:
        client = connect(settings)
        closing.callback(client.close)
        # Its partitions are assigned directly: it never joins the group of this name and commits nothing to Kafka.
        consumer = make_group_consumer(settings, f"{settings.stream_group}-reread", "reread")
        closing.callback(consumer.close)
        kept = _read_bounds(consumer)
        number, readings = _begin(client, kept, again=again)
        total = sum(reading.end_offset - kept[partition][0] for partition, reading in readings.items())

        def list_unfinished() -> list[Reading]:
            return [reading for reading in readings.values() if reading.next_offset < reading.end_offset]

        def count_done() -> int:
            return total - sum(reading.end_offset - reading.next_offset for reading in list_unfinished())

        yield count_done(), total
        if not list_unfinished():
            return
        producer = make_producer(settings)
        closing.callback(producer.close, timeout=PRODUCER_CLOSE_S)
        writer = Writer(settings, producer)
        closing.callback(writer.close)
        consumer.assign([TopicPartition(r.topic, r.partition, r.next_offset) for r in list_unfinished()])
        while list_unfinished():
            if batch := poll(consumer, settings, writer.is_idle):
                writer.put(batch)
            else:
                writer.drain(DRAIN_S)
            if offsets := writer.take_offsets():
                for partition, offset in offsets.items():
                    readings[partition] = readings[partition]._replace(next_offset=offset)
                note(client, number, [readings[partition] for partition in offsets])
                yield count_done(), total


def _begin(
    client: Client, kept: dict[Partition, tuple[int, int]], *, again: bool
) -> tuple[int, dict[Partition, Reading]]:
    """The number of the reading to continue, and the progress of each of its partitions."""
    number, readings = newest(client)
    if again or all(reading.next_offset >= reading.end_offset for reading in readings):
        readings = [Reading(*partition, first, end) for partition, (first, end) in kept.items()]
        number += 1
        note(client, number, readings)
    by_partition = {(reading.topic, reading.partition): reading for reading in readings}
    # Messages that Kafka has deleted meanwhile cannot be read any more.
    return number, {
        partition: reading._replace(next_offset=max(reading.next_offset, kept[partition][0]))
        for partition, reading in by_partition.items()
    }


def _read_bounds(consumer: Consumer) -> dict[Partition, tuple[int, int]]:
    """The first offset that the log still has of each partition, and the offset behind its last message."""
    topics = consumer.list_topics(timeout=ANSWER_S).topics
    partitions = [(topic, partition) for topic in STREAM_TOPICS for partition in sorted(topics[topic].partitions)]
    return {key: consumer.get_watermark_offsets(TopicPartition(*key), ANSWER_S) for key in partitions}
