"""The pages about clients, and about ending sessions: who may ask, and who is sent home."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from watchword.mockserver.console.asked import BadRequest
from watchword.mockserver.console.problem import as_json
from watchword.mockserver.console.steering import revoke
from watchword.mockserver.service import Service
from watchword.specs.errors import nearest
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import Client

__all__ = ["People"]


class People:
    """What can be done to clients and sessions over HTTP. `read` reads a body by its schema, `name` gives pseudonyms."""

    def __init__(
        self, service: Service, read: Callable[[Request, str], dict[str, Any]], name: Callable[[str, str], str]
    ) -> None:
        self._service = service
        self._read = read
        self._name = name

    def pages(self) -> Mapping[str, Mapping[str, Callable[[Request, str], Reply]]]:
        """Give the pages by path and method."""
        return {
            "clients": {
                "GET": lambda request, origin: as_json(_shown(self._service.state.data.clients)),
                "POST": lambda request, origin: as_json(self._add(self._read(request, "NewClient")), 201),
                "PATCH": lambda request, origin: as_json(self._change(self._read(request, "ClientChange"))),
            },
            "sessions/end": {"POST": self._end},
        }

    def _add(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        world = self._service.state
        if asked["client_id"] in world.clients:
            raise BadRequest("a client of that client_id is here already; PATCH changes one", 409)
        client = Client(
            asked["client_id"],
            asked["client_secret"],
            self._known("grant", asked.get("grants", ()), self._grants()),
            self._known("scope", asked.get("scopes", world.data.scopes), world.data.scopes),
            asked.get("enabled", True),
            asked.get("owner"),
        )
        if client.owner is not None:
            self._known("account", [client.owner], [a.username for a in world.data.accounts])
        return self._put(client)

    def _change(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        client = self._service.state.clients.get(asked["client_id"])
        if client is None:
            raise BadRequest("no client of that client_id is here; GET lists them", 404)
        return self._put(
            replace(
                client,
                client_secret=asked.get("client_secret", client.client_secret),
                enabled=asked.get("enabled", client.enabled),
            )
        )

    def _put(self, client: Client) -> dict[str, Any]:
        data = self._service.state.data
        known = any(c.client_id == client.client_id for c in data.clients)
        clients = tuple(client if c.client_id == client.client_id else c for c in data.clients)
        self._service.state.settle(replace(data, clients=clients if known else (*clients, client)))
        return _shown([client])

    def _grants(self) -> list[str]:
        operations = self._service.dialect.api.operations.values()
        return [b.const for op in operations for b in op.bound("grant_type") if b.const]

    def _known(self, what: str, names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
        known = tuple(known)
        for name in names:
            if name not in known:
                raise BadRequest(f"there is no {what} {name!r}; {nearest(name, known)}")
        return tuple(names)

    def _end(self, request: Request, origin: str) -> Reply:
        asked = self._read(request, "EndSessions")
        told = revoke(self._service, asked, self._name)
        return as_json(told)


def _shown(clients: Iterable[Client]) -> dict[str, Any]:
    return {
        "clients": [
            {
                "client_id": c.client_id,
                "grants": list(c.grants),
                "scopes": list(c.scopes),
                "owner": c.owner,
                "enabled": c.enabled,
            }
            for c in clients
        ]
    }
