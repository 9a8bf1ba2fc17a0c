"""The same shovel with kafka-python."""

from __future__ import annotations

import time

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
)
while True:
    lines: list[bytes] = []
    deadline = time.monotonic() + ours.interval_s
    # A poll gives no more than one fetch held.
    while len(lines) < ours.batch and (left_s := deadline - time.monotonic()) > 0:
        polled = consumer.poll(timeout_ms=int(left_s * 1000), max_records=ours.batch - len(lines))
        lines.extend(record.value for records in polled.values() for record in records)
    if lines:
        ours.insert(client, b"\n".join(lines))
        consumer.commit()
