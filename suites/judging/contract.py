"""The contract check: generated requests, each of whose replies has to be described. Schemathesis makes and judges them.

It judges schema, content type and status, with an explicit list of checks and without chance: the same requests every
time. Whether an operation refuses what it has to refuse is the business of the other suites; every request here carries
the right credentials, keys and tokens, so that what is generated is what is looked at.
"""

from __future__ import annotations

import codecs
import functools
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from watchword.specs.values.api import FORM, JSON, Api, Operation
from watchword.specs.values.clause import Clause
from watchword.specs.values.draft import Draft, Field
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.acting.context import Context
from watchword.suites.acting.steps import Call, NotApplicable, Scenario, Transcript
from watchword.suites.judging.expect import Assertion, Difference
from watchword.suites.judging.shapes import schema_errors

if TYPE_CHECKING:
    import requests
    from schemathesis import Case

    AnyCase = Case[Any]

__all__ = ["conforms", "described"]

_ACCOUNTS = {"username": "password", "operator_username": "operator_password", "client_id": "client_secret"}
"""Whose account is charged when a secret is wrong."""

_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")


@dataclass(frozen=True, eq=False, slots=True)
class _Generated:
    """One generated request. It is equal to none but itself: to compare what it is made of costs as much as to judge."""

    case: AnyCase


