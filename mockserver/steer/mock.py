"""A mock as whoever steers it sees it, wherever it runs: its addresses, its accounts, and what can be done to it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from watchword.mockserver.steer.channel import Below, Channel
from watchword.mockserver.steer.clock import ClockControl
from watchword.mockserver.steer.faults import Faults, Race
from watchword.mockserver.steer.journal import Journal, Why
from watchword.mockserver.steer.sessions import Sessions
from watchword.mockserver.steer.spaces import Spaces
from watchword.mockserver.steer.users import Clients, Users
from watchword.mockserver.steer.verdicts import Verdicts

__all__ = ["ROOT", "Mock"]

ROOT = "/__watchword__/"


class Mock:
    """A running mock, or one space of it. Used with `with`, a mock of one's own is stopped at the end, and a space forgotten."""

    def __init__(self, channel: Channel, facts: Mapping[str, Any] | None = None, token: str | None = None) -> None:
        self._channel = channel
        self._facts = facts or {}
        self._token = token
        self._space: tuple[Mock, str] | None = None
        self.sessions = Sessions(channel)
        self.users = Users(channel)
        self.clients = Clients(channel)
        self.faults = Faults(channel)
        self.race = Race(channel)
        self.journal = Journal(channel)
        self.spaces = Spaces(channel)
        self._clock = ClockControl(channel)

    @property
    def url(self) -> str:
        """The base URL of the mocked API."""
        return str(self._facts["url"])

    @property
    def resource_url(self) -> str:
        """The base URL of the protected operations; that of the API when it has only one."""
        return str(self._facts["resource_url"])

    @property
    def control_url(self) -> str:
        """The URL below which the mock's own side is."""
        return str(self._facts["control_url"])

    @property
    def control_token(self) -> str | None:
        """The token that control requests carry; None where they need none."""
        return self._token

    @property
    def credentials(self) -> dict[str, str]:
        """The announced credentials by role."""
        found: dict[str, str] = self._channel.ask("GET", "credentials")
        return found

    @property
    def ca_file(self) -> str | None:
        """The certificate that clients have to trust; None without TLS of the mock's own making."""
        return self._facts.get("ca_file")

    @property
    def client_certificate(self) -> str | None:
        """The file with a certificate and its key that clients have to show; None where none is wanted."""
        return self._facts.get("client_certificate")

    @property
    def clock(self) -> ClockControl:
        """The clock that tokens obey."""
        return self._clock

    @property
    def jwt_key(self) -> bytes:
        """The key that JWTs are signed with (HMAC-SHA256). A new one makes those before it forgeries."""
        text = self._channel.ask("GET", "keys")["keys"][0]["k"]
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    @jwt_key.setter
    def jwt_key(self, key: bytes) -> None:
        """Sign with another key from now on."""
        text = base64.urlsafe_b64encode(key).rstrip(b"=").decode()
        self._channel.ask("PUT", "keys", {"keys": [{"kty": "oct", "k": text}]})

    def why(self, entry: int | str | None = None) -> Why:
        """Explain the newest refusal, or the request with an id, as the header Watchword-Request of its reply has it.

        Raises:
            ControlProblem: the journal has no such entry.
        """
        return Why.of(self._channel.ask("GET", "why" if entry is None else f"why?id={entry}"))

    def verdict(self) -> Verdicts:
        """Say how the client kept to the rules for clients, by the requests in the journal."""
        return Verdicts(self._channel.ask("GET", "verdict"))

    def explain(self, path: str, **request: Any) -> dict[str, Any]:
        """Say what would be answered to a request, and why, without anything happening.

        `request` may have method, query, headers, basic, bearer, and one of body, form and json.

        Raises:
            ControlProblem: the request is not described as it has to be.
        """
        told: dict[str, Any] = self._channel.ask("POST", "explain", {"path": path, **request})
        return told

    def reset(self) -> None:
        """Forget every session, token, ban and fault."""
        self._channel.ask("POST", "reset")

    def space(
        self,
        name: str | None = None,
        *,
        profile: str | None = None,
        world: Mapping[str, Any] | None = None,
        port: int | None = None,
    ) -> Mock:
        """Give a space of this mock: a world of its own, with users, tokens, clock, faults and journal.

        It is made on its first use; without a name, or with something of its own, it is made at once: a profile, a world (what
        a world file says), a port (0 takes a free one).

        Raises:
            ControlProblem: the name, the profile or the world is none.
        """
        if name is None or (profile, world, port) != (None, None, None):
            name = self.spaces.make(name, profile=profile, world=world, port=port)
        found = self._within(name)
        found._space = (self, name)
        return found

    def _within(self, name: str) -> Mock:
        channel = Below(self._channel, f"spaces/{name}{ROOT}")
        facts = channel.ask("GET", "") | self._channel.ask("GET", f"spaces/{name}")
        files = {file: path for file in ("ca_file", "client_certificate") if (path := getattr(self, file))}
        return Mock(channel, facts | files, self._token)

    def stop(self) -> None:
        """Forget a space; end a mock that this process has started. A mock elsewhere goes on."""
        if self._space is not None:
            above, name = self._space
            if name in above.spaces.list():
                above.spaces.delete(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
