"""The pages about what was asked for replies to come: faults, forced replies, races."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from watchword.mockserver.console.asked import BadRequest, read_query
from watchword.mockserver.console.problem import as_json
from watchword.mockserver.orders.book import PURPOSES, BadOrder, Book
from watchword.mockserver.orders.groups import grouped
from watchword.mockserver.orders.race import Race
from watchword.specs.values.http import Reply, Request

__all__ = ["Ordering"]

_WISH = ("status", "condition", "json", "text", "headers")


class Ordering:
    """What can be done to a book and a race over HTTP. `read` reads a body by the name of its schema."""

    def __init__(self, book: Book, race: Race, read: Callable[[Request, str], dict[str, Any]]) -> None:
        self._book = book
        self._race = race
        self._read = read

    def pages(self) -> Mapping[str, Mapping[str, Callable[[Request, str], Reply]]]:
        """Give the pages by path and method."""
        return {
            "faults": {"GET": self._list, "POST": self._add, "DELETE": self._remove},
            "faults/catalogue": {"GET": self._catalogue},
            "replies": {"POST": self._force},
            "race": {
                "GET": lambda request, origin: as_json(self._race.shown()),
                "POST": self._arm,
                "DELETE": self._disarm,
            },
            "race/go": {"POST": self._go},
        }

    def _list(self, request: Request, origin: str) -> Reply:
        return as_json(self._book.shown())

    def _add(self, request: Request, origin: str) -> Reply:
        asked = self._read(request, "NewFault")
        name = asked.pop("fault")
        try:
            order = self._book.add(name, **asked)
        except BadOrder as bad:
            raise BadRequest(str(bad)) from None
        return as_json(order.shown(self._book.service.clock.now()), 201)

    def _remove(self, request: Request, origin: str) -> Reply:
        number = read_query(request, "/faults", "delete").get("id")
        if number is None:
            self._book.clear()
        elif not self._book.remove(int(number)):
            raise BadRequest(f"there is no fault {number} that still can strike; GET lists them", 404)
        return Reply(204)

    def _catalogue(self, request: Request, origin: str) -> Reply:
        purpose = read_query(request, "/faults/catalogue").get("for")
        groups = grouped(self._book.service.dialect, None if purpose is None else PURPOSES[purpose])
        return as_json(
            {
                "groups": [
                    {"group": group, "faults": [{"fault": name, "says": says} for name, says in rows]}
                    for group, rows in groups
                ]
            }
        )

    def _force(self, request: Request, origin: str) -> Reply:
        asked = self._read(request, "NewReplies")
        limits = {key: value for key, value in asked.items() if key != "replies"}
        before = list(self._book.ids())
        try:
            orders = [self._book.force(wish, **limits) for wish in asked["replies"]]
        except BadOrder as bad:
            # All of them or none.
            for number in set(self._book.ids()) - set(before):
                self._book.remove(number)
            raise BadRequest(str(bad)) from None
        now = self._book.service.clock.now()
        return as_json({"faults": [order.shown(now) for order in orders]}, 201)

    def _arm(self, request: Request, origin: str) -> Reply:
        asked = self._read(request, "NewRace")
        if self._race.barred:
            raise BadRequest(self._race.barred, 409)
        named = {key: asked.pop(key) for key in ("operation", "purpose") if key in asked}
        try:
            where = self._book.operations(**(named or {"purpose": "renewal"}))
        except BadOrder as bad:
            raise BadRequest(str(bad)) from None
        self._race.arm(where=where, **asked)
        return as_json(self._race.shown(), 201)

    def _go(self, request: Request, origin: str) -> Reply:
        self._race.go()
        return as_json(self._race.shown())

    def _disarm(self, request: Request, origin: str) -> Reply:
        self._race.clear()
        return Reply(204)
