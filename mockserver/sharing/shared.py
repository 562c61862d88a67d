"""A mock that several processes serve: the way into it that lets requests take turns among all of them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from watchword.mockserver.console.asked import BadRequest
from watchword.mockserver.control import Application
from watchword.mockserver.http.delivery import Answer, Delivery, Stream
from watchword.mockserver.http.refusal import own_error, refusal
from watchword.mockserver.sharing.packing import pack, unpack
from watchword.mockserver.sharing.replica import Changes, Replica
from watchword.mockserver.sharing.store import News, Store, StoreError
from watchword.mockserver.spaces import Plan, Spaces
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import WorldData

__all__ = ["Shared"]

_PAUSE = 0.2
"""Seconds between two looks at what the others do, while somebody follows the journal."""

_NO_PORTS = "expected no port: this mock is served by several processes, and a port by one"

_Part = tuple[str, Any]
"""One thing that was done: `space` with a name and a plan (None: forgotten), `world` with who lives in spaces to come, or
`replica` with the name of a space (None: the first world) and its changes."""


class _NoDoors:
    def open(self, name: str, port: int) -> str:
        """Refuse a port."""
        raise BadRequest(_NO_PORTS, 409)

    def close(self, name: str) -> None:
        """There is nothing to be closed."""


class Shared:
    """The handler of one process. Requests that come together have one turn together.

    May be called from several threads; what comes over sockets comes from one, that of the server's loop.
    """

    def __init__(self, router: Spaces, store: Store) -> None:
        self._router = router
        self._store = store
        self._turn = threading.RLock()
        self._parts: list[_Part] = []
        self._waiting: list[tuple[Request, str, Future[Reply | Delivery]]] = []
        self._replicas: dict[str | None, Replica] = {None: Replica(router.first)}
        self._quiet = True
        self._world = router.kept()[0]
        self._watching = False
        router.doors = _NoDoors()
        router.begun = self._begun
        for name in router.names():
            self._replicas[name] = Replica(router.application(name))
        with self.turn():
            pass

    # -- requests

    def __call__(self, request: Request, origin: str) -> Answer:
        """Answer a request that came over a socket, in the next turn."""
        coming: Future[Reply | Delivery] = Future()
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._drain)
        self._waiting.append((request, origin, coming))
        return coming

    def from_inside(self, request: Request, origin: str) -> Answer:
        """Answer a request of this very process, in a turn of its own."""
        with self.turn():
            return self._router.from_inside(request, origin)

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Note what was refused before anybody could look at it as a request."""
        try:
            with self.turn():
                return self._router.refused(reply, sentence, method, target)
        except StoreError:
            return reply

    def settle(self, world: WorldData) -> None:
        """Let others live in the mock from now on.

        Raises:
            StoreError: the store cannot be used.
        """
        with self.turn():
            self._router.settle(world)

    def _drain(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            with self.turn():
                answers = [self._answered(request, origin) for request, origin, _ in waiting]
        except StoreError as error:
            answers = [refusal(503, f"The mock cannot answer: {error}.")] * len(waiting)
        for (_, _, coming), answer in zip(waiting, answers, strict=True):
            coming.set_result(answer)
        if any(isinstance(answer, Stream) for answer in answers):
            self._watch()

    def _answered(self, request: Request, origin: str) -> Reply | Delivery:
        try:
            answer = self._router(request, origin)
        except Exception as error:  # noqa: BLE001 - the others of this turn are answered whatever goes wrong with one
            reply = own_error(error)
            return self._router.refused(reply, reply.body.decode(), request.method, request.path)
        assert not isinstance(answer, Future)  # noqa: S101 - only races keep anybody waiting
        self._gather()
        return answer

    # -- turns

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Have the turn while the block runs.

        Raises:
            StoreError: the store cannot be used, or the turn was lost; what was done in it holds nowhere.
        """
        with self._turn:
            if self._store.is_far_behind:
                self._take(self._store.news())
            news = self._store.begin()
            try:
                self._take(news)
                self._quiet = False
                yield
                self._gather()
                parts, self._parts = self._parts, []
                whole = pack(self._whole()) if self._store.is_new or self._store.is_due else b""
                self._store.end(pack(parts) if parts else b"", whole)
            except BaseException:
                # What has been done here is not what the store has.
                self._gather()
                self._parts = []
                self._store.forget()
                raise
            finally:
                self._quiet = True

    def _gather(self) -> None:
        """Take down what was done."""
        world = self._router.kept()[0]
        if world is not self._world:
            self._world = world
            self._parts.append(("world", world))
        for name, replica in self._replicas.items():
            changes = replica.changes()
            if changes is not None:
                self._parts.append(("replica", (name, changes)))

    def _whole(self) -> list[_Part]:
        world, plans = self._router.kept()
        spaces: list[_Part] = [("space", (name, plan)) for name, plan in plans.items()]
        replicas: list[_Part] = [("replica", (name, one.whole())) for name, one in self._replicas.items()]
        return [("world", world), *spaces, *replicas]

    def _begun(self, name: str, plan: Plan | None, made: Application | None) -> None:
        if made is None:
            self._replicas.pop(name, None)
        else:
            self._replicas[name] = Replica(made)
        if not self._quiet:
            # What was done to the space before is over with it.
            self._parts = [part for part in self._parts if part[0] != "replica" or part[1][0] != name]
            self._parts.append(("space", (name, plan)))

    def _take(self, news: News) -> None:
        """Do what others have done."""
        if news.whole is not None:
            for name in self._router.names():
                self._router.forget(name)
            self._do(unpack(news.whole))
        for change in news.changes:
            self._do(unpack(change))

    def _do(self, parts: list[_Part]) -> None:
        for what, told in parts:
            if what == "world":
                self._world = told
                self._router.keep(told)
            elif what == "space":
                self._space(*told)
            else:
                self._changed(*told)

    def _space(self, name: str, plan: Plan | None) -> None:
        if plan is not None:
            self._router.begin(name, plan)
        elif name in self._replicas:
            self._router.forget(name)

    def _changed(self, name: str | None, changes: Changes) -> None:
        self._replicas[name].apply(changes)

    # -- whoever follows the journal

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            asyncio.get_running_loop().call_later(_PAUSE, self._look)

    def _look(self) -> None:
        self._watching = False
        # Where the store is gone, whoever asks for something is told so.
        with contextlib.suppress(StoreError), self._turn:
            self._take(self._store.news())
        if any(one.application.desk.live.is_followed for one in self._replicas.values()):
            self._watch()
