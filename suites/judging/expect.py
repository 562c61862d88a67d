"""Comparing a reply with what a clause expects of it, and saying both in words that hold no secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause, Expectation
from watchword.specs.values.http import Reply
from watchword.suites.acting.context import Tokens
from watchword.suites.acting.steps import Inconclusive, Transcript
from watchword.suites.judging.challenges import challenges

__all__ = [
    "TYPES",
    "Assertion",
    "Difference",
    "expected",
    "expects",
    "kind",
    "last_probe",
    "names_of",
    "observed",
    "path_of",
]


Assertion = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One deviation: what was expected, and what was seen instead.

    `assertion` is what a right server's replies would have held, for whoever sends the requests again: the name of a
    function of `watchword.reports.reproducing.assertions`, and its arguments, in which a reply stands for itself.
    """

    expected: str
    seen: str
    assertion: Assertion = field(default=(), compare=False)

    def __str__(self) -> str:
        return f"expected {self.expected}, saw {self.seen}"


TYPES: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "string": lambda v: isinstance(v, str),
        "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
        "boolean": lambda v: isinstance(v, bool),
        "object": lambda v: isinstance(v, dict),
        "array": lambda v: isinstance(v, list),
    }
)


_CHALLENGES = ("www-authenticate", "proxy-authenticate")


def expects(expectation: Expectation, reply: Reply, operation: Operation) -> list[Difference]:
    """Compare a reply with an expectation.

    Raises:
        Inconclusive: nothing deviates, but the part of the reply that was not read might.
    """
    found: list[Difference] = []
    if not expectation.accepts_status(reply.status):
        found.append(
            Difference(
                _any_of("status", expectation.status), str(reply.status), ("status", reply, [*expectation.status])
            )
        )
    if expectation.content_type and reply.media_type not in expectation.content_type:
        found.append(
            Difference(
                _any_of("content type", expectation.content_type),
                reply.media_type or "none",
                ("media_type", reply, [*expectation.content_type]),
            )
        )
    for name, text in expectation.headers.items():
        deviations = _header(name, text, reply.lines(name))
        found.extend(replace(one, assertion=("has_header", reply, name, text)) for one in deviations)
    if reply.cut and not found and _reads_body(expectation):
        raise Inconclusive("the reply is too long to be read to its end, and what was not read might decide")
    if expectation.body == "json" and reply.json is None:
        found.append(
            Difference(
                "a JSON body",
                "none" if not reply.body else f"{len(reply.body)} bytes that are not JSON",
                ("is_json", reply),
            )
        )
    if expectation.body == "empty" and reply.body:
        found.append(Difference("no body", f"{len(reply.body)} bytes", ("is_empty", reply)))
    found.extend(_members(expectation, operation, reply))
    return found


def names_of(operation: Operation, role: str) -> list[str]:
    """Give the names that the members of a role have in replies of an operation."""
    members = (member for shape in operation.replies.values() for member in shape.members)
    return list(dict.fromkeys(member.name for member in members if member.role == role)) or [role]


def _reads_body(expectation: Expectation) -> bool:
    return bool(
        expectation.body
        or expectation.present
        or expectation.absent
        or expectation.types
        or expectation.equals
        or expectation.error
    )


def _header(name: str, text: str, lines: tuple[str, ...]) -> list[Difference]:
    """Compare the lines of a header; what a standard lets stand in several lines is one list (RFC 9110 section 5.3)."""
    if not lines:
        return [Difference(f"the header {name}", "no such header")]
    if text and name.lower() in _CHALLENGES:
        found = challenges(lines)
        asked = f"one of {', '.join(challenge.scheme for challenge in found)}"[:80] if found else "none"
        wanted = f"the header {name} with a challenge of {text}"
        return [] if any(challenge.says(text) for challenge in found) else [Difference(wanted, asked)]
    value = ", ".join(lines)
    return (
        []
        if text.lower() in value.lower()
        else [Difference(f"the header {name} with {text!r} in it", repr(value)[:80])]
    )


