"""Who lives in the mock, as whoever steers it sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from watchword.mockserver.steer.channel import Channel

__all__ = ["Client", "Clients", "User", "Users"]

Kind = Literal["user", "operator"]


@dataclass(frozen=True, slots=True)
class User:
    """An account, without its password."""

    username: str
    kind: str
    id: str
    brands: tuple[str, ...]
    scopes: tuple[str, ...]
    enabled: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read an account as the control side tells of it."""
        return cls(
            told["username"], told["kind"], told["id"], tuple(told["brands"]), tuple(told["scopes"]), told["enabled"]
        )


class Users:
    """The accounts of a mock. Raises `ControlProblem`, a ValueError, when a name is taken or unknown."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def list(self) -> tuple[User, ...]:
        """Give the accounts."""
        return tuple(User.of(user) for user in self._channel.ask("GET", "users")["users"])

    def add(
        self,
        username: str,
        password: str,
        *,
        kind: Kind = "user",
        user_id: str | None = None,
        email: str | None = None,
        brands: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        enabled: bool = True,
    ) -> User:
        """Let somebody live there; what is left out is as it is for everybody in a world file."""
        body: dict[str, Any] = {"username": username, "password": password, "kind": kind, "enabled": enabled}
        body |= {name: v for name, v in (("id", user_id), ("email", email)) if v is not None}
        body |= {name: [*v] for name, v in (("brands", brands), ("scopes", scopes)) if v is not None}
        return self._one("POST", body)

    def change(
        self, username: str, *, kind: Kind = "user", enabled: bool | None = None, password: str | None = None
    ) -> User:
        """Disable or enable an account, or change its password; its sessions stay."""
        body: dict[str, Any] = {"username": username, "kind": kind}
        body |= {name: v for name, v in (("enabled", enabled), ("password", password)) if v is not None}
        return self._one("PATCH", body)

    def disable(self, username: str, *, kind: Kind = "user") -> User:
        """Refuse somebody's logins from now on; sessions stay."""
        return self.change(username, kind=kind, enabled=False)

    def enable(self, username: str, *, kind: Kind = "user") -> User:
        """Let somebody log in again."""
        return self.change(username, kind=kind, enabled=True)

    def _one(self, method: str, body: Mapping[str, Any]) -> User:
        return User.of(self._channel.ask(method, "users", body)["users"][0])


@dataclass(frozen=True, slots=True)
class Client:
    """A client application, without its secret. `grants` lists what it may use; empty: everything."""

    client_id: str
    grants: tuple[str, ...]
    scopes: tuple[str, ...]
    owner: str | None
    enabled: bool

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Read a client as the control side tells of it."""
        return cls(told["client_id"], tuple(told["grants"]), tuple(told["scopes"]), told["owner"], told["enabled"])


class Clients:
    """The client applications of a mock. Raises `ControlProblem`, a ValueError, when an id is taken or unknown."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def list(self) -> tuple[Client, ...]:
        """Give the applications."""
        return tuple(Client.of(client) for client in self._channel.ask("GET", "clients")["clients"])

    def add(
        self,
        client_id: str,
        client_secret: str,
        *,
        grants: Iterable[str] | None = None,
        scopes: Iterable[str] | None = None,
        owner: str | None = None,
        enabled: bool = True,
    ) -> Client:
        """Let an application ask; what is left out is as it is for everybody in a world file."""
        body: dict[str, Any] = {"client_id": client_id, "client_secret": client_secret, "enabled": enabled}
        body |= {name: [*v] for name, v in (("grants", grants), ("scopes", scopes)) if v is not None}
        if owner is not None:
            body["owner"] = owner
        return self._one("POST", body)

    def change(self, client_id: str, *, enabled: bool | None = None, client_secret: str | None = None) -> Client:
        """Disable or enable an application, or change its secret; sessions stay."""
        given = (("enabled", enabled), ("client_secret", client_secret))
        return self._one("PATCH", {"client_id": client_id} | {name: v for name, v in given if v is not None})

    def _one(self, method: str, body: Mapping[str, Any]) -> Client:
        return Client.of(self._channel.ask(method, "clients", body)["clients"][0])
