"""The output of a benchmark: rows with a ratio to a floor or a peer of the same run, as a line and as JSON."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "bench" / "results"


@dataclass(frozen=True)
class Row:
    """One figure.

    ``value`` is a median over rounds, in ``unit``; ``ratio`` is the median of its ratio to ``against`` within each
    round (None for a floor itself). ``cpu_us_per_event`` counts user and system time of what is measured with its
    store; ``peak_mb`` is the largest resident set of the measured process. ``note`` holds further facts.
    """

    bench: str
    case: str
    value: float
    unit: str
    ratio: float | None
    against: str
    cpu_us_per_event: float | None
    peak_mb: float | None
    note: str


def median_ratio(values: Sequence[float], floors: Sequence[float]) -> float | None:
    """The median over rounds of value / floor; None when the floor was not measured in each of these rounds."""
    if len(values) != len(floors) or not values or not all(floors):
        return None
    return median(value / floor for value, floor in zip(values, floors, strict=True))


def spread(values: Sequence[float]) -> str:
    """How many rounds there were and the least and the greatest of them."""
    return f"{len(values)} rounds, {figure(min(values))} to {figure(max(values))}"


def figure(value: float) -> str:
    """A value with three digits or more, never in powers of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def machine() -> dict[str, str | int]:
    """The machine of the measurements: processor, memory, kernel, and the versions of engine and broker."""
    processor = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    kafka = re.search(r"<kafka.version>(.+?)<", (ROOT / "local" / "pom.xml").read_text(encoding="utf-8"))
    return {
        "cores": os.cpu_count() or 0,
        "processor": processor[1] if processor else platform.machine(),
        "memory_mb": int(memory[1]) // 1024 if memory else 0,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "engine": f"chdb-core {version('chdb-core')}",
        "broker": f"Apache Kafka {kafka[1] if kafka else 'of an unknown version'}",
        "client": f"confluent-kafka {version('confluent-kafka')}, kafka-python {version('kafka-python')}",
    }


def plain(row: Row) -> str:
    """The row as one line of text."""
    beside = f"{row.ratio:.3g} of {row.against}" if row.ratio is not None else "floor"
    parts = [f"{row.bench} {row.case}: {figure(row.value)} {row.unit}", beside]
    parts += [f"{row.cpu_us_per_event:.3g} µs CPU/event"] if row.cpu_us_per_event is not None else []
    parts += [f"peak {row.peak_mb:.0f} MB"] if row.peak_mb is not None else []
    parts += [row.note] if row.note else []
    return "; ".join(parts)


def write(rows: Sequence[Row], folder: Path = RESULTS) -> Path:
    """Writes rows and machine to ``folder/TIME.json``; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    path = folder / f"{now:%Y-%m-%dT%H-%M-%SZ}.json"
    content = {"measured_at": now.isoformat(), "machine": machine(), "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
