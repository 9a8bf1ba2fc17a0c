"""The floors of ingest, as processes of their own: the least a server and the least a producer can do.

``python -m bench.ingest_floors http URL`` serves a FastAPI application that only reads the body;
``python -m bench.ingest_floors send BOOTSTRAP TOPIC FILE`` sends the file's lines by kafka-python and prints
``{"seconds": …, "cpu_s": …, "peak_mb": …}``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from fastapi import FastAPI, Request
from kafka import KafkaProducer

from bench.harness.processes import peak_mb
from runtime.http import HEALTH_ROUTES, serve_app

KEY_END = b"\t"


def serve(url: str) -> None:
    """Serves the endpoint with the settings of ours."""
    app = FastAPI(routes=[*HEALTH_ROUTES])

    @app.post("/v1/events", status_code=202)
    async def post_events(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    serve_app(app, url, "")


def send(bootstrap: str, topic: str, lines: Path) -> None:
    """A bare loop over ``KafkaProducer.send``, acks=all, with lz4 and 5 ms of linger, its fastest settings here."""
    messages = [line.split(KEY_END, 1) for line in lines.read_bytes().splitlines()]
    producer = KafkaProducer(
        bootstrap_servers=bootstrap, acks="all", compression_type="lz4", linger_ms=5, batch_size=65_536
    )
    producer.partitions_for(topic)
    started, used_s = time.perf_counter(), time.process_time()
    for key, value in messages:
        producer.send(topic, key=key, value=value)
    producer.flush()
    seconds, cpu_s = time.perf_counter() - started, time.process_time() - used_s
    print(json.dumps({"seconds": seconds, "cpu_s": cpu_s, "peak_mb": peak_mb(os.getpid())}), flush=True)
    producer.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["http", url]:
            serve(url)
        case ["send", bootstrap, topic, path]:
            send(bootstrap, topic, Path(path))
        case _:
            sys.exit(__doc__)
