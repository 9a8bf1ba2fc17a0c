"""Whether Kafka listens at all, asked before a client is made.

A kafka-python client that finds no broker raises after half a minute and leaves its thread and sockets behind, which
would add up to thousands over a day without Kafka.
"""

from __future__ import annotations

import socket
from contextlib import suppress

CONNECT_TIMEOUT_S = 2.0
KAFKA_PORT = 9092


def reachable(bootstrap: str) -> bool:
    """Whether any of the servers ``host:port,host:port`` takes a connection."""
    for server in bootstrap.split(","):
        host, _, port = server.strip().rpartition(":")
        address = (host.strip("[]"), int(port)) if port.isdigit() else (server.strip(), KAFKA_PORT)
        with suppress(OSError):
            socket.create_connection(address, timeout=CONNECT_TIMEOUT_S).close()
            return True
    return False
