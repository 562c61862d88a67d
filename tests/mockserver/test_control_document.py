"""The control side's own description: other people's linter takes it, and Schemathesis holds the mock to it."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from watchword.mockserver.console.asked import DESCRIPTION
from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect

DOCUMENT: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text("utf-8"))
# A stream has no end that could be waited for.
OPERATIONS = [
    (path, method)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method != "parameters" and "text/event-stream" not in str(item[method]["responses"])
]
CARRYING = [(p, m) for p, m in OPERATIONS if {"parameters", "requestBody"} & set(DOCUMENT["paths"][p][m])]
RIGHT, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
ASKED = [*((p, m, RIGHT) for p, m in OPERATIONS), *((p, m, WRONG) for p, m in CARRYING)]
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
EXAMPLES = 12


@pytest.fixture(scope="module")
def mock() -> Iterator[Running]:
    """A mock that is asked a great deal."""
    with start(Service(load_dialect("rator"))) as running:
        yield running


@pytest.mark.parametrize(("path", "method", "mode"), ASKED, ids=[f"{m} {p} {mode.name}" for p, m, mode in ASKED])
def test_schemathesis(mock: Running, path: str, method: str, mode: GenerationMode) -> None:
    """Whatever is asked, the answer is one that the description has, and never a failure of the mock."""
    statuses = []
    session = requests.Session()
    session.trust_env = False

    def send(case: Any, url: str) -> None:
        reply = case.call(base_url=url, session=session, timeout=10)
        statuses.append(reply.status_code)
        case.validate_response(reply, checks=CHECKS)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method.upper()]
        limits = settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        made = given(
            case=operation.as_strategy(generation_mode=mode), url=strategies.just(mock.control_url.rstrip("/"))
        )
        limits(hypothesis.seed(1)(made(send)))()

    assert statuses
    if mode is WRONG:
        assert any(status >= 400 for status in statuses)


@pytest.mark.needs("redocly")
def test_redocly(tool: Callable[[str], str]) -> None:
    """Redocly's recommended rules find no error."""
    quiet = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    words = [tool("redocly"), "lint", "--format=stylish", str(DESCRIPTION)]
    ended = subprocess.run(words, env=quiet, capture_output=True, text=True, check=False)

    assert 0 == ended.returncode, ended.stdout + ended.stderr
