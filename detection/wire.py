"""The mock as a wire: requests as values in, replies as values out, without a socket and with the same faults."""

from __future__ import annotations

from watchword.mockserver.http.message import date
from watchword.mockserver.service import Service
from watchword.specs.values.http import Reply, Request

__all__ = ["ORIGIN", "MockWire"]

ORIGIN = "http://mock.localhost"


class MockWire:
    """Carries requests to a service. What would be a failing connection is the exception that a socket raises."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._bases = service.dialect.api.bases

    def send(self, request: Request) -> tuple[Reply, float]:
        """Give the service's reply, and the seconds it took, which are none.

        Raises:
            ConnectionError: the connection ends before the reply is whole.
            TimeoutError: no reply ever comes.
        """
        path = self._bases.get(request.base, self._bases["url"]) + request.path
        # Whatever speaks HTTP says what it is.
        headers = request.headers if request.header("user-agent") else (("User-Agent", "watchword"), *request.headers)
        arriving = Request(request.method, path, request.query, headers, request.body, request.base)
        outcome = self._service.handle(arriving, ORIGIN)
        if outcome.then == "stall":
            raise TimeoutError("timeout: no reply within the time limit")
        if outcome.then not in ("keep", "close"):
            raise ConnectionResetError("connection: ended before the reply was whole")
        reply = outcome.reply
        body = b"" if request.method == "HEAD" else reply.body
        return Reply(reply.status, (("Date", date(outcome.at)), *reply.headers), body), 0.0

    def close(self) -> None:
        """Do nothing: there is no connection."""
