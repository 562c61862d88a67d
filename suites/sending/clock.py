"""The clock of a Watchword mock in another process, over its control URL."""

from __future__ import annotations

import requests

from watchword.suites.target import TargetError

__all__ = ["HttpControl"]


class HttpControl:
    """Reads and sets the clock of a mock that announced where that is done."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self._url = url.rstrip("/") + "/clock"
        self._timeout = timeout
        self._session = requests.Session()
        self._session.trust_env = False

    def now(self) -> float:
        """Give the mock's time.

        Raises:
            TargetError: nothing there gives a time.
        """
        return self._read(self._ask("GET"))

    def advance(self, seconds: float) -> float:
        """Set the mock's clock ahead.

        Raises:
            TargetError: nothing there takes it.
        """
        return self._read(self._ask("POST", {"advance": seconds}))

    def _ask(self, method: str, body: dict[str, float] | None = None) -> requests.Response:
        try:
            return self._session.request(method, self._url, json=body, timeout=self._timeout)
        except requests.RequestException as trouble:
            raise TargetError(self._url, f"the clock does not answer: {type(trouble).__name__}") from None

    def _read(self, response: requests.Response) -> float:
        try:
            return float(response.json()["now"])
        except (ValueError, KeyError, TypeError):
            raise TargetError(self._url, f"answered {response.status_code} without the time") from None
