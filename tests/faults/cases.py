"""The faults and, stated beforehand, what must come of each; docs/faults.md shows them."""

from __future__ import annotations

import os
from typing import NamedTuple

import pytest


class Case(NamedTuple):
    """A fault and what is expected beside that every row and every figure equals an independent recount."""

    fault: str
    expected: str


LONG = os.environ.get("HAILONG_FAULTS") == "long"
"""Whether the long variants run as well; they print their figures."""
ONLY_LONG = pytest.mark.skipif(not LONG, reason="set HAILONG_FAULTS=long")

CASES: dict[int, Case] = {
    1: Case("ingest killed between the outbox's commit and the 202", "no answer; sent again: accepted, counted once"),
    2: Case("ingest killed before the outbox's commit", "no answer, nothing stored; sent again: accepted"),
    3: Case("Kafka stopped (SIGSTOP) under load", "every request gets its 202, the outbox grows; it drains afterwards"),
    4: Case(
        "Kafka stopped for longer than ingest waits for an acknowledgement",
        "the producer is replaced, by itself; what it may have delivered is delivered again",
    ),
    5: Case(
        "Kafka killed with batches that it has not acknowledged, and started again",
        "as 3; no step by hand",
    ),
    6: Case(
        "Kafka's data lost, and its log cut off behind the stream's offset",
        "what ingest keeps after delivery is delivered again at its restart; lost offsets are an alarm with their"
        " number, never skipped in silence",
    ),
    7: Case(
        "Kafka away until the outbox is at its cap",
        "503 with Retry-After, ratings and tickets turned away before steps of dossiers; nothing acknowledged is lost",
    ),
    8: Case("the outbox's disk full", "503; the file stays sound; when there is room again all goes on by itself"),
    9: Case(
        "the stream, the store, Kafka or ingest killed at each numbered step of a flush",
        "the batch is read again; a step that was done is done again without effect",
    ),
    10: Case(
        "the request with a batch's lines cut in half, with lines of several months",
        "nothing of it or all of it is stored; the batch is read again",
    ),
    11: Case("the store killed in the middle of inserts, again and again", "no line is lost, none is doubled"),
    12: Case(
        "the stream or the store killed after each statement of a recomputation, with derived rows half made",
        "old or new figures until the batch is read again, then the new ones",
    ),
    13: Case("the store killed while it merges", "the counts are unchanged"),
    14: Case("a day sent again three times, later, by another ingest without memory", "all counts are unchanged"),
    15: Case(
        "an id sent again with other content, to the same and to another ingest",
        "the first stays; the same ingest refuses the other as `id_conflict`",
    ),
    16: Case(
        "a poison message in the middle of a batch: not JSON, wrong types, unknown type, past ingest, 10 MB",
        "refused at the door by reason; in the log set aside with origin and reason, its neighbours stored",
    ),
    17: Case("fields that no contract knows, and optional ones missing", "accepted; the raw event keeps every field"),
    18: Case("events of dossiers and tickets reversed and shuffled", "the same figures as in order"),
    19: Case(
        "an event that is late by a month, then a corrected appointment", "only the figures of its own days change"
    ),
    20: Case("consumers joining and leaving, in good order and killed", "each partition has one owner; all goes on"),
    21: Case(
        "an insert slower than the consumer may take between polls", "no commit from the dead; the batch is read again"
    ),
    22: Case(
        "the store refusing: too many parts, then out of memory",
        "the stream waits and says so, reads no further than its bound, and goes on by itself",
    ),
    23: Case(
        "clocks: a sender a day ahead, a year behind, a leap second, other zones; ingest's own clock jumping",
        "the future is refused as `time_in_future`; the rest counts where it says it happened",
    ),
    24: Case(
        "a hop (senders, Kafka, store) reset, half-open, slow by 0.2 s a piece, or cut in the middle of a request",
        "retried; whatever arrived twice counts once",
    ),
    25: Case(
        "power cut: the outbox's write-ahead log torn, the end of Kafka's log torn",
        "both open again; what Kafka lost is delivered again from the outbox",
    ),
    26: Case("an outbox file cut in half", "ingest refuses to start and says so; moved aside, senders send again"),
    27: Case("a second store or ingest on the same data", "the second refuses at once; the first goes on"),
    28: Case("the read API while the store is away", "503, never a zero or an old figure shown as new"),
    29: Case("a stream frozen while another takes its partitions, then thawed", "no partition has two owners' commits"),
    30: Case("every process killed at one moment under load", "all goes on where it stopped"),
    31: Case("kills of all kinds at random moments under load, senders that repeat themselves", "as ever"),
    32: Case(
        "everything of all cases sent once more, in another order, after all of it", "no figure of any case moves"
    ),
    33: Case(
        "ingest killed between handing events to Kafka and noting that Kafka has them",
        "delivered again at its start; counted once",
    ),
    34: Case(
        "the store's data lost",
        "built anew from Kafka by the steps of docs/operations.md, every figure of every case comes back the same",
    ),
    35: Case(
        "another process with the stream's name in the group",
        "the one that was fenced starts over by itself; nothing is done by hand",
    ),
    36: Case(
        "an import taken back, the stream or the store killed at each step of that",
        "every figure as if its events had never come, also those that come again",
    ),
}


def proves(number: int) -> pytest.MarkDecorator:
    """Marks a test as that of a case and gives it the case's events as ``truth``."""
    assert number in CASES
    return pytest.mark.parametrize("truth", [pytest.param(number, id=f"case {number}")], indirect=True)
