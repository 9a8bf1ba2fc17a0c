"""The same shovel with kafka-python."""

from __future__ import annotations

from kafka import KafkaConsumer

from bench.peers.destination import task

ours = task()
client = ours.client()
consumer = KafkaConsumer(
    ours.topic,
    bootstrap_servers=ours.kafka,
    group_id=ours.group,
    auto_offset_reset="earliest",
    enable_auto_commit=False,
    max_poll_records=ours.batch,
)
while True:
    polled = consumer.poll(timeout_ms=int(ours.interval_s * 1000))
    lines = [record.value for records in polled.values() for record in records]
    if lines:
        ours.insert(client, b"\n".join(lines))
        consumer.commit()
