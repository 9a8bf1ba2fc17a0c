"""The values of ingest's metrics, read together so that their sums hold at every moment."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.outbox.outbox import Outbox
from ingest.relay import Relay


def read_metrics(outbox: Outbox, relay: Relay) -> tuple[dict[str, float], Mapping[str, int]]:
    """Values by metric name, and the number of refused events by reason.

    The account and the delivered number are each read once, so that accepted - repeated + recalled = delivered +
    damaged + pending.
    """
    account, waiting = outbox.account, outbox.waiting
    delivered_seq, damaged_events = outbox.progress
    unacknowledged = relay.unacknowledged
    return {
        "hailong_ingest_events_received": account.received,
        "hailong_ingest_events_accepted": account.accepted,
        "hailong_ingest_events_repeated": account.repeated,
        "hailong_ingest_waiting_events": waiting.events,
        "hailong_ingest_waiting_bytes": waiting.nbytes,
        "hailong_outbox_recalled_events": outbox.recalled,
        "hailong_outbox_delivered_events": delivered_seq + 1 - outbox.first_seq - damaged_events,
        "hailong_outbox_damaged_events": damaged_events,
        "hailong_outbox_pending_events": account.last_seq - delivered_seq,
        "hailong_outbox_pending_bytes": outbox.pending_bytes,
        "hailong_outbox_pending_seconds": outbox.oldest_pending_s(),
        "hailong_outbox_refused_bytes": outbox.refused_bytes,
        "hailong_outbox_fill_ratio": outbox.fill_ratio,
        "hailong_relay_unacknowledged_events": unacknowledged.events,
        "hailong_relay_unacknowledged_bytes": unacknowledged.nbytes,
    }, account.refused
