"""The contract check: generated requests, each of whose replies has to be described. Schemathesis makes and judges them.

A reply that is described as far as we can see is not put before Schemathesis, which sees no more and takes longer to load
than the check. It judges schema, content type and status, with an explicit list of checks and without chance: the same requests every
time. Whether an operation refuses what it has to refuse is the business of the other suites; every request here carries
the right credentials, keys and tokens, so that what is generated is what is looked at.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any
from urllib.parse import unquote

from watchword.specs.values.api import FORM, JSON, Api, Operation
from watchword.specs.values.draft import Draft, Field
from watchword.specs.values.generated import Generated
from watchword.specs.values.http import Reply
from watchword.suites.acting.context import Context
from watchword.suites.acting.steps import Call, NotApplicable, NotObservable, Scenario, Transcript
from watchword.suites.judging.expect import Assertion, Difference
from watchword.suites.judging.shapes import schema_errors
from watchword.suites.judging.workshop import REMEDY, Workshop

__all__ = ["conforms", "described", "doubtful"]

_ACCOUNTS = {"username": "password", "operator_username": "operator_password", "client_id": "client_secret"}
"""Whose account is charged when a secret is wrong."""

_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")


def conforms(context: Context, workshop: Workshop) -> Scenario:
    """Send the right request as control, and then the generated ones."""
    operation = context.operation
    values, _ = yield from context.prepare(operation)
    control = yield Call(context.write(operation, values), "control", f"the right request to {operation.name}")
    context.require(control, operation)
    pairs = []
    described = context.api.operations.get(operation.name)
    if described is None or described.path != operation.path:
        raise NotApplicable("the target file names a protected operation that nothing describes")
    with _usable():
        cases = workshop.cases(context.api, operation.described_at, operation.method)
    for generated in cases:
        right = context.write(operation, (yield from context.prepare(operation))[0])
        sketch = _written(generated, right, f"watchword-nobody-{context.tag}")
        exchange = yield Call(sketch, "probe", "a generated request", generated=True)
        pairs.append((generated, exchange))
    return {"cases": tuple(pairs)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _written(case: Generated, right: Draft, nobody: str) -> Draft:
    """Put what was generated in the place of the right parameters, as far as it is what the request is about.

    A value that is sound in itself, and only not the right one, gives way to the right one: a server that refuses it would
    show nothing else. What is of the wrong kind, left out or added stays. Where that is a secret, nobody's name goes with
    it, so that no account is charged.
    """
    kept = [f for f in right.fields if f.place in ("basic", "bearer")]
    valid = case.valid
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
    elif right.media_type == JSON and case.has_body and isinstance(body, list | str | int | float | bool | None):
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


def _parameters(case: Generated, operation: Operation) -> Iterator[Field]:
    for name, value in case.path_parameters.items():
        yield Field("path", name, unquote(str(value)), _role(operation, "path", name))
    for name, value in case.query.items():
        yield Field("query", name, _text(value), _role(operation, "query", name))
    described = {b.name: b.role for b in operation.bindings if b.place == "header"}
    for name, value in case.headers.items():
        if name in described and _HEADER.fullmatch(str(value)):
            yield Field("header", name, str(value), described[name])


def described(context: Context, transcript: Transcript, workshop: Workshop) -> list[Difference]:
    """Hold every reply against the description: declared status, declared content type, schema.

    Raises:
        NotObservable: Schemathesis is wanted, and cannot be used.
    """
    found: list[Difference] = []
    # Where nothing generated names anything that exists, the right request is the only one that is served.
    for control in (e for e in transcript.exchanges if e.call.step == "control" and e.reply is not None):
        status = control.reply.status if control.reply is not None else 0
        if context.operation.shape(status) is None:
            undescribed = ("status", control.reply, list(context.operation.replies))
            found.append(
                Difference("a described reply", f"status {status}: undocumented http status code", undescribed)
            )
    operation = context.operation
    # Of a reply that was cut nobody knows how it goes on.
    whole = [e.reply for _, e in transcript.facts["cases"] if e.reply is not None and not e.reply.cut]
    doubted = [reply for reply in whole if doubtful(context.api, operation, reply)]
    told: list[tuple[str, ...]] = []
    if doubted:
        with _usable():
            told = workshop.failures(context.api, operation.described_at, operation.method, doubted)
    for reply, titles in zip(doubted, told, strict=True):
        for title in titles:
            difference = Difference("a described reply", f"status {reply.status}: {title}", _assertion(context, reply))
            if difference not in found:
                found.append(difference)
    return found


@contextlib.contextmanager
def _usable() -> Iterator[None]:
    """Take a Schemathesis that is half a one, or one of another age, for none."""
    try:
        yield
    except ImportError as trouble:
        raise NotObservable(f"the Schemathesis that is installed cannot be used ({trouble}): {REMEDY}") from trouble


def doubtful(api: Api, operation: Operation, reply: Reply) -> bool:
    """Tell whether a reply may be one that is not described: all that Schemathesis would find are among them."""
    # Where anything may stand in the body, it still has to be what its media type says.
    unread = reply.media_type.endswith("json") and reply.json is None
    return unread or next(schema_errors(api, operation, reply), None) is not None


def _assertion(context: Context, reply: Reply) -> Assertion:
    """Say what the reply would have held, had it been described."""
    return next((assertion for *_, assertion in schema_errors(context.api, context.operation, reply)), ())
