"""Each service answers as its OpenAPI document says; schemathesis generates the requests from it."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.asked_api import DAY, ROOT, town
from tests.support import Stack

pytestmark = pytest.mark.stack

IS_LONG = bool(os.environ.get("HAILONG_TEST_LONG"))
QUESTIONS_A_ROUTE = 150 if IS_LONG else 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
KNOWN: dict[str, list[Any]] = {
    "unit": [ROOT, "Q.1.1"],
    "id": ["SAT_CSAT"],
    "ids": ["SAT_CSAT,Q766_2_1"],
    "month": ["2026-03", "2000-01"],
}
EDGES: dict[str, list[Any]] = {
    "from": [DAY["from"], "2000-01-01", "1999-12-31", "0001-01-01T00:00:00+14:00"],
    "to": [DAY["to"], "2100-01-01", "2100-01-02", "9999-12-31T23:59:59-12:00"],
    "tree": ["2026-03-02", "2000-01-01", "2100-01-01", "0"],
    "limit": [0, 1, 100_000, 100_001, 10**400],
    "offset": [0, 10_000_000, 10_000_001],
    "code": ["Q-1", "\x00", "units;..", "a?b"],
}
"""Values that the document cannot name, and values at the edges of its bounds."""


@pytest.fixture(scope="module")
def services(stack: Stack) -> dict[str, str]:
    """The services with a document, over a town's data."""
    assert stack.send(town()) == []
    stack.wait_stored("test/questions", 60)
    return {"read API": stack.settings.api_url, "ingest": stack.settings.ingest_url}


@pytest.mark.parametrize("service", ["read API", "ingest"])
def test_every_answer_is_in_the_document(services: dict[str, str], stack: Stack, service: str) -> None:
    url = services[service]
    document = httpx.get(f"{url}/openapi.json", trust_env=False).json()
    schema = schemathesis.openapi.from_dict(document)
    statuses: Counter[int] = Counter()
    for operation_result in schema.get_all_operations():
        assert isinstance(operation_result, Ok)
        operation = operation_result.ok()

        @hypothesis_settings(
            # Each recount starts a process of its own.
            max_examples=2 if operation.path == "/v1/recount" else QUESTIONS_A_ROUTE,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        @given(case=operation.as_strategy(), data=st.data())
        def answered(case: schemathesis.Case[Any], data: st.DataObject) -> None:
            for name, values in {**KNOWN, **EDGES}.items():
                for place in (case.query, case.path_parameters):
                    if name in place and data.draw(st.booleans()):
                        place[name] = data.draw(st.sampled_from(values))
            headers = {"Authorization": f"Bearer {stack.key}"} if data.draw(st.booleans()) else {}
            answer = case.call(base_url=url, headers=headers, timeout=60)
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        answered()
    print(f"{service}: {sum(statuses.values())} questions, {dict(statuses)}")
    assert statuses[200]
