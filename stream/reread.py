"""The log from its beginning once more into the store, beside the live stream and by the same steps.

What is stored already meets itself. How far the reading is goes to the store behind each batch's figures, so that one
that was broken off goes on there, and a store that was lost is read into from the beginning.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from contract.events.topics import STREAM_TOPICS
from runtime.kafka import make_group_consumer, make_producer
from runtime.settings import Settings
from stream.batch import Place
from stream.consumer import ANSWER_S, DRAIN_S, PRODUCER_CLOSE_S, poll
from stream.writer import Writer
from warehouse.client import connect
from warehouse.write.reread_progress import Reading, newest, note


def reread(settings: Settings, *, again: bool = False) -> Generator[tuple[int, int]]:
    """Goes on with the reading that was broken off, or begins one (always with ``again``).

    Yields how many messages were done and of how many that the log held when the reading began. Messages that cannot
    be stored are set aside once more. Raises what the stream raises: KafkaError, KafkaException, ClickHouseError,
    TooManyDeadLettersError.
    """
    with ExitStack() as closing:
        client = connect(settings)
        closing.callback(client.close)
        # It never joins the group of this name: its partitions are assigned, and it commits nothing to Kafka.
        consumer = make_group_consumer(settings, f"{settings.stream_group}-reread", "reread")
        closing.callback(consumer.close)
        kept = _kept(consumer)
        number, open_ = _begin(client, kept, again=again)
        total = sum(reading.end_offset - kept[place][0] for place, reading in open_.items())

        def left() -> list[Reading]:
            return [reading for reading in open_.values() if reading.next_offset < reading.end_offset]

        def done() -> int:
            return total - sum(reading.end_offset - reading.next_offset for reading in left())

        yield done(), total
        if not left():
            return
        producer = make_producer(settings)
        closing.callback(producer.close, timeout=PRODUCER_CLOSE_S)
        writer = Writer(settings, producer)
        closing.callback(writer.close)
        consumer.assign([TopicPartition(reading.topic, reading.partition, reading.next_offset) for reading in left()])
        while left():
            if batch := poll(consumer, settings, writer.is_idle):
                writer.put(batch)
            else:
                writer.drain(DRAIN_S)
            if reached := writer.done():
                open_.update({place: open_[place]._replace(next_offset=offset) for place, offset in reached.items()})
                note(client, number, [open_[place] for place in reached])
                yield done(), total


def _begin(client: Client, kept: dict[Place, tuple[int, int]], *, again: bool) -> tuple[int, dict[Place, Reading]]:
    """The number of the reading to go on with, and how far each of its partitions is."""
    number, readings = newest(client)
    if again or all(reading.next_offset >= reading.end_offset for reading in readings):
        readings = [Reading(*place, first, behind_last) for place, (first, behind_last) in kept.items()]
        number += 1
        note(client, number, readings)
    places = {(reading.topic, reading.partition): reading for reading in readings}
    # What the log let go meanwhile cannot be read any more.
    return number, {
        place: reading._replace(next_offset=max(reading.next_offset, kept[place][0]))
        for place, reading in places.items()
    }


def _kept(consumer: Consumer) -> dict[Place, tuple[int, int]]:
    """The first message that the log has on each partition, and the offset behind its last."""
    topics = consumer.list_topics(timeout=ANSWER_S).topics
    places = [(topic, partition) for topic in STREAM_TOPICS for partition in sorted(topics[topic].partitions)]
    return {place: consumer.get_watermark_offsets(TopicPartition(*place), ANSWER_S) for place in places}