@functools.lru_cache(maxsize=64)
def _cases(api: Api, path: str, method: str) -> tuple[_Generated, ...]:
    counts = GUARANTEES["contract.conforms"].generated
    # Half a second of imports, and nobody else needs them.
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis.errors import Unsatisfiable
    from schemathesis import GenerationMode
    from schemathesis.config import SchemathesisConfig

    from watchword.suites.judging.generating import BACKEND

    # Readable text: what unusual characters do to a server is a question for a fuzzer, not for a conformance suite.
    config = SchemathesisConfig.from_dict({"generation": {"codec": "ascii", "allow-x00": False}})
    operation = schemathesis.openapi.from_dict(json.loads(json.dumps(api.description)), config=config)[path][method]
    found: list[AnyCase] = []
    for mode, count in zip((GenerationMode.POSITIVE, GenerationMode.NEGATIVE), counts, strict=True):
        limits = settings(
            max_examples=count,
            derandomize=True,
            backend=BACKEND,
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
    return tuple(map(_Generated, found))


def _keeper(made: list[AnyCase]) -> Callable[..., None]:
    def keep(case: AnyCase) -> None:
        made.append(case)

    return keep


def conforms(context: Context) -> Scenario:
    """Send the right request as control, and then the generated ones."""
    operation = context.operation
    values, _ = yield from context.prepare(operation)
    control = yield Call(context.write(operation, values), "control", f"the right request to {operation.name}")
    context.require(control, operation)
    pairs = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        described_at = context.api.operations.get(operation.name)
        moved = described_at is None or described_at.path != operation.path
        if moved:
            raise NotApplicable("the target file names a protected operation that nothing describes")
        cases = _cases(context.api, operation.path, operation.method)
    for generated in cases:
        right = context.write(operation, (yield from context.prepare(operation))[0])
        sketch = _written(generated.case, right, f"watchword-nobody-{context.tag}")
        exchange = yield Call(sketch, "probe", "a generated request", generated=True)
        pairs.append((generated, exchange))
    return {"cases": tuple(pairs)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _written(case: AnyCase, right: Draft, nobody: str) -> Draft:
    """Put what was generated in the place of the right parameters, as far as it is what the request is about.

    A value that is sound in itself, and only not the right one, gives way to the right one: a server that refuses it would
    show nothing else. What is of the wrong kind, left out or added stays. Where that is a secret, nobody's name goes with
    it, so that no account is charged.
    """
    kept = [f for f in right.fields if f.place in ("basic", "bearer")]
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    fields = [*kept, *(_right_one(field, right, valid) for field in _parameters(case, right.operation))]
    body: Any = case.body
    if isinstance(body, bytes):
        return replace(right, fields=tuple(fields), body=body)
    place = {FORM: "form", JSON: "json"}.get(right.media_type or "")
    if place is not None and isinstance(body, Mapping):
        members: Iterable[Field] = (
            Field(place, name, value, _role(right.operation, place, name)) for name, value in body.items()
        )
        if valid:
            # Several operations may share a description of bodies, and a body for one of them lacks what another wants.
            members = chain(members, (f for f in right.fields if f.place == place and f.name not in body))
        fields += [_right_one(member, right, valid) for member in members]
    elif right.media_type == JSON and isinstance(body, list | str | int | float | bool | None):
        return replace(right, fields=tuple(fields), body=json.dumps(body).encode())
    return _harmless(replace(right, fields=tuple(fields)), right, nobody)


def _right_one(field: Field, right: Draft, valid: bool) -> Field:
    same = [f for f in right.fields if f.role == field.role and f.role is not None]
    known = next((f for f in right.fields if (f.place, f.name) == (field.place, field.name)), None) or next(
        iter(same), None
    )
    sound = isinstance(field.value, str) and (valid or field.value != "")
    value = known.value if known is not None and sound else field.value
    return replace(field, value=_text(value) if field.place == "form" else value)


def _harmless(draft: Draft, right: Draft, nobody: str) -> Draft:
    for name, secret in _ACCOUNTS.items():
        sent, held = ({str(f.value) for f in sketch.of(secret)} for sketch in (draft, right))
        if held and sent != held and draft.of(name):
            draft = draft.setting(name, nobody)
    return draft


def _role(operation: Operation, place: str, name: str) -> str | None:
    return next((b.role for b in operation.bindings if (b.place, b.name) == (place, name)), None)


def _parameters(case: AnyCase, operation: Operation) -> Iterator[Field]:
    for name, value in (case.path_parameters or {}).items():
        yield Field("path", name, unquote(str(value)), _role(operation, "path", name))
    for name, value in (case.query or {}).items():
        yield Field("query", name, _text(value), _role(operation, "query", name))
    described = {b.name: b.role for b in operation.bindings if b.place == "header"}
    for name, value in (case.headers or {}).items():
        if name in described and _HEADER.fullmatch(str(value)):
            yield Field("header", name, str(value), described[name])


def described(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """Hold every reply against the description: declared status, declared content type, schema."""
    found: list[Difference] = []
    # Where nothing generated names anything that exists, the right request is the only one that is served.
    for control in (e for e in transcript.exchanges if e.call.step == "control" and e.reply is not None):
        status = control.reply.status if control.reply is not None else 0
        if context.operation.shape(status) is None:
            undescribed = ("status", control.reply, list(context.operation.replies))
            found.append(
                Difference("a described reply", f"status {status}: undocumented http status code", undescribed)
            )
    for generated, exchange in transcript.facts["cases"]:
        # Of a reply that was cut nobody knows how it goes on.
        if exchange.reply is None or exchange.reply.cut:
            continue
        for title in _failures(generated, exchange.reply):
            seen = f"status {exchange.reply.status}: {title}"
            difference = Difference("a described reply", seen, _assertion(context, exchange.reply))
            if difference not in found:
                found.append(difference)
    return found


def _assertion(context: Context, reply: Reply) -> Assertion:
    """Say what the reply would have held, had it been described."""
    return next((assertion for *_, assertion in schema_errors(context.api, context.operation, reply)), ())


@functools.lru_cache(maxsize=512)
def _failures(generated: _Generated, reply: Reply) -> tuple[str, ...]:
    """Give what is wrong with a reply to a generated request; many servers answer many of them in just the same way."""
    from schemathesis.core.failures import Failure, FailureGroup
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [status_code_conformance, content_type_conformance, response_schema_conformance]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            generated.case.validate_response(_response(generated.case, reply), checks=checks)
    except (FailureGroup, Failure) as failure:
        return tuple(one.title.lower() for one in getattr(failure, "exceptions", [failure]))
    return ()


def _response(case: AnyCase, reply: Reply) -> requests.Response:
    # Runs in which nothing is generated are spared the import.
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
