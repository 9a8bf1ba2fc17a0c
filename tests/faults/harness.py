"""The stack of the fault tests, what goes into it and what comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Consumer, TopicPartition

from contract.events.topics import EVENTS, REFERENCE
from runtime.ingest_client import IngestClient
from tests.faults.known import QUIET_DEFINITIONS, Event, Truth, lines, quiet_batch
from tests.faults.stack.processes import HTTP, Processes
from tests.support import wait_until

SETTLED_S = 60.0
PATIENCE_S = 60.0
BATCH = 60


class Harness(Processes):
    """One stack as senders and readers meet it; ``truths`` are the cases that it has seen."""

    def __init__(self, state_dir: Path, **values: Any) -> None:
        super().__init__(state_dir, **values)
        self.door = f"http://127.0.0.1:{self.hops['ingest'].port}"
        self.key = self.inner.api_key.get_secret_value()
        self.truths: list[Truth] = []
        self._quiet = count(1)

    def start(self) -> None:
        """Starts all, with tables, topics and a quiet place."""
        super().start()
        self.send(QUIET_DEFINITIONS)

    def send(self, events: Sequence[Event], truth: Truth | None = None, patience_s: float = PATIENCE_S) -> list[Any]:
        """Sends events in small batches until each is answered; the rejected entries. ``truth`` notes what it heard."""
        rejected: list[Any] = []
        with IngestClient(self.door, self.key, patience_s=patience_s) as client:
            for start in range(0, len(events), BATCH):
                batch = events[start : start + BATCH]
                ids = {body["id"] for body in batch if truth and body["source"] == truth.source}
                if truth:
                    truth.sent |= ids
                answer = client.post(lines(batch))
                rejected += answer["rejected"]
                refused = {batch[entry["index"]]["id"] for entry in answer["rejected"]}
                assert answer["accepted"] + len(answer["rejected"]) == len(batch)
                if truth:
                    truth.acknowledged |= ids - refused
        return rejected

    @contextmanager
    def sending(self, events: Sequence[Event], truth: Truth, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Sends beside what is done in the block; at its end all was answered."""
        with ThreadPoolExecutor(1) as sender:
            sent = sender.submit(self.send, events, truth, patience_s)
            yield
            assert sent.result(timeout=2 * patience_s) == []

    def post(self, events: Iterable[Event]) -> httpx.Response:
        """One request, tried once."""
        return self.post_lines(lines(events))

    def post_lines(self, some: Iterable[bytes]) -> httpx.Response:
        """One request of lines that need not be events, tried once."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        url = f"{self.door}/v1/events"
        return HTTP.post(url, content=b"\n".join(some), headers=headers)

    def get(self, path: str, **query: Any) -> Any:
        """The read API's answer."""
        answer = HTTP.get(f"{self.inner.api_url}{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def metric(self, name: str, of: str = "ingest_url") -> float:
        """One figure that a process tells about itself."""
        text = HTTP.get(f"{getattr(self.inner, of)}/metrics").text
        return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{name} "))

    def settle(self, timeout_s: float = SETTLED_S) -> None:
        """Waits until all that was acknowledged is in Kafka and all that is in Kafka is committed, twice over.

        The second time for a quiet batch, behind which nothing can still be under way.
        """
        self._wait_committed(timeout_s)
        self.send(quiet_batch(next(self._quiet)))
        self._wait_committed(timeout_s)

    def wait_delivered(self, timeout_s: float = SETTLED_S) -> None:
        """Waits until Kafka has all that ingest took."""
        wait_until(lambda: self.metric("hailong_outbox_pending_events") == 0, timeout_s, pause_s=0.05)

    def _wait_committed(self, timeout_s: float) -> None:
        self.wait_delivered(timeout_s)
        asking = Consumer(
            {"bootstrap.servers": self.settings.kafka, "group.id": self.settings.stream_group, "log_level": 2}
        )
        try:
            places = [(REFERENCE, 0), *((EVENTS, number) for number in range(self.settings.kafka_partitions))]
            ends = {}
            for place in places:
                ends[place] = asking.get_watermark_offsets(TopicPartition(*place), timeout=20)[1]
            open_places = [TopicPartition(*place) for place, end in ends.items() if end]

            behind: dict[tuple[str, int], tuple[int, int]] = {}

            def committed() -> bool:
                behind.clear()
                for place in asking.committed(open_places, timeout=20):
                    if place.offset < (end := ends[place.topic, place.partition]):
                        behind[place.topic, place.partition] = place.offset, end
                return not behind

            try:
                wait_until(committed, timeout_s, pause_s=0.05)
            except AssertionError as late:
                raise AssertionError(f"the stream stands still (committed, end): {behind}") from late
        finally:
            asking.close()
