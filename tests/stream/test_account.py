"""The stream's counts of log messages add up at every moment and survive a restart."""

from __future__ import annotations

import pytest

from contract.events.topics import EVENTS
from tests.support import Stack, rating, unit, wait_until

STATES = {"written", "done", "in_hand", "unread"}


def is_settled(stack: Stack, written: float) -> bool:
    account = stack.log_account().get(EVENTS, {})
    return account.get("written", 0) >= written and account["in_hand"] == account["unread"] == 0


@pytest.mark.stack
def test_written_is_done_and_in_hand_and_unread_also_over_a_restart(stack: Stack) -> None:
    taps = [rating("LA", "2026-11-20T09:00:00+07:00", key=str(n), source="test/account") for n in range(4_000)]
    assert stack.send([unit("LA", level="external"), *taps[:10]]) == []
    stack.wait_stored("test/account", 10)
    wait_until(lambda: is_settled(stack, 10), 20)
    before = stack.log_account()[EVENTS]["written"]
    for start in range(10, 4_000, 665):
        assert stack.send(taps[start : start + 665]) == []
        if start == 2_005:
            stack.kill("stream")
            stack.revive()
        for account in stack.log_account().values():
            assert account.keys() == STATES
            assert account["written"] == account["done"] + account["in_hand"] + account["unread"]
    wait_until(lambda: is_settled(stack, before + 3_990), 60)
    assert stack.log_account()[EVENTS]["done"] >= before + 3_990
    assert stack.get("/v1/counts", source="test/account")["stored"] == 4_000
