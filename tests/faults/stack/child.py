"""A process of the stack that can be told where to die: ``python -m tests.faults.stack.child stream|ingest|api``.

It is the product's own process with a name given to each place between two steps. A script, one small file of JSON,
says at which place which process gets which signal; it is taken away before, so that the next process lives.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from runtime.settings import Settings

SCRIPT = "script.json"
CLOCK = "clock-offset-s"
STEPS = ("read", "stored", "set aside", "figures", "committed")
"""The steps of stream/writer.py by number; ``read`` is before the first."""
STARVED = "starved"
# Without the second the engine lets small statements pass uncounted.
TOO_LITTLE_MEMORY = {"max_memory_usage": 100_000, "max_untracked_memory": 1}
# What would make the cases long is shorter: how long a silent consumer keeps its partitions (the least that Kafka
# allows), how long it may work between two polls, the pause before a retry, when a silent producer is given up.
SOONER = {"session.timeout.ms": 6_000, "max.poll.interval.ms": 6_500}
LONGEST_RETRY_S = 1.0
STALL_S = 2.0


class Script:
    """What is to happen at which place of this process."""

    def __init__(self, state_dir: Path) -> None:
        self._path = state_dir / SCRIPT
        self._figures_made = False

    def reached(self, place: str) -> None:
        """Does what the script says for this place."""
        try:
            told = json.loads(self._path.read_text())
            if told["place"] != place:
                return
            self._path.rename(self._path.with_suffix(".done"))
        except FileNotFoundError:
            return
        os.kill(told["pid"] or os.getpid(), told["signal"])

    def after_step(self, number: int) -> None:
        """The stream's own hook. Its last step is told at each round, so that only one with something done counts."""
        if number == 4 and not self._figures_made:
            return
        self._figures_made = number == 3
        self.reached(STEPS[number])


def after(owner: Any, name: str, told: Callable[..., None]) -> None:
    """Lets ``told`` know, with result and arguments, each time that a function has returned."""
    former = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = former(*args, **kwargs)
        told(result, *args)
        return result

    setattr(owner, name, wrapped)


def run_stream(settings: Settings, script: Script) -> None:
    """The stream, whose places are its steps and each statement of a recomputation."""
    clients: Any = import_module("runtime.kafka")
    connecting: Any = import_module("warehouse.client").clickhouse_connect
    consuming: Any = import_module("stream.consumer")
    member, get_client = clients.Consumer, connecting.get_client
    starved = settings.state_dir / STARVED

    def connect(settings: dict[str, Any], **values: Any) -> Any:
        return get_client(settings=settings | (TOO_LITTLE_MEMORY if starved.exists() else {}), **values)

    clients.Consumer = lambda conf: member({**conf, **SOONER})
    connecting.get_client = connect
    consuming.LONGEST_RETRY_S = LONGEST_RETRY_S
    after(consuming, "poll", lambda batch, *_: script.reached("read") if batch else None)
    after(import_module("warehouse.write.store"), "_run", lambda _, _client, name, *_which: script.reached(name))
    consuming.serve(settings, script.after_step)


def run_ingest(settings: Settings, script: Script) -> None:
    """Ingest, with a clock that can jump, whose places are those around its commit and its delivery."""
    offset = settings.state_dir / CLOCK
    wall_s = time.time

    def shift_s() -> float:
        return float(offset.read_text()) if offset.exists() else 0.0

    time.time = lambda: wall_s() + shift_s()
    app: Any = import_module("ingest.app")
    process: Any = import_module("ingest.process")
    outbox: Any = import_module("ingest.outbox.outbox")
    relay = process.Relay
    app.clock_from = lambda _: lambda: datetime.now(UTC) + timedelta(seconds=shift_s())
    after(outbox, "store", lambda *_: script.reached("written"))
    after(outbox.Account, "add", lambda *_: script.reached("synced"))
    after(relay, "_produce", lambda *_: script.reached("handed over"))
    after(outbox.Outbox, "note_delivery", lambda *_: script.reached("acknowledged"))
    process.Relay = lambda *args: relay(*args, stall_s=STALL_S)
    app.serve(settings)


def run_api(settings: Settings, _script: Script) -> None:
    """The read API without the supervisor's page."""
    app = import_module("dashboards.api.app").make_api(settings)
    import_module("runtime.http").serve_app(app, settings.api_url, settings.listen_host)


if __name__ == "__main__":
    settings = Settings()
    {"stream": run_stream, "ingest": run_ingest, "api": run_api}[sys.argv[1]](
        settings, Script(settings.state_dir / "scripts" / sys.argv[2])
    )
