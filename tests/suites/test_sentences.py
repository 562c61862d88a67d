"""What a clause says is what is judged: no sentence is stronger than its check."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from watchword.specs.loader import bundled, load_dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause, Expectation
from watchword.specs.values.http import Reply
from watchword.suites.judging.expect import expects

INVENTED = Path(__file__).resolve().parents[1] / "dialects" / "lanternhouse"
DIALECTS = [load_dialect(name) for name in (*bundled(), str(INVENTED))]
JUDGED = [
    (dialect, clause)
    for dialect in DIALECTS
    for clause in dialect.clauses
    if clause.can_break and clause.basis != "silent"
]
EXPECTING = [(d, c) for d, c in JUDGED if c.expect != Expectation()]
VALUES = {"string": "text", "integer": 60, "number": 60.5, "boolean": True, "object": {"a": 1}, "array": [1]}
OTHER = {"string": 60, "integer": "60", "number": "60", "boolean": "true", "object": [1], "array": {"a": 1}}


def ids(pairs: list[tuple[Any, Clause]]) -> list[str]:
    """Name the cases of a parametrised test after their clauses."""
    return [clause.full_id for _, clause in pairs]


def statuses(wanted: tuple[int | str, ...]) -> set[int]:
    """Give every status that is acceptable."""
    return {s for s in range(100, 600) if not wanted or s in wanted or f"{s // 100}xx" in wanted}


def name_of(operation: Operation, role: str) -> str:
    """Give the name under which a reply of the operation carries a role."""
    return next(m.name for shape in operation.replies.values() for m in shape.members if m.role == role)


def right(clause: Clause, operation: Operation) -> tuple[int, dict[str, str], dict[str, Any], bool]:
    """Make a reply that is all that a clause expects: its status, headers, members, and whether it has a body."""
    e = clause.expect
    status = min(statuses(e.of_status) & statuses(e.status) & set(range(200, 600)))
    headers = {
        "Content-Type": (e.content_type or ("application/json",))[0],
        **{n: header_value(n, v) for n, v in e.headers.items()},
    }
    members: dict[str, Any] = {}
    for role in e.present:
        members[name_of(operation, role)] = VALUES[e.types.get(role, "string")]
    members |= {name_of(operation, role): VALUES[kind] for role, kind in e.types.items()}
    members |= {name_of(operation, role): value for role, value in e.equals.items()}
    if e.error:
        members[name_of(operation, "error")] = e.error[0]
    return status, headers, members, e.body != "empty"


def header_value(name: str, text: str) -> str:
    """Give a header's value that says what is expected: a challenge has a scheme, and a code is one of its parameters."""
    if name != "WWW-Authenticate":
        return text or "x"
    code = text.removeprefix("error=").strip('"')
    return f"{text or 'Basic'} realm=here" if code.istitle() or not text else f'Bearer realm="here", error="{code}"'


def reply(status: int, headers: dict[str, str], members: dict[str, Any], body: bool = True) -> Reply:
    """Put a reply together."""
    return Reply(status, tuple(headers.items()), json.dumps(members).encode() if body else b"")


def outside(clause: Clause, operation: Operation) -> Iterator[tuple[str, Reply]]:
    """Make replies that are wrong in one part only, each just outside of what a clause expects."""
    e = clause.expect
    status, headers, members, body = right(clause, operation)
    if e.status:
        fine = statuses(e.status)
        inside = statuses(e.of_status)
        for other in sorted(inside - fine):
            if other - 1 in fine or other + 1 in fine or other in (200, 302, 400, 401, 403, 500):
                yield f"status {other}", reply(other, headers, members, body)
    if e.content_type:
        yield "content type", reply(status, headers | {"Content-Type": "text/html"}, members, body)
    for name, text in e.headers.items():
        yield f"no {name}", reply(status, {k: v for k, v in headers.items() if k != name}, members, body)
        if text:
            yield f"other {name}", reply(status, headers | {name: "y"}, members, body)
    if e.body == "json":
        yield "no JSON", replace(reply(status, headers, members), body=b"<p>")
    if e.body == "empty":
        yield "a body", reply(status, headers, {"a": 1})
    for what, changed in other_members(e, operation, members):
        yield what, reply(status, headers, changed, body)


def other_members(
    e: Expectation, operation: Operation, members: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Make members of which one is wrong."""
    for role in e.present:
        name = name_of(operation, role)
        yield f"no {role}", {k: v for k, v in members.items() if k != name}
        yield f"empty {role}", members | {name: ""}
    for role in e.absent:
        yield f"a {role}", members | {name_of(operation, role): "text"}
    for role, kind in e.types.items():
        yield f"type of {role}", members | {name_of(operation, role): OTHER[kind]}
    for role, value in e.equals.items():
        changed = f"{value}x" if e.ignore_case or not isinstance(value, str) else value.swapcase()
        yield f"value of {role}", members | {name_of(operation, role): changed}
    if e.error:
        yield "error code", members | {name_of(operation, "error"): "another_code"}


@pytest.mark.parametrize(("dialect", "clause"), EXPECTING, ids=ids(EXPECTING))
def test_what_is_just_outside_is_noticed(dialect: Any, clause: Clause) -> None:
    """A reply that is all a clause expects passes, and one that is wrong in a single part of it does not."""
    operation = dialect.api.operations[clause.operation]
    around = list(outside(clause, operation))

    assert [] == expects(clause.expect, reply(*right(clause, operation)), operation)
    assert around
    assert [] == [what for what, wrong in around if not expects(clause.expect, wrong, operation)]


@pytest.mark.parametrize(("dialect", "clause"), JUDGED, ids=ids(JUDGED))
def test_a_status_that_is_named_is_the_one_that_is_judged(dialect: Any, clause: Clause) -> None:
    """A status in a sentence is the only one that its check takes, or the one of the replies that it is about."""
    named = {int(n) for n in re.findall(r"\b[1-5]\d\d\b", clause.says)}
    named |= {int(n) * 100 + 99 for n in re.findall(r"\b([1-5])xx\b", clause.says)}
    expect = clause.expect
    judged = {s if isinstance(s, int) else int(s[0]) * 100 + 99 for s in (*expect.status, *expect.of_status)}
    if clause.guarantee == "method.allow_header":
        judged = {405}
    if clause.guarantee == "refusals.no_server_error":
        judged = {599}

    assert named <= judged
    assert not named or judged <= named or not expect.status or clause.guarantee is not None


@pytest.mark.parametrize(("dialect", "clause"), EXPECTING, ids=ids(EXPECTING))
def test_who_says_refused_judges_a_refusal(dialect: Any, clause: Clause) -> None:
    """A sentence by which something is refused has a check that takes nothing but refusals."""
    refused = re.search(r"\b(is|are) refused\b|\brefuses\b|\bopens? nothing\b|\bgives? no token\b", clause.says)
    allowed = statuses(clause.expect.status)

    assert not (refused and clause.when) or max(allowed) < 500
    assert not (refused and clause.when) or min(allowed) >= 400
