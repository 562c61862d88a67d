"""What Schemathesis does for the contract check: it makes requests of a description, and judges the replies to them.

Whoever imports this imports Schemathesis, which takes half a second; the contract check does so when it needs it, or in a
process beside its own.
"""

from __future__ import annotations

import codecs
import functools
import json
import re
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import GUARANTEES

if TYPE_CHECKING:
    import requests
    from schemathesis import Case
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    AnyCase = Case[Any]

__all__ = ["cases", "failures"]

_BACKEND = "watchword"
"""The backend's name, for `settings(backend=...)`."""
_PARAMETER = re.compile(r"{([^}]+)}")
_CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]


class _WithoutConstants(HypothesisProvider):
    """A backend of Hypothesis that makes the same values wherever it runs.

    The usual one also draws the constants of every module that happens to be imported from outside site-packages: the
    requests would differ from one checkout to the next, and words of other people's code would be sent to a target.
    """

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        """Draw nothing from anybody's code."""


AVAILABLE_PROVIDERS[_BACKEND] = _WithoutConstants


@functools.lru_cache(maxsize=64)
def cases(description: str, path: str, method: str) -> tuple[AnyCase, ...]:
    """Make requests to an operation of a description, given as JSON: such as keep to it, and such as break it.

    They are the same every time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(_cases(description, path, method))


def _cases(description: str, path: str, method: str) -> list[AnyCase]:
    operation = _schema(description)[path][method]
    counts = GUARANTEES["contract.conforms"].generated
    found: list[AnyCase] = []
    for mode, count in zip((GenerationMode.POSITIVE, GenerationMode.NEGATIVE), counts, strict=True):
        limits = settings(
            max_examples=count,
            derandomize=True,
            backend=_BACKEND,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        made: list[AnyCase] = []
        try:
            limits(given(case=operation.as_strategy(generation_mode=mode))(_keeper(made)))()
        except Unsatisfiable:
            continue  # nothing about this operation can be generated wrongly
        found += made[:count]
    return found


@functools.lru_cache(maxsize=8)
def _schema(description: str) -> OpenApiSchema:
    # Readable text: what unusual characters do to a server is a question for a fuzzer, not for a conformance suite.
    config = SchemathesisConfig.from_dict({"generation": {"codec": "ascii", "allow-x00": False}})
    return schemathesis.openapi.from_dict(json.loads(description), config=config)


def _keeper(made: list[AnyCase]) -> Callable[..., None]:
    def keep(case: AnyCase) -> None:
        made.append(case)

    return keep


@functools.lru_cache(maxsize=512)
def failures(description: str, path: str, method: str, reply: Reply) -> tuple[str, ...]:
    """Give what is wrong with a reply of an operation; many servers answer many requests in just the same way."""
    operation = _schema(description)[path][method]
    # What the checks hold a reply against does not depend on what was asked.
    case = operation.Case(path_parameters=dict.fromkeys(_PARAMETER.findall(path), "any"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            case.validate_response(_response(case, reply), checks=_CHECKS)
    except (FailureGroup, Failure) as failure:
        return tuple(one.title.lower() for one in getattr(failure, "exceptions", [failure]))
    return ()


def _response(case: AnyCase, reply: Reply) -> requests.Response:
    # Runs in which nothing is answered are spared the import.
    import requests
    from urllib3 import HTTPHeaderDict, HTTPResponse

    # RFC 8259 section 8.1 lets a reader pass over a byte order mark, as we do everywhere else; Schemathesis does not.
    body = reply.body.removeprefix(codecs.BOM_UTF8)
    response = requests.Response()
    response.status_code = reply.status
    response._content = body
    response.headers.update(dict(reply.headers))
    response.raw = HTTPResponse(body=body, headers=HTTPHeaderDict(list(reply.headers)), status=reply.status)
    response.encoding = "utf-8"
    kwargs = case.as_transport_kwargs(base_url="http://target.invalid")
    response.url = kwargs["url"]
    response.request = requests.Request(case.method, kwargs["url"]).prepare()
    return response
