"""The same work in FastStream's own way: a subscriber to batches on the confluent broker."""

from __future__ import annotations

import asyncio

from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker, KafkaMessage

from bench.peers.destination import task

ours = task()
client = ours.client()
broker = KafkaBroker(ours.kafka, config={"fetch.queue.backoff.ms": 10})


@broker.subscriber(
    ours.topic,
    group_id=ours.group,
    auto_offset_reset="earliest",
    batch=True,
    max_records=ours.batch,
    polling_interval=ours.interval_s,
    ack_policy=AckPolicy.MANUAL,
    decoder=lambda message: message,
)
async def store(message: KafkaMessage) -> None:
    """Inserts a batch, then commits it."""
    lines = b"\n".join(part.value() for part in message.raw_message)
    await asyncio.to_thread(ours.insert, client, lines)
    await message.ack()


asyncio.run(FastStream(broker).run())
