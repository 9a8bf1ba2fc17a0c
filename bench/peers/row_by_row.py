"""The script that everybody writes first: for each message one JSON to read and one row to insert."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from kafka import KafkaConsumer

from bench.peers.destination import task

COLUMNS = ["id", "type", "source", "subject", "time", "recordedtime", "sender", "data"]

ours = task()
client = ours.client()
consumer = KafkaConsumer(ours.topic, bootstrap_servers=ours.kafka, group_id=ours.group, auto_offset_reset="earliest")
for message in consumer:
    event = json.loads(message.value)
    times = [datetime.fromisoformat(event["time"]), datetime.fromisoformat(event["recordedtime"])]
    row = [UUID(event["id"]), event["type"], event["source"], event["subject"], *times]
    client.insert(ours.table, [[*row, event["sender"], json.dumps(event["data"])]], column_names=COLUMNS)
