"""Races: renewals are held until so many have come, or a time has passed, and are then let go in an order that is chosen.

What two processes of a client do by chance once a day happens so on the first try.
"""

from __future__ import annotations

import random
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from watchword.mockserver.http.delivery import Delivery
from watchword.mockserver.service import Outcome, Service
from watchword.specs.values.http import Reply, Request

__all__ = ["Race", "Runner", "Winner"]

Winner = Literal["first", "last", "random"] | int
"""Who is let go first: the first that came, the last, any by the dice, or the one that came as so many-th."""

_REMEMBERED = 20

Run = Callable[["Runner"], Reply | Delivery]
"""Answers a request that was held, and tells its runner what came of it."""


@dataclass(slots=True)
class Runner:
    """One request in a race: as which it `came`, at which `place` it was let go, and what came of it.

    `request` is the id of its entry in the journal. `result` is `won` for who was given tokens that nobody had before,
    `shared` for who was given the same as another, and `lost` for who was refused.
    """

    race: int
    came: int
    run: Run
    taken: set[str]
    place: int = 0
    request: int = 0
    status: int = 0
    result: str = ""
    condition: str | None = None
    future: Future[Reply | Delivery] = field(default_factory=Future)

    def finish(self, outcome: Outcome) -> dict[str, Any]:
        """Take note of what came of it, and give what the journal says of the race."""
        operation = None if outcome.judged is None else outcome.judged.operation
        given = {} if operation is None else operation.read_reply(outcome.reply.members)
        token = given.get("access_token")
        self.status, self.condition = outcome.reply.status, outcome.condition
        if outcome.condition is not None or not isinstance(token, str):
            self.result = "lost"
        else:
            self.result = "shared" if token in self.taken else "won"
            self.taken.add(token)
        return {"race": self.race, "came": self.came, "place": self.place, "result": self.result}

    def shown(self) -> dict[str, Any]:
        """Say what came of it."""
        names = ("request", "came", "place", "status", "result", "condition")
        return {name: getattr(self, name) for name in names}


class Race:
    """The lab of one service. May be asked from several threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._turn = threading.Lock()
        self._asked: dict[str, Any] | None = None
        self.armed = False
        """Whether requests are held."""
        self.barred = ""
        """Why there can be no race; empty where there can."""
        self._where: frozenset[str] = frozenset()
        self._held: list[Runner] = []
        self._timer: threading.Timer | None = None
        self._races = 0
        self._done: deque[list[Runner]] = deque(maxlen=_REMEMBERED)

    def arm(
        self,
        hold: int = 2,
        wait: float = 5.0,
        winner: Winner = "first",
        seed: int | None = None,
        where: frozenset[str] | None = None,
    ) -> None:
        """Hold the next calls of some operations until `hold` have come, or `wait` seconds have passed since the first.

        `where` names the operations (None: those that renew). Who was held for another race is let go.
        """
        self.go()
        if where is None:
            where = frozenset(op.name for op in self._service.api.with_purpose("renew"))
        with self._turn:
            seed = secrets.randbelow(2**31) if seed is None else seed
            self._asked = {"hold": hold, "wait": wait, "winner": winner, "seed": seed, "operations": sorted(where)}
            self._where = where
            self.armed = True

    def wants(self, request: Request) -> bool:
        """Tell whether a request is one of those that are held."""
        if self._asked is None:
            return False
        operation = self._service.would(request).operation
        return operation is not None and operation.name in self._where

    def hold(self, run: Run) -> Future[Reply | Delivery]:
        """Hold a request; gives the promise of its answer."""
        with self._turn:
            asked = self._asked
            if not self._held:
                self._races += 1
            taken = self._held[0].taken if self._held else set()
            runner = Runner(self._races, len(self._held) + 1, run, taken)
            if asked is not None:
                if not self._held:
                    self._timer = threading.Timer(asked["wait"], self.go)
                    self._timer.daemon = True
                    self._timer.start()
                self._held.append(runner)
            full = asked is not None and len(self._held) >= asked["hold"]
        if asked is None:
            # The others have just been let go, and this one runs by itself.
            _run([runner])
        elif full:
            self.go()
        return runner.future

    def go(self) -> None:
        """Let go whoever is held, and hold nobody any more."""
        with self._turn:
            asked, self._asked = self._asked, None
            self.armed = False
            held, self._held = self._held, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if held:
                self._done.append(held)
        if asked is None or not held:
            return
        first = _chosen(held, asked["winner"], asked["seed"])
        _run([first, *(other for other in held if other is not first)])

    def clear(self) -> None:
        """Let go whoever is held, and forget the races."""
        self.go()
        self._done.clear()

    def shown(self) -> dict[str, Any]:
        """Say who is held and what came of the races, the oldest first."""
        with self._turn:
            return {
                "armed": self._asked,
                "held": len(self._held),
                "races": [
                    {
                        "race": runners[0].race,
                        "successors": len(runners[0].taken),
                        "runners": [runner.shown() for runner in sorted(runners, key=lambda runner: runner.place)],
                    }
                    for runners in self._done
                ],
            }


def _run(runners: Iterable[Runner]) -> None:
    for place, runner in enumerate(runners, 1):
        runner.place = place
        try:
            answer = runner.run(runner)
        except Exception as error:  # noqa: BLE001 - the one that waits for it hears of it, and the others run on
            runner.future.set_exception(error)
        else:
            runner.future.set_result(answer)


def _chosen(held: list[Runner], winner: Winner, seed: int) -> Runner:
    if winner == "first":
        return held[0]
    if winner == "last":
        return held[-1]
    if winner == "random":
        return random.Random(seed).choice(held)
    assert isinstance(winner, int)  # noqa: S101 - there is nothing else
    return held[min(winner, len(held)) - 1]
