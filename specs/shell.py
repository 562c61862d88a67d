"""A request as a shell line: what curl needs to send it, with an environment variable in place of each secret."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from urllib.parse import parse_qsl, quote_plus

from watchword.specs.values.api import FORM
from watchword.specs.values.http import Request

__all__ = ["ShellLine"]

_BEFORE = ("=", ":", " ", '"')
_ENCODE = "python3 -c 'import sys, urllib.parse; print(urllib.parse.quote_plus(sys.argv[1]))'"
"""What writes a text encoded as in a form; curl does that for fields alone."""
_END = ("", "\n")
"""Between which a secret that is a word is one: it ends a pair, or is a string."""


class ShellLine:
    """Writes shell lines for requests to one base URL.

    `variables` maps each secret to the variable that stands for it. `mask` makes a text one that may be shown; what no
    variable can stand for gives way to that. `head` has curl print the head of the reply, too; `options` are further words.
    `is_common` tells of a secret whether it may be a word that stands anywhere; of the others nobody need look.
    """

    def __init__(
        self,
        base: str,
        variables: Mapping[str, str] = MappingProxyType({}),
        mask: Callable[[str], str] = str,
        *,
        head: bool = False,
        options: Iterable[str] = (),
        is_common: Callable[[str], bool] = bool,
    ) -> None:
        self._base = base
        self._variables = variables
        self._mask = mask
        self._head = head
        self._options = tuple(options)
        self._is_common = is_common

    def write(self, request: Request) -> str:
        """Write the shell line that sends a request."""
        body = self._body(request)
        words = ["curl", "-sS", *map(shlex.quote, self._options)]
        if request.method == "HEAD":
            words += ["--head"]
        else:
            words += ["-i"] if self._head else []
            words += ["-X", request.method] if request.method != ("POST" if body else "GET") else []
        url = self._base + request.path
        secret_query = any(value in self._variables for _, value in parse_qsl(request.query, keep_blank_values=True))
        if request.query and not secret_query:
            url += f"?{request.query}"
        for name, value in request.headers:
            words += self._header(name, value)
        if body and request.header("content-type") is None:
            # With a body, curl adds a Content-Type of its own.
            words += ["-H", "Content-Type:"]
        words += body
        if secret_query:
            for name, value in parse_qsl(request.query, keep_blank_values=True):
                words += ["--url-query", self._quoted(f"{name}={value}")]
        return " ".join([*words, self._quoted(url)])

    def _header(self, name: str, value: str) -> list[str]:
        scheme, _, rest = value.partition(" ")
        pair = _pair(rest) if name == "Authorization" else ""
        coded = self._encoded_in(pair)
        if pair and scheme == "Basic":
            return ["-u", self._quoted(pair, coded)]
        if pair and (coded or any(secret in pair for secret in self._variables)):
            # curl has no option for another word than Basic, and a variable cannot stand inside of base64.
            told = self._quoted(pair, coded)
            return ["-H", f"\"{name}: {scheme} $(printf %s {told} | base64 | tr -d '\\n')\""]
        if not value.strip():
            return ["-H", self._quoted(f"{name};")]
        return ["-H", self._quoted(f"{name}: {self._plain(value)}")]

    def _plain(self, value: str) -> str:
        # A base64 run that hides a secret cannot be rewritten with a variable in it; its mask is shown instead.
        known = value
        for secret in self._variables:
            known = known.replace(secret, "")
        return value if self._mask(known) == known else self._mask(value)

    def _body(self, request: Request) -> list[str]:
        if not request.body:
            return ["-d", '""'] if request.method in ("POST", "PUT", "PATCH") else []
        text = request.body.decode(errors="replace")
        pairs = parse_qsl(text, keep_blank_values=True)
        # A form is one without its label, too; in what is labelled otherwise, nothing is written anew.
        form = request.header("content-type") == FORM or (
            request.header("content-type") is None and text[:1] not in "{["
        )
        if form and pairs and "%%" not in text:
            return [word for name, value in pairs for word in ("--data-urlencode", self._quoted(f"{name}={value}"))]
        return ["--data-raw", self._quoted(text)]

    def _encoded_in(self, pair: str) -> dict[str, str]:
        """Give the secrets that stand in a pair encoded as in a form (RFC 6749 section 2.3.1): how, and what writes that."""
        if "%" not in pair and "+" not in pair:
            return {}
        coded = ((quote_plus(s, errors="surrogatepass"), s, variable) for s, variable in self._variables.items() if s)
        return {c: f'$({_ENCODE} "${{{variable}}}")' for c, s, variable in coded if c != s and c in pair}

    def _quoted(self, text: str, coded: Mapping[str, str] = MappingProxyType({})) -> str:
        """Quote for a POSIX shell, with variables for the secrets. `coded` has what stands for those that are encoded."""
        secrets = sorted((s for s in (*self._variables, *coded) if s and s in text), key=len, reverse=True)
        parts = _cut(text, [(secret, secret not in coded and self._is_word(secret)) for secret in secrets])
        if len(parts) == 1:
            safe = re.fullmatch(r"[A-Za-z0-9_@%+=:,./-]+", text)
            return text if safe else "'" + text.replace("'", "'\\''") + "'"
        return '"' + "".join(coded.get(part) or self._escaped(part) for part in parts) + '"'

    def _escaped(self, part: str) -> str:
        if part in self._variables:
            return f"${{{self._variables[part]}}}"
        return re.sub(r'([\\"$`])', r"\\\1", part)

    def _is_word(self, secret: str) -> bool:
        """Tell whether it is a word that may stand anywhere, and a secret only where it ends a pair or is a string."""
        return self._is_common(secret) and secret in self._mask(f"- {secret} -")


def _cut(text: str, secrets: Sequence[tuple[str, bool]]) -> list[str]:
    """Cut a text before and after each secret in it, the first of them where several begin; a word counts where it is one.

    Each token is another secret, and to compile a pattern of it takes longer than to look for it.
    """
    parts, done = [], 0
    while found := [
        (at, n) for n, (secret, word) in enumerate(secrets) if (at := _find(text, secret, done, word)) >= 0
    ]:
        at, number = min(found)
        secret = secrets[number][0]
        parts += [text[done:at], secret]
        done = at + len(secret)
    return [*parts, text[done:]]


def _find(text: str, secret: str, start: int, word: bool) -> int:
    at = text.find(secret, start)
    while word and at >= 0:
        end = at + len(secret)
        if text[max(at - 1, 0) : at] in _BEFORE and (text[end : end + 1] == '"' or text[end : end + 2] in _END):
            break
        at = text.find(secret, at + 1)
    return at


def _pair(text: str) -> str:
    """Read a user and a password out of base64, with the colon between them; empty where there are none."""
    try:
        pair = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return pair if ":" in pair else ""
