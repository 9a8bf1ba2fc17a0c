"""Kafka clients with the settings that were proven to lose nothing, and the topics' shape.

There are two libraries, because there are two loads. Every event passes through librdkafka (confluent-kafka), in the
relay's producer and the stream's consumer: kafka-python costs 65 to 90 µs of Python an event there, librdkafka 4 µs.
kafka-python creates topics, writes dead letters and reads reference events outside any group, where speed does not
matter and its behaviour is proven.
"""

from __future__ import annotations

from confluent_kafka import Consumer, Producer
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from contract.events.topics import DEAD_LETTERS, EVENTS, HEARTBEATS, REFERENCE
from runtime.settings import Settings

# A dead letter carries its message in base64 beside its reason, so the log takes messages somewhat larger than events.
_MESSAGE_OVERHEAD = 2
_WEEK_MS = 7 * 24 * 3600 * 1000
_YEAR_MS = 365 * 24 * 3600 * 1000


def create_topics(settings: Settings) -> None:
    """Creates the topics that are missing; those that exist stay as they are."""
    largest = str(max(1_000_000, settings.max_event_bytes * _MESSAGE_OVERHEAD))
    shapes = {
        EVENTS: (settings.kafka_partitions, {"retention.ms": str(_YEAR_MS)}),
        REFERENCE: (1, {"cleanup.policy": "compact"}),
        HEARTBEATS: (1, {"retention.ms": str(_WEEK_MS)}),
        DEAD_LETTERS: (1, {"retention.ms": str(_YEAR_MS)}),
    }
    admin = KafkaAdminClient(bootstrap_servers=settings.kafka.split(","))
    try:
        for name, (partitions, configs) in shapes.items():
            topic = NewTopic(
                name,
                num_partitions=partitions,
                replication_factor=settings.kafka_replication,
                topic_configs={**configs, "max.message.bytes": largest},
            )
            try:
                admin.create_topics([topic], wait_for_metadata=True)
            except TopicAlreadyExistsError:
                continue
    finally:
        admin.close()


def make_producer(settings: Settings) -> KafkaProducer:
    """An idempotent producer, acks=all. It may hang for good after a long outage: its user must replace it then."""
    return KafkaProducer(
        bootstrap_servers=settings.kafka.split(","),
        enable_idempotence=True,
        acks="all",
        compression_type="lz4",
        linger_ms=5,
        batch_size=65_536,
        max_request_size=4_000_000,
        delivery_timeout_ms=120_000,
        request_timeout_ms=10_000,
        max_block_ms=2_000,
        reconnect_backoff_max_ms=1_000,
        allow_auto_create_topics=False,
    )


def make_relay_producer(settings: Settings, max_unacknowledged: int) -> Producer:
    """A producer of librdkafka, acks=all, in order, which takes up to ``max_unacknowledged`` messages at once.

    One request at a time keeps the order over its retries. It may write a message twice, which is free here, while an
    idempotent one uses a whole core for as long as a broker hangs. A message waits without end: when to give up is
    its user's decision, who then makes a new producer, so that nothing is left out by one that goes on behind a batch
    that expired.
    """
    return Producer(
        {
            "bootstrap.servers": settings.kafka,
            "acks": "all",
            "max.in.flight.requests.per.connection": 1,
            # The same key goes to the same partition, whichever client writes it.
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 5,
            "message.timeout.ms": 0,
            "request.timeout.ms": 10_000,
            "reconnect.backoff.max.ms": 1_000,
            "message.max.bytes": 4_000_000,
            "queue.buffering.max.messages": max_unacknowledged,
            "enable.metrics.push": False,
            # Its user says what is wrong; a line for each refused connection would not help.
            "log_level": 2,
        }
    )


def make_group_consumer(settings: Settings, group: str, instance: str) -> Consumer:
    """A member of a consumer group that commits by hand and keeps its partitions over a restart.

    It never starts elsewhere than told: where a partition has no committed offset, or one that is gone, is for its
    user to decide, so that nothing is skipped in silence.
    """
    return Consumer(
        {
            "bootstrap.servers": settings.kafka,
            "group.id": group,
            "group.instance.id": instance,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "error",
            "max.poll.interval.ms": 300_000,
            "session.timeout.ms": 45_000,
            "fetch.wait.max.ms": 50,
            "queued.max.messages.kbytes": 32_768,
            "fetch.queue.backoff.ms": 10,
            "reconnect.backoff.max.ms": 1_000,
            "allow.auto.create.topics": False,
            "enable.metrics.push": False,
            # Its user says what is wrong; a line for each refused connection would not help.
            "log_level": 2,
        }
    )


def make_reader(settings: Settings) -> KafkaConsumer:
    """A consumer outside any group, for reading a topic from its beginning."""
    return KafkaConsumer(
        bootstrap_servers=settings.kafka.split(","),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=200,
        reconnect_backoff_max_ms=1_000,
        allow_auto_create_topics=False,
    )