def _members(expectation: Expectation, operation: Operation, reply: Reply) -> list[Difference]:
    found: list[Difference] = []
    values = operation.read_reply(reply.members)

    def add(expected: str, seen: str, assertion: str, role: str, *arguments: Any) -> None:
        found.append(Difference(expected, seen, (assertion, reply, names_of(operation, role), *arguments)))

    for role in expectation.present:
        if role not in values:
            add(f"the member with the {role}", "no such member", "has", role)
        elif values[role] in ("", None):
            add(f"{_a(role)} with a value", "the empty string" if values[role] == "" else "null", "has", role)
    for role in expectation.absent:
        if values.get(role) not in (None, ""):
            add(f"no {role}", _a(role), "lacks", role)
    for role, wanted in expectation.types.items():
        if role in values and not TYPES[wanted](values[role]):
            add(f"the {role} as JSON {wanted}", kind(values[role]), "typed", role, wanted)
    for role, value in expectation.equals.items():
        if role in values and not _equal(values[role], value, expectation.ignore_case):
            seen = repr(values[role])[:80]
            add(f"the {role} {value!r}", seen, "equals", role, value, expectation.ignore_case)
    if expectation.error and values.get("error") not in expectation.error:
        code = values.get("error")
        seen = "none" if code is None else repr(code)[:80]
        add(_any_of("error code", expectation.error), seen, "one_of", "error", [*expectation.error])
    return found


def _equal(left: Any, right: Any, ignore_case: bool) -> bool:
    if ignore_case and isinstance(left, str) and isinstance(right, str):
        return left.lower() == right.lower()
    return bool(left == right and type(left) is type(right))


def kind(value: Any) -> str:
    """Name the JSON type of a value."""
    if value is None:
        return "null"
    return next((name for name, test in TYPES.items() if test(value)), "something else")


def _a(role: str) -> str:
    return f"{'an' if role[0] in 'aeio' else 'a'} {role}"


def _any_of(what: str, values: tuple[Any, ...]) -> str:
    return f"{what} {_either(values)}"


def _either(values: tuple[Any, ...]) -> str:
    return " or ".join(map(str, values))


def expected(clause: Clause) -> str:
    """Say in one line what a clause expects."""
    if clause.observe or clause.basis == "silent":
        return "whatever the target does; it is observed"
    e = clause.expect
    parts = [f"where the status is {_either(e.of_status)}:"] if e.of_status else []
    parts += [_any_of("status", e.status)] if e.status else []
    parts += [_any_of("content type", e.content_type)] if e.content_type else []
    parts += [f"header {name}" + (f" with {text!r}" if text else "") for name, text in e.headers.items()]
    parts += [_a(role) for role in e.present] + [f"no {role}" for role in e.absent]
    parts += [f"{role} as {wanted}" for role, wanted in e.types.items()] + [
        f"{role} {value!r}" for role, value in e.equals.items()
    ]
    parts += [_any_of("error code", e.error)] if e.error else []
    parts += [{"json": "a JSON body", "empty": "no body"}[e.body]] if e.body else []
    return ", ".join(parts).replace(":,", ":") or clause.says.rstrip(".")


def observed(reply: Reply | None, operation: Operation) -> str:
    """Say in one line how a request was answered."""
    if reply is None:
        return "no reply"
    values = operation.read_reply(reply.members)
    token = " with an access token" if values.get("access_token") not in (None, "") else ""
    error = values.get("error")
    code = f", error code {error!r}"[:100] if isinstance(error, str) else ""
    return f"status {reply.status}{token}{code}"


def path_of(tokens: Tokens, role: str) -> list[str]:
    """Give the path to a role's value in the reply that gave it."""
    members = tokens.exchange.reply.members if tokens.exchange.reply is not None else {}
    names = names_of(tokens.operation, role)
    return [next((name for name in names if name in members), names[0])]


def last_probe(transcript: Transcript) -> Reply | None:
    """Give the reply to the last probe; None where there was no probe."""
    return next((e.reply for e in reversed(transcript.exchanges) if e.call.step == "probe"), None)
