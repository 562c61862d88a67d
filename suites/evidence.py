"""Evidence: exchanges as records, masked, each with a shell line that repeats it and holds no secret."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, unquote

from watchword.reports.records import ExchangeRecord
from watchword.specs.model import FORM
from watchword.specs.redaction import Masker, is_secret
from watchword.specs.wire import Request
from watchword.suites.steps import Exchange
from watchword.suites.target import Target

__all__ = ["Evidence"]


class Evidence:
    """Learns the secrets of one target as they appear, and writes exchanges down without them."""

    def __init__(self, target: Target, masker: Masker) -> None:
        self._target = target
        self.masker = masker
        self._variables: dict[str, str] = {}
        masker.configure(target.credentials)
        for role, value in target.credentials.items():
            if is_secret(role):
                self._learn(role, value)

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
            self._variables.setdefault(value, self.masker.variable(role, value))

    def record(self, exchange: Exchange) -> ExchangeRecord:
        """Write one exchange down."""
        mask = self.masker.mask
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
                "body": mask(reply.body[:20_000].decode(errors="replace")),
            },
            trouble=exchange.trouble,
            curl=self.curl(request),
            seconds=round(exchange.seconds, 6),
        )

    def records(self, exchanges: Iterable[Exchange]) -> tuple[ExchangeRecord, ...]:
        """Write exchanges down."""
        return tuple(self.record(exchange) for exchange in exchanges)

    def _url(self, request: Request) -> str:
        return self._target.base(request.base) + request.path + (f"?{request.query}" if request.query else "")

    def curl(self, request: Request) -> str:
        """Write the shell line that repeats a request, with an environment variable in place of each secret."""
        words = ["curl", "-sS", "-i", "-X", request.method]
        if request.method == "HEAD":
            words = ["curl", "-sS", "--head"]
        url = self._target.base(request.base) + request.path
        secret_query = any(value in self._variables for _, value in parse_qsl(request.query, keep_blank_values=True))
        if request.query and not secret_query:
            url += f"?{request.query}"
        for name, value in request.headers:
            words += self._header(name, value)
        words += self._body(request)
        if secret_query:
            for name, value in parse_qsl(request.query, keep_blank_values=True):
                words += ["--url-query", self._quoted(f"{name}={value}")]
        return " ".join([*words, self._quoted(url)])

    def _header(self, name: str, value: str) -> list[str]:
        if name == "Authorization" and value.startswith("Basic "):
            try:
                pair = base64.b64decode(value.removeprefix("Basic "), validate=True).decode()
            except (binascii.Error, ValueError):
                pair = ""
            if ":" in pair:
                return ["-u", self._quoted(pair)]
        if not value.strip():
            return ["-H", self._quoted(f"{name};")]
        return ["-H", self._quoted(f"{name}: {self._plain(value)}")]

    def _plain(self, value: str) -> str:
        # A base64 run that hides a secret cannot be rewritten with a variable in it; its mask is shown instead.
        masked = self.masker.mask(value)
        known = value
        for secret in self._variables:
            known = known.replace(secret, "")
        return value if self.masker.mask(known) == known else masked

    def _body(self, request: Request) -> list[str]:
        if not request.body:
            return ["-d", '""'] if request.method in ("POST", "PUT", "PATCH") else []
        text = request.body.decode(errors="replace")
        pairs = parse_qsl(text, keep_blank_values=True)
        if request.header("content-type") == FORM and pairs and "%%" not in text:
            return [word for name, value in pairs for word in ("--data-urlencode", self._quoted(f"{name}={value}"))]
        return ["--data-raw", self._quoted(text)]

    def _quoted(self, text: str) -> str:
        """Quote for a POSIX shell, with variables for the secrets."""
        secrets = sorted((s for s in self._variables if s in text), key=len, reverse=True)
        if not secrets:
            safe = re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", text)
            return text if safe else "'" + text.replace("'", "'\\''") + "'"
        parts = re.split("(" + "|".join(map(re.escape, secrets)) + ")", text)
        escaped = (f"${{{self._variables[p]}}}" if p in self._variables else re.sub(r'([\\"$`])', r"\\\1", p) for p in parts)
        return '"' + "".join(escaped) + '"'


def _ours(value: str) -> bool:
    """Whether a value is one of the suites' own wrong ones, which hide nothing."""
    return value.startswith(("watchword-wrong-", "watchword-nobody-")) or value == "not-a-token"


def _long_strings(members: dict[str, object]) -> Iterable[str]:
    """Members that look like tokens although nothing describes them as such: long, of one word, with digits and letters."""
    for name, value in members.items():
        if re.search(r"token|secret|password|jwt", name, re.IGNORECASE) and isinstance(value, str) and len(unquote(value)) >= 16:  # noqa: PLR2004
            yield value
