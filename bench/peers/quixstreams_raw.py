"""The same work in Quix Streams' own way: a batching sink that is flushed when its application commits."""

from __future__ import annotations

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from bench.peers.destination import task

ours = task()


class ClickHouseSink(BatchingSink):
    """Joins the bytes of a partition's batch and inserts them at once."""

    def setup(self) -> None:
        """Connects to the engine."""
        self.client = ours.client()

    def write(self, batch: SinkBatch) -> None:
        """Stores the messages read since the last commit."""
        ours.insert(self.client, b"\n".join(item.value for item in batch))


application = Application(
    broker_address=ours.kafka,
    consumer_group=ours.group,
    auto_offset_reset="earliest",
    commit_every=ours.batch,
    commit_interval=ours.interval_s,
    consumer_extra_config={"fetch.queue.backoff.ms": 10},
)
topic = application.topic(ours.topic, key_deserializer="bytes", value_deserializer="bytes")
application.dataframe(topic).sink(ClickHouseSink())
application.run()
