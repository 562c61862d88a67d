"""Evidence: exchanges as records, masked, bounded and legible, each with a shell line that repeats it and holds no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from watchword.reports.records import ExchangeRecord, legible
from watchword.specs.redaction import Masker, is_secret
from watchword.specs.shell import ShellLine
from watchword.specs.values.http import Pairs, Request
from watchword.suites.acting.steps import Exchange
from watchword.suites.sending.hints import secrets_in
from watchword.suites.sending.recipe import Recipes
from watchword.suites.target import Target

__all__ = ["Evidence"]

_BODY = 20_000
"""Characters of a body that are kept, as long as there is room."""
_ROOM = 1_500_000
"""Bytes of bodies that are kept of a whole run; of those after them, only the beginnings are."""
_BEGINNING = 1_000
_LINE = 2_000
"""Characters of a single line that are kept: a header, an address, a sentence."""
_SEEN = 65_536
"""Characters of a text that are looked at. A long secret is found by its beginning, so that no more is needed."""
_TAIL = 12_288
"""Characters before that end in which the beginning of a secret might stand that could not be told, however it is written."""
_SHORT = 8
"""A value of a request that has fewer characters is a secret only if it is part of one, or one is part of it."""


class Evidence:
    """Learns the secrets of one target as they appear, and writes exchanges down without them."""

    def __init__(self, target: Target, masker: Masker) -> None:
        self._target = target
        self.masker = masker
        masker.expect(_words_of(target))
        masker.configure(target.credentials)
        self._configured = [value.lower() for role, value in target.credentials.items() if is_secret(role)]
        secret = {value for role, value in target.credentials.items() if is_secret(role)}
        # A name that stands where a secret belongs is none for that.
        self._public = frozenset(target.credentials.values()) - secret
        self._names = frozenset(
            member.name
            for operation in target.dialect.api.operations.values()
            for shape in operation.replies.values()
            for member in shape.members
            if member.role and is_secret(member.role)
        )
        self._room = _ROOM
        self._noted: list[Exchange] = []

    def note(self, exchange: Exchange) -> None:
        """Keep an exchange, to learn its secrets before anything is written down."""
        self._noted.append(exchange)

    def mask(self, text: str) -> str:
        """Give a line of text without the secrets of any exchange so far, and without what no record can carry."""
        return self._kept(text, _LINE)

    def _kept(self, text: str, most: int) -> str:
        noted, self._noted = self._noted, []
        for exchange in noted:
            self.learn(exchange)
        masked = self.masker.mask(text[:_SEEN])
        if len(text) > _SEEN:
            masked = masked[:-_TAIL]
        if len(text) <= _SEEN and len(masked) <= most:
            return legible(masked)
        return f"{legible(masked[:most])}… (cut, {len(text)} characters)"

    def learn(self, exchange: Exchange) -> None:
        """Learn every secret that a call carried and its reply gave."""
        for entry in exchange.call.draft.fields:
            if entry.role and is_secret(entry.role) and isinstance(entry.value, str) and self._is_told(entry.value):
                self._expect(entry.value)
                self._learn(entry.role, entry.value)
        reply = exchange.reply
        if reply is None:
            return
        for role, value in exchange.call.draft.operation.read_reply(reply.members).items():
            if is_secret(role) and isinstance(value, str):
                self._learn(role, value)
        for value in secrets_in(reply, self._names):
            self._learn("value", value)

    def _is_told(self, value: str) -> bool:
        """Whether a value of a request can be a secret: what was generated is one only by the look of it."""
        if value in self._public:
            return False
        word = value.lower()
        return len(word) >= _SHORT or any(word in secret or secret in word for secret in self._configured)

    def _expect(self, value: str) -> None:
        """Take what was made of a common secret as common itself."""
        word = value.lower()
        if any(self.masker.is_common(secret) and (word in secret or secret in word) for secret in self._configured):
            self.masker.expect([word])

    def _learn(self, role: str, value: str) -> None:
        if value and not _ours(value):
            self.masker.learn(role, value)

    def _shell(self, exchange: Exchange) -> ShellLine:
        held = {value: role for role, value in self._target.credentials.items() if is_secret(role)}
        held |= {
            entry.value: entry.role
            for entry in exchange.call.draft.fields
            if entry.role
            and is_secret(entry.role)
            and isinstance(entry.value, str)
            and self.masker.known(entry.value)
            and not _ours(entry.value)
        }
        for cookie in (value for name, value in exchange.request.headers if name.lower() == "cookie"):
            for part in re.split("=|; ", cookie):
                known = self.masker.known(part)
                held |= {part: known.partition("#")[0]} if known else {}
        variables = {value: self.masker.variable(role, value) for value, role in held.items()}
        tls = self._target.tls
        options = (
            *(("--insecure",) if tls.insecure else ()),
            *(("--cacert", tls.ca_file) if tls.ca_file else ()),
            *(("--cert", tls.client_certificate) if tls.client_certificate else ()),
            *(("--key", tls.client_key) if tls.client_key else ()),
        )
        base = self._target.base(exchange.request.base)
        mask, is_common = self.masker.mask, self.masker.is_common
        return ShellLine(base, variables, mask, head=True, options=options, is_common=is_common)

    def record(self, exchange: Exchange, recipes: Recipes | None = None) -> ExchangeRecord:
        """Write one exchange down, the next of those whose `recipes` are being written."""
        request, reply = exchange.request, exchange.reply
        return ExchangeRecord(
            step=exchange.call.step,
            purpose=self.mask(exchange.call.purpose),
            request={
                "method": request.method,
                "url": self.mask(self._url(request)),
                "headers": self._headers(request.headers),
                "body": self._body(request.body.decode(errors="replace")),
            },
            reply=None
            if reply is None
            else {
                "status": reply.status,
                "headers": self._headers(reply.headers),
                "body": self._body(reply.text)
                + ("\n… (the reply goes on, the rest was not read)" if reply.cut else ""),
            },
            trouble=self.mask(exchange.trouble),
            # Masked once more: a secret that had to be escaped in the body is no text that a variable could replace.
            curl=self._kept(self._shell(exchange).write(request), _BODY),
            seconds=round(exchange.seconds, 6),
            recipe=recipes.write(exchange, self._url(exchange.request)) if recipes else {},
        )

    def _headers(self, headers: Pairs) -> list[list[str]]:
        return [[self.mask(name), self.mask(value)] for name, value in headers]

    def _body(self, text: str) -> str:
        kept = self._kept(text, _BODY if self._room > 0 else _BEGINNING)
        self._room -= len(kept.encode(errors="replace"))
        return kept

    def records(self, exchanges: Iterable[Exchange]) -> tuple[ExchangeRecord, ...]:
        """Write the exchanges of one check down."""
        recipes = Recipes(self._target.credentials, self.masker.mask)
        return tuple(self.record(exchange, recipes) for exchange in exchanges)

    def _url(self, request: Request) -> str:
        return self._target.base(request.base) + request.path + (f"?{request.query}" if request.query else "")


def _ours(value: str) -> bool:
    """Whether a value is one of the suites' own wrong ones, which hide nothing."""
    return value.startswith(("watchword-wrong-", "watchword-nobody-")) or value == "not-a-token"


def _words_of(target: Target) -> Iterator[str]:
    """Give the words that the records of a target are full of, whoever has one of them for a password."""
    api = target.dialect.api
    texts = [target.dialect.name, target.url, target.resource_url, *(role for role in target.credentials)]
    for operation in api.operations.values():
        texts += [operation.name, operation.path, *(binding.name for binding in operation.bindings)]
        texts += [member.name for shape in operation.replies.values() for member in shape.members]
    for text in texts:
        yield from re.split(r"[^\w.-]+", text)
        yield from re.split(r"[\W_]+", text)
