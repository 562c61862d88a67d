"""A control side at the other end of HTTP."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

from watchword.mockserver.steer.channel import read

__all__ = ["OverHttp"]


class _Staying(urllib.request.HTTPRedirectHandler):
    # The token is for the address that it was given with.
    def redirect_request(self, *_: Any) -> None:
        return None


class OverHttp:
    """A control side at a URL. `token` is what it wants, and `trust` whom to trust and as whom to come, for https."""

    def __init__(
        self, control_url: str, token: str | None = None, trust: ssl.SSLContext | None = None, timeout: float = 10.0
    ) -> None:
        if not control_url.startswith(("http://", "https://")):
            raise ValueError(f"expected the URL of a control side, seen {control_url!r}")
        self._url = control_url.rstrip("/") + "/"
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._timeout = timeout
        # Whatever proxy the environment names is not for a mock.
        handlers = [urllib.request.ProxyHandler({}), _Staying(), urllib.request.HTTPSHandler(context=trust)]
        self._open = urllib.request.build_opener(*handlers).open

    def ask(self, method: str, page: str, body: Any = None) -> Any:
        """Ask a page."""
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers | ({} if data is None else {"Content-Type": "application/json"})
        # The scheme was looked at when the URL was given.
        request = urllib.request.Request(self._url + page, data=data, headers=headers, method=method)  # noqa: S310
        try:
            with self._open(request, timeout=self._timeout) as reply:
                status, text = reply.status, reply.read()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read()
        except urllib.error.URLError as error:
            raise OSError(f"nobody answers at {self._url}: {error.reason}") from error
        return read(status, text)
