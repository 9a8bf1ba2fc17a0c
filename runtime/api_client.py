"""The one client of the read API: questions by GET, answers as JSON or as a file's bytes, failures as typed exceptions.

Whoever asks says how long an answer may take: a page 5 s, a report a minute, a recount three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from runtime.addresses import uses_proxy

Parameters = Mapping[str, str | int]


class ApiError(Exception):
    """The read API gave no answer that can be used; the text says why."""


class ApiAwayError(ApiError):
    """No answer came: nobody listens at the address, or the connection broke."""


class ApiTimeoutError(ApiAwayError):
    """The connection stands, but no answer came in time. A busy store answers late, not never."""


class ApiStatusError(ApiError):
    """An answer other than 2xx. ``detail`` is the API's own sentence, ``body`` the whole answer as text.

    ``retry_after_s`` is the wait in seconds that the answer asks for, None when it names none.
    """

    def __init__(self, text: str, status: int, detail: str, body: str, retry_after_s: float | None) -> None:
        super().__init__(text)
        self.status, self.detail, self.body, self.retry_after_s = status, detail, body, retry_after_s


class ApiBodyError(ApiError):
    """An answer of 2xx that is no JSON object: something else listens at the address."""


class ApiClient:
    """A connection to the read API at ``url``; safe to use from several threads.

    ``timeout_s`` holds for each question that names none of its own; ``key`` is sent along when there is one.
    """

    def __init__(self, url: str, timeout_s: float, key: str = "") -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s, trust_env=uses_proxy(url))

    def __enter__(self) -> ApiClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection; the client cannot be used afterwards."""
        self._http.close()

    def get(self, path: str, parameters: Parameters | None = None, *, timeout_s: float | None = None) -> dict[str, Any]:
        """The JSON object that answers a question; raises ``ApiError``."""
        answer = self._answer(path, parameters, timeout_s)
        try:
            content = answer.json()
        except ValueError as error:
            raise ApiBodyError(f"no JSON: {error}") from error
        if not isinstance(content, dict):
            raise ApiBodyError(f"no JSON object: {answer.text[:300]}")
        return content

    def get_bytes(self, path: str, parameters: Parameters | None = None, *, timeout_s: float | None = None) -> bytes:
        """The answer as it is, for a file; raises ``ApiError``."""
        return self._answer(path, parameters, timeout_s).content

    def _answer(self, path: str, parameters: Parameters | None, timeout_s: float | None) -> httpx.Response:
        timeout = httpx.USE_CLIENT_DEFAULT if timeout_s is None else timeout_s
        try:
            answer = self._http.get(path, params=dict(parameters or {}), timeout=timeout)
        except httpx.ReadTimeout as error:
            raise ApiTimeoutError(str(error)) from error
        except httpx.HTTPError as error:
            raise ApiAwayError(str(error)) from error
        try:
            return answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            raise ApiStatusError(
                str(error), answer.status_code, _detail(answer), answer.text, _seconds(answer.headers)
            ) from error


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return ""


def _seconds(headers: httpx.Headers) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
