"""The script that repeats what one check did: all its requests in their order, and what a right server's replies hold.

It is written in Python, since a Python is where people test servers, and its standard library alone reads JSON, codes a
password for a form or for Basic, and alters a JWT, for which a shell would need three more tools.

Laws:
1. It holds no secret: it asks the environment for each that it needs.
2. What it takes from a reply, it takes from the reply that it gets. Nothing that a server once gave is sent again.
"""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.reports.records import ClauseRecord, ExchangeRecord, RunRecord, TargetRecord
from watchword.reports.reproducing.assertions import ASSERTIONS
from watchword.reports.reproducing.source import needed

__all__ = ["Script", "Unwritable", "script"]

_CODINGS: Mapping[str, str] = {"form": "form", "json": "jsontext", "path": "inpath", "data": "json.dumps"}

_TLS: Mapping[str, str] = {
    "insecure": "WATCHWORD_INSECURE",
    "ca_file": "SSL_CERT_FILE",
    "client_certificate": "WATCHWORD_CLIENT_CERTIFICATE",
    "client_key": "WATCHWORD_CLIENT_KEY",
}
"""What a script takes from the environment in place of the settings of a target file."""
_OF_SERVED = frozenset(
    [
        "has",
        "typed",
        "equals",
        "differ",
        "same",
        "names",
        "ahead",
        "in_seconds",
        "matches",
        "extends",
        "same_scopes",
        "no_other_scopes",
    ]
)
"""Assertions about what a success carries: whoever is refused, for a wrong secret in the environment say, knows nothing of it."""
_PSEUDONYM = re.compile(r"\b[a-z_]+#[0-9]+\b")
"""What stands in a record for a secret."""


class Unwritable(ValueError):
    """No script can be written; the text says why."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script: `head` says what it is about, `library` is what it needs of ours, `steps` what it does."""

    head: str
    library: str
    steps: str

    @property
    def text(self) -> str:
        """The whole script."""
        return f"{self.head}\n{self.library}\n\n\n{self.steps}"


def script(run: RunRecord, record: ClauseRecord) -> Script:
    """Write the script that repeats a check.

    Raises:
        Unwritable: nothing was sent, or a request cannot be made again.
    """
    return _Writer(run, record).write()


