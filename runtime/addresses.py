"""Which of our services' addresses may be reached through the proxy that the environment names (``HTTP_PROXY``).

Our own services stand on this machine or in this office's network. A proxy for the outside cannot reach them, and must
not see the key that their requests carry. So one rule holds for every client of ours: ``trust_env=uses_proxy(url)``.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

_INSIDE_ENDINGS = (".localhost", ".local", ".internal", ".lan", ".home.arpa")


def uses_proxy(url: str) -> bool:
    """Whether a request to this address may take the environment's proxy: only when the host lies outside.

    Inside are loopback, private and link-local addresses, names of one word (``localhost``, a container's ``ingest``)
    and names that end as names of local networks do. Any other name is outside; ``NO_PROXY`` takes single ones out.
    """
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "." in host and not host.endswith(_INSIDE_ENDINGS)
    # What only looks like IPv6 (::ffff:10.0.0.1) is the IPv4 address in it.
    address = getattr(address, "ipv4_mapped", None) or address
    return not (address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified)
