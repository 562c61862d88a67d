"""Sending a request value over the network, to the letter, and giving its reply as a value.

`requests` would merge repeated headers, keep cookies, follow redirects and read the environment; here none of it happens.
"""

from __future__ import annotations

import re
import time
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPHeaderDict

from watchword.specs.values.http import Reply, Request
from watchword.suites.acting.steps import Blocked
from watchword.suites.target import Target

__all__ = ["Transport", "Unreachable", "Wire"]

_HEADER = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_USER_AGENT = "watchword (conformance suite)"


class Unreachable(Exception):
    """No reply came: `kind` is `tls`, `connection`, `timeout` or `protocol`, `detail` what the network said."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Wire(Protocol):
    """Whatever carries requests to a target: the network, or a server in this process."""

    def send(self, request: Request) -> tuple[Reply, float]:
        """Send a request; gives the reply and the seconds it took.

        Raises:
            Unreachable: no whole reply came.
        """
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class Transport:
    """Connections to one target, kept open between requests and closed with `close`."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(max_retries=0))
        self._session.mount("https://", HTTPAdapter(max_retries=0))

    def send(self, request: Request) -> tuple[Reply, float]:
        """Send a request; gives the reply and the seconds it took.

        Raises:
            Unreachable: no whole reply came.
            Blocked: a token that the target gave cannot stand in a header.
        """
        for name, value in request.headers:
            if not _HEADER.fullmatch(value):
                raise Blocked(f"the target gave a token that no {name} header can carry")
        prepared = requests.PreparedRequest()
        url = self._target.base(request.base) + request.path + (f"?{request.query}" if request.query else "")
        prepared.prepare_method(request.method)
        prepared.prepare_url(url, None)
        prepared.prepare_hooks(None)
        headers: Any = HTTPHeaderDict()
        for name, value in (("User-Agent", _USER_AGENT), ("Accept-Encoding", "identity"), *request.headers):
            headers.add(name, value)
        if request.body or request.method in ("POST", "PUT", "PATCH"):
            headers.add("Content-Length", str(len(request.body)))
        prepared.headers = headers
        prepared.body = request.body or None
        prepared._cookies = RequestsCookieJar()  # type: ignore[attr-defined]  # the only way to send none
        began = time.monotonic()
        try:
            response = self._session.send(
                prepared,
                timeout=self._target.limits.timeout,
                allow_redirects=False,
                verify=self._target.ca_file or True,
            )
            body = response.content
        except requests.RequestException as trouble:
            raise _unreachable(trouble) from None
        finally:
            self._session.cookies.clear()
        raw: Any = response.raw.headers
        pairs = tuple((str(name), str(value)) for name, value in raw.items())
        return Reply(response.status_code, pairs, body), time.monotonic() - began

    def close(self) -> None:
        """Close every connection."""
        self._session.close()


def _unreachable(trouble: requests.RequestException) -> Unreachable:
    # The text of these exceptions repeats the URL, and a URL may hold a password: only the innermost reason is kept.
    reason: BaseException = trouble
    while True:
        nested = (getattr(reason, "reason", None), *reason.args, reason.__cause__)
        inner = next((a for a in nested if isinstance(a, BaseException)), None)
        if inner is None:
            break
        reason = inner
    text = getattr(reason, "strerror", None) or type(reason).__name__
    if isinstance(trouble, requests.exceptions.SSLError):
        detail = getattr(reason, "verify_message", "") or text
        return Unreachable("tls", str(detail))
    if isinstance(trouble, requests.Timeout):
        return Unreachable("timeout", "no reply within the time limit")
    if isinstance(trouble, requests.ConnectionError):
        return Unreachable("connection", str(text))
    return Unreachable("protocol", str(text))
