"""The bare shovel: confluent-kafka's poll, the bytes joined, one insert, then the offsets. It checks nothing."""

from __future__ import annotations

from confluent_kafka import Consumer

from bench.peers.destination import task

ours = task()
client = ours.client()
consumer = Consumer(
    {
        "bootstrap.servers": ours.kafka,
        "group.id": ours.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        # librdkafka otherwise pauses for a second whenever its queue was full.
        "fetch.queue.backoff.ms": 10,
    }
)
consumer.subscribe([ours.topic])
while True:
    messages = consumer.consume(ours.batch, ours.interval_s)
    lines = [value for message in messages if (value := message.value()) is not None]
    if lines:
        ours.insert(client, b"\n".join(lines))
        consumer.commit(asynchronous=False)
