"""Evidence: exchanges as records, masked, each with a shell line that repeats it and holds no secret."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote

from watchword.reports.records import ExchangeRecord
from watchword.specs.redaction import Masker, is_secret
from watchword.specs.shell import ShellLine
from watchword.specs.values.http import Request
from watchword.suites.acting.steps import Exchange
from watchword.suites.target import Target

__all__ = ["Evidence"]

_LONGEST = 20_000
"""Characters of a reply's body that are kept."""


class Evidence:
    """Learns the secrets of one target as they appear, and writes exchanges down without them."""

    def __init__(self, target: Target, masker: Masker) -> None:
        self._target = target
        self.masker = masker
        masker.configure(target.credentials)
        self._noted: list[Exchange] = []

    def note(self, exchange: Exchange) -> None:
        """Keep an exchange, to learn its secrets before anything is written down."""
        self._noted.append(exchange)

    def mask(self, text: str) -> str:
        """Give a text without the secrets of any exchange so far."""
        noted, self._noted = self._noted, []
        for exchange in noted:
            self.learn(exchange)
        return self.masker.mask(text)

    def learn(self, exchange: Exchange) -> None:
        """Learn every secret that a call carried and its reply gave."""
        for entry in exchange.call.draft.fields:
            if entry.role and is_secret(entry.role) and isinstance(entry.value, str):
                self._learn(entry.role, entry.value)
        if exchange.reply is not None:
            for role, value in exchange.call.draft.operation.read_reply(exchange.reply.members).items():
                if is_secret(role) and isinstance(value, str):
                    self._learn(role, value)
            for value in _long_strings(exchange.reply.members):
                self._learn("value", value)

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
            and entry.value
            and not _ours(entry.value)
        }
        variables = {value: self.masker.variable(role, value) for value, role in held.items()}
        return ShellLine(self._target.base(exchange.request.base), variables, self.masker.mask, head=True)

    def record(self, exchange: Exchange) -> ExchangeRecord:
        """Write one exchange down."""
        mask = self.mask
        request, reply = exchange.request, exchange.reply
        return ExchangeRecord(
            step=exchange.call.step,
            purpose=mask(exchange.call.purpose),
            request={
                "method": request.method,
                "url": mask(self._url(request)),
                "headers": [[name, mask(value)] for name, value in request.headers],
                "body": mask(request.body.decode(errors="replace")),
            },
            reply=None
            if reply is None
            else {
                "status": reply.status,
                "headers": [[name, mask(value)] for name, value in reply.headers],
                "body": mask(reply.body.decode(errors="replace"))[:_LONGEST],
            },
            trouble=exchange.trouble,
            # Masked once more: a secret that had to be escaped in the body is no text that a variable could replace.
            curl=mask(self._shell(exchange).write(request)),
            seconds=round(exchange.seconds, 6),
        )

    def records(self, exchanges: Iterable[Exchange]) -> tuple[ExchangeRecord, ...]:
        """Write exchanges down."""
        return tuple(self.record(exchange) for exchange in exchanges)

    def _url(self, request: Request) -> str:
        return self._target.base(request.base) + request.path + (f"?{request.query}" if request.query else "")


def _ours(value: str) -> bool:
    """Whether a value is one of the suites' own wrong ones, which hide nothing."""
    return value.startswith(("watchword-wrong-", "watchword-nobody-")) or value == "not-a-token"


def _long_strings(members: dict[str, object]) -> Iterable[str]:
    """Members that look like tokens although nothing describes them as such: long, of one word, with digits and letters."""
    for name, value in members.items():
        if (
            re.search(r"token|secret|password|jwt", name, re.IGNORECASE)
            and isinstance(value, str)
            and len(unquote(value)) >= 16
        ):
            yield value
