"""The read API's error responses: ``{"detail": sentence}``, never the store's own text."""

from __future__ import annotations

import re
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from urllib3.exceptions import HTTPError

from dashboards.api.filters import error_sentences
from dashboards.api.lanes import WORK
from dashboards.api.store_work import QuestionLeftError
from runtime.telemetry import log

REFUSED_VALUES = frozenset(
    {6, 26, 27, 38, 41, 53, 69, 70, 72, 131, 190, 321, 349, 376, 407, 427, 441, 457, 467, 675, 676}
)
"""ClickHouse's error numbers for a value that cannot be read, is out of its range or does not fit its type."""

OUT_OF_TIME = frozenset({159, 160})
NOT_READY = frozenset({60, 81, 202, 209, 210, 236, 241, 242, 252, 319, 394, 425, 439, 999, 1002})
"""Passing errors: tables not made yet, too many statements, no memory, no network, a store that shuts down."""

AWAY = "the store does not answer; ask again in a few seconds"
TOO_LONG = "counting this took longer than one question may take: ask for a shorter period, fewer units or fewer rows"
VALUE_REFUSED = "a value of this question lies outside of what is kept: see /docs for what each parameter may hold"
FAILED = "this question could not be answered because of a fault in hailong; its log says which"
LEFT = "who asked has gone"
MOST_LOGGED = 500
_CODE = re.compile(r"Code: (\d+)")


Responses = dict[int | str, dict[str, Any]]
"""Responses by status, as FastAPI documents them."""


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(description="a sentence that says what is wrong and what to do")


def _describe(description: str, *, comes_again: bool = False) -> dict[str, Any]:
    retry = {"Retry-After": {"description": "seconds to wait", "schema": {"type": "integer", "minimum": 0}}}
    return {"model": Problem, "description": description, **({"headers": retry} if comes_again else {})}


PROBLEMS: Responses = {
    400: _describe("A `Host` that is not ours."),
    404: _describe("There is no such unit or dossier."),
    422: _describe("A parameter is missing, is not what it must be, or asks for more than can be answered."),
    503: _describe("The store does not answer, takes too long, or too many questions are under way.", comes_again=True),
}
"""The error responses of every route, for the OpenAPI document."""

COME_AGAIN: Responses = {429: _describe("Another recount is under way.", comes_again=True)}


def answer_problems(app: FastAPI) -> None:
    """Registers a handler for each kind of error; all respond in one form."""
    app.add_exception_handler(RequestValidationError, _respond_to_invalid_request)
    app.add_exception_handler(ClickHouseError, _respond_to_store_error)
    app.add_exception_handler(HTTPError, _respond_to_store_error)
    app.add_exception_handler(QuestionLeftError, _respond_to_nobody)
    app.add_exception_handler(Exception, _respond_to_fault)


def _respond_to_invalid_request(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 the handler is registered for this type
    return JSONResponse({"detail": error_sentences(error.errors())}, 422)


def _respond_to_store_error(request: Request, error: Exception) -> JSONResponse:
    work = request.scope.get(WORK)
    if work is not None and work.is_left:
        # The statement was killed because the client has gone.
        return _respond_to_nobody(request, error)
    # A statement that fails half-way has its error number in the text only.
    numbered = _CODE.search(str(error))
    code = getattr(error, "code", None) or (int(numbered[1]) if numbered else None)
    log.warning("store_trouble", path=request.url.path, code=code, error=str(error)[:MOST_LOGGED])
    if code in REFUSED_VALUES:
        return JSONResponse({"detail": VALUE_REFUSED}, 422)
    if code in OUT_OF_TIME:
        return JSONResponse({"detail": TOO_LONG}, 503, {"Retry-After": "30"})
    if code is None or code in NOT_READY:
        return JSONResponse({"detail": AWAY}, 503, {"Retry-After": "2"})
    return JSONResponse({"detail": FAILED}, 500)


def _respond_to_nobody(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"detail": LEFT}, 503, {"Retry-After": "2"})


def _respond_to_fault(_request: Request, _error: Exception) -> JSONResponse:
    # Starlette raises the error again behind this answer, so that the server logs it.
    return JSONResponse({"detail": FAILED}, 500)
