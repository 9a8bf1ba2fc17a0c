"""The topic of dead letters: messages that cannot be stored, with reason, origin and raw bytes, for a later replay."""

from __future__ import annotations

import base64
import json

from kafka import KafkaProducer, TopicPartition

from contract.events.topics import DEAD_LETTERS, STREAM_TOPICS
from runtime.kafka import make_producer, make_reader
from runtime.settings import Settings
from runtime.telemetry import DEAD_LETTERS as DEAD_LETTERS_COUNT
from runtime.telemetry import log
from stream.batch import DeadLetter

DELIVERY_TIMEOUT_S = 30.0
READ_TIMEOUT_MS = 5_000


def send_dead_letters(producer: KafkaProducer, letters: list[DeadLetter]) -> None:
    """Writes dead letters and waits until Kafka has acknowledged each; KafkaError when it does not."""
    sent = [producer.send(DEAD_LETTERS, key=_key(letter), value=_encode(letter)) for letter in letters]
    for future in sent:
        future.get(timeout=DELIVERY_TIMEOUT_S)
    for letter in letters:
        DEAD_LETTERS_COUNT.labels(letter.reason.value).inc()
        log.warning(
            "dead_letter",
            reason=letter.reason.value,
            detail=letter.detail,
            origin=f"{letter.topic}/{letter.partition}/{letter.offset}",
        )


def replay(settings: Settings) -> int:
    """Sends the raw bytes of every dead letter to its original topic and returns their number.

    A message that is still wrong becomes a dead letter again; one that was stored meanwhile is stored once.
    """
    reader = make_reader(settings)
    producer = make_producer(settings)
    partition = TopicPartition(DEAD_LETTERS, 0)
    reader.assign([partition])
    end: int = reader.end_offsets([partition])[partition]
    reader.seek_to_beginning(partition)
    count = 0
    try:
        while reader.position(partition) < end:
            for record in reader.poll(timeout_ms=READ_TIMEOUT_MS).get(partition, []):
                # Dead letters that this replay causes are behind the end that was read at its start.
                if record.offset < end:
                    letter = json.loads(record.value)
                    topic = letter["topic"] if letter["topic"] in STREAM_TOPICS else STREAM_TOPICS[-1]
                    producer.send(topic, key=b"replayed", value=base64.b64decode(letter["raw"]))
                    count += 1
        producer.flush(timeout=DELIVERY_TIMEOUT_S)
    finally:
        reader.close()
        producer.close(timeout=DELIVERY_TIMEOUT_S)
    return count


def _key(letter: DeadLetter) -> bytes:
    return f"{letter.topic}/{letter.partition}/{letter.offset}".encode()


def _encode(letter: DeadLetter) -> bytes:
    return json.dumps(
        {
            "reason": letter.reason.value,
            "detail": letter.detail,
            "topic": letter.topic,
            "partition": letter.partition,
            "offset": letter.offset,
            "raw": base64.b64encode(letter.raw).decode(),
        },
        ensure_ascii=False,
    ).encode()