class _Writer:
    def __init__(self, run: RunRecord, record: ClauseRecord) -> None:
        self._run = run
        self._record = record
        found = [t for t in run.targets if (t["name"], t["dialect"]) == (record.target, record.dialect)]
        self._target: TargetRecord = found[0] if found else {"name": record.target, "dialect": record.dialect}
        self._roles: dict[str, str] = {}
        self._names: set[str] = {"conclude", "send"}

    def write(self) -> Script:
        record = self._record
        if not record.exchanges:
            raise Unwritable("nothing was sent")
        checks = list(self._checks())
        judged = {
            part for _, (name, *rest) in checks if name not in _OF_SERVED for part in rest if isinstance(part, int)
        }
        steps = [line for number, e in enumerate(record.exchanges, 1) for line in self._step(number, e, judged)]
        said = [line for expected, check in checks for line in self._check(expected, check)]
        secrets = [f'{role.upper()} = secret("WATCHWORD_{role.upper()}")' for role in self._roles]
        self._names |= {"secret"} if secrets else set()
        body = [
            *self._bases(),
            *secrets,
            "",
            "",
            "def check() -> None:",
            *steps,
            "",
            "",
            "conclude(",
            "    check,",
            *said,
        ]
        body += [f"    times={record.attempts},", ")", ""] if record.attempts > 1 else [")", ""]
        return Script("\n".join(self._head()), needed(sorted(self._names)), "\n".join(body))

    # -- what it says of itself

    def _head(self) -> Iterator[str]:
        record = self._record
        yield "#!/usr/bin/env python3"
        lines = [
            f"{record.clause} at {record.target}: {record.says}",
            "",
            f"Expected: {record.expected}",
            f"Seen on {self._run.started[:10]}: {record.observed}",
            "",
            "Sends the requests of this check in their order and says what it expected and what it saw.",
            "Exits with 1 when the deviation shows, 0 when it does not, 2 when nobody can tell.",
            "Needs Python 3.10 or later, and no package. WATCHWORD_URL names another server to ask.",
        ]
        if self._roles:
            lines.append(
                f"Secrets come from the environment: {', '.join(f'WATCHWORD_{r.upper()}' for r in self._roles)}."
            )
        for name, value in self._target.get("tls", {}).items():
            if name in _TLS:
                lines.append(f"As the run had it: export {_TLS[name]}={shlex.quote(str(value))}.")
        lines += [
            "",
            f"Written by watchword reproduce; this clause again: watchword test TARGET.toml -k {record.clause.partition(':')[2]}",
        ]
        # What a server said stands in there: a line break of its own would end the comment.
        yield from (f"# {' '.join(line.split())}".rstrip() for line in lines)
        yield "from __future__ import annotations"
        yield ""

    def _bases(self) -> Iterator[str]:
        self._names.add("os")
        url = str(self._target.get("url", ""))
        resource = str(self._target.get("resource_url", "") or url)
        yield f'URL = os.environ.get("WATCHWORD_URL", {_quoted(url)})'
        if resource != url:
            yield f'RESOURCE_URL = os.environ.get("WATCHWORD_RESOURCE_URL", {_quoted(resource)})'

    # -- what it sends

    def _step(self, number: int, exchange: ExchangeRecord, judged: set[int]) -> Iterator[str]:
        recipe, request = exchange.recipe, exchange.request
        if "lost" in recipe:
            raise Unwritable(f"request {number} cannot be made again: {recipe['lost']}")
        told = [request["url"] * ("url" not in recipe), (request["body"] or "") * ("body" not in recipe)]
        told += [
            value for place, (_, value) in enumerate(request["headers"]) if str(place) not in recipe.get("headers", {})
        ]
        if any(_PSEUDONYM.search(text) for text in told):
            raise Unwritable(f"nothing says what a secret of request {number} was made of")
        if number > 1:
            for pause in recipe.get("pauses", ()):
                yield f"    {self._pause(pause)}"
        served = number not in judged and exchange.reply is not None and 200 <= exchange.reply["status"] < 300
        headers = recipe.get("headers", {})
        pairs = [
            f"({_quoted(str(name))}, {self._pieces(headers.get(str(place), [value]))})"
            for place, (name, value) in enumerate(request["headers"])
        ]
        says = f"{exchange.step}: {exchange.purpose}"
        yield "    send("
        yield f"        {_quoted(says)},"
        yield f"        {_quoted(request['method'])},"
        yield f"        {self._address(recipe.get('url', [request['url']]))},"
        yield from ("        [", *(f"            {pair}," for pair in pairs), "        ],")
        if "bytes" in recipe:
            self._names.add("base64")
            yield f"        base64.b64decode({_quoted(recipe['bytes'])}),"
        elif recipe.get("body") or request["body"]:
            yield f"        {self._pieces(recipe.get('body', [request['body']]))},"
        if served:
            yield "        served=True,"
        yield "    )"

    def _pause(self, pause: Mapping[str, Any]) -> str:
        self._names.add("wait")
        until = ""
        if "until" in pause:
            number = _literal(pause["until"][1])
            start = f"reply({number}).replied + " if pause.get("counted") else ""
            self._names |= {"reply"} if start else set()
            until = f", {start}{self._value(['reply', *pause['until'][1:]])} + {float(pause['plus'])}"
        return f"wait({_quoted(str(pause['reason']))}, {float(pause['seconds'])}{until})"

    def _address(self, pieces: list[Any]) -> str:
        """Write an address, what it begins with as a variable."""
        first = pieces[0] if pieces and isinstance(pieces[0], str) else ""
        bases = {"RESOURCE_URL": self._target.get("resource_url", ""), "URL": self._target.get("url", "")}
        if bases["RESOURCE_URL"] == bases["URL"]:
            del bases["RESOURCE_URL"]
        for name, base in sorted(bases.items(), key=lambda pair: -len(str(pair[1]))):
            if base and first.startswith(str(base)):
                rest = self._pieces([first[len(str(base)) :], *pieces[1:]])
                return f"{name} + {rest}"
        return self._pieces(pieces)

    def _pieces(self, pieces: Iterable[Any]) -> str:
        written = [_quoted(piece) if isinstance(piece, str) else self._value(piece) for piece in pieces]
        return " + ".join(text for text in written if text != '""') or '""'

    def _value(self, value: Any) -> str:
        kind, *rest = value
        if kind == "secret":
            self._roles[str(rest[0])] = str(rest[0])
            return _identifier(str(rest[0]).upper())
        if kind == "reply":
            self._names.add("at")
            return f"at({', '.join(map(_literal, rest))})"
        if kind == "made":
            name = _identifier(str(rest[0]))
            self._names.add(name)
            return f"{name}({self._value(rest[1])})"
        if kind == "basic":
            self._names.add("basic")
            return f"basic({self._pieces(rest[0])})"
        if kind in _CODINGS:
            self._names.add(_CODINGS[kind].partition(".")[0])
            return f"{_CODINGS[kind]}({self._value(rest[0])})"
        raise Unwritable(f"nobody knows what {kind!r} is")

    # -- what it looks for

    def _checks(self) -> Iterator[tuple[str, list[Any]]]:
        record = self._record
        told = [difference.partition(", saw ")[0].removeprefix("expected ") for difference in record.differences]
        found = [list(assertion) for assertion in record.assertions]
        for place, assertion in enumerate(found):
            if assertion and assertion[0] in ASSERTIONS:
                yield told[place] if place < len(told) else record.expected, assertion
        if not any(found):
            yield from self._as_recorded()

    def _as_recorded(self) -> Iterator[tuple[str, list[Any]]]:
        """Where nothing deviated, the statuses are what can be looked at; what blocked a check has to be served."""
        exchanges = self._record.exchanges
        if self._record.differences:
            return
        if exchanges[-1].reply is None:
            yield "a whole reply", ["answered", len(exchanges)]
            return
        if self._record.verdict == "blocked":
            yield "status 2xx", ["status", len(exchanges), ["2xx"]]
            return
        for number, exchange in enumerate(exchanges, 1):
            if exchange.reply is not None and exchange.step == "probe":
                yield f"status {exchange.reply['status']}, as recorded", ["status", number, [exchange.reply["status"]]]

    def _check(self, expected: str, check: list[Any]) -> Iterator[str]:
        name, *arguments = check
        self._names.add(str(name))
        written = [
            self._value(one) if isinstance(one, list) and one[:1] == ["secret"] else _literal(one) for one in arguments
        ]
        yield f"    ({_quoted(expected)}, lambda: {name}({', '.join(written)})),"


def _quoted(text: str) -> str:
    """Write a text as a Python string in double quotes, whatever it holds."""
    plain = text.isprintable() and '"' not in text and "\\" not in text
    return f'"{text}"' if plain else _literal(text)


def _literal(value: Any) -> str:
    """Write a JSON value as Python does. What a record holds is data: nothing of it becomes anything but a literal."""
    written = repr(value)
    if ast.literal_eval(written) != value:
        raise Unwritable("a value cannot be written down")
    return written


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise Unwritable(f"{name!r} is no name")
    return name
