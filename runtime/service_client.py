"""Requests to our own services that are neither events (``ingest_client``) nor questions (``api_client``).

These are looks at a service's state, its readiness and its metrics, and the approval of a tablet's code.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from runtime.addresses import uses_proxy

Metrics = Mapping[tuple[str, str], float]
"""Values by the metric's name and its label ``state``, which is empty for one without; summed over other labels."""


@cache
def _tls() -> ssl.SSLContext:
    # Making one takes longer than a whole request on the loopback, and these requests are made several times a second.
    return httpx.create_ssl_context()


class ServiceError(Exception):
    """A service did not answer, or with something else than was asked for; the text says how."""


def is_ready(url: str, timeout_s: float) -> bool:
    """Whether a GET of this address is answered with 200."""
    try:
        return httpx.get(url, timeout=timeout_s, trust_env=uses_proxy(url), verify=_tls()).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def read_metrics(url: str, timeout_s: float) -> Metrics:
    """The metrics of the service at ``url``; raises ``ServiceError``."""
    values: dict[tuple[str, str], float] = {}
    try:
        answer = httpx.get(
            f"{url}/metrics", timeout=timeout_s, trust_env=uses_proxy(url), verify=_tls()
        ).raise_for_status()
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                key = sample.name, sample.labels.get("state", "")
                values[key] = values.get(key, 0.0) + sample.value
    except (httpx.HTTPError, ValueError) as error:
        raise ServiceError(str(error)) from error
    return values


def post_json(url: str, key: str, content: Mapping[str, Any], timeout_s: float) -> tuple[bool, dict[str, Any]]:
    """Whether a service took ``content`` (2xx), and the JSON object that it answered; raises ``ServiceError``."""
    try:
        answer = httpx.post(
            url,
            json=content,
            headers={"Authorization": f"Bearer {key}"},
            timeout=timeout_s,
            trust_env=uses_proxy(url),
            verify=_tls(),
        )
        return answer.is_success, dict(answer.json())
    except (httpx.HTTPError, ValueError, TypeError) as error:
        raise ServiceError(str(error)) from error
