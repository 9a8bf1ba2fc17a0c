"""One stack for all fault tests, and for each case what is known of it."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.faults.harness import Harness
from tests.faults.known import Truth


@pytest.fixture(scope="session")
def faulty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The stack, running."""
    harness = Harness(tmp_path_factory.mktemp("faults"), flush_interval_s=0.05)
    try:
        harness.start()
        yield harness
    finally:
        harness.stop()
        # kafka-python leaves the sockets of refused connections to the garbage collector.
        gc.collect()


@pytest.fixture
def harness(faulty_stack: Harness) -> Iterator[Harness]:
    """The stack with every process alive and every hop sound; whatever a case leaves behind is mended."""
    faulty_stack.revive()
    yield faulty_stack
    for hop in faulty_stack.hops.values():
        if hop.is_ill:
            hop.heal()
    faulty_stack.shift_clock(0)
    faulty_stack.forget_scripts()


@pytest.fixture
def truth(harness: Harness, request: pytest.FixtureRequest) -> Truth:
    """The events of this case, its units known to the stack."""
    made = Truth(request.node.name, request.param)
    harness.send(made.definitions)
    harness.truths.append(made)
    return made
