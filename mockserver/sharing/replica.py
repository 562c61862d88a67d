"""One mock, or one space of it, as it is in this process: what has changed in it, and what others have changed."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any, NamedTuple

from watchword.mockserver.console.journal import Entry
from watchword.mockserver.control import Application
from watchword.mockserver.sharing.plain import Sessions, access_token, image, refresh_token
from watchword.mockserver.sharing.tables import Done, Notes, Table
from watchword.mockserver.state.alike import Alike

__all__ = ["Changes", "Replica"]

_NO_RACE = "expected no race: this mock is served by several processes, which cannot hold each other's requests"

_SAME_MACHINE = 0.5
"""Clocks that nobody moves and that are so many seconds apart are those of two machines."""


class Changes(NamedTuple):
    """What was done to one replica. All of it is plain values, and values that hold no other of the replica's.

    `done` are the changes of the tables with what was set, `sessions` those that its tokens speak of, `kept` what goes by the
    service and its orders where that has changed, `entries` what was written into the journal (None: it was emptied), `adopted`
    the refresh tokens that parties have, `learned` what got pseudonyms. `whole` is there where it is not what was done, but
    all that there is. `since` is the clock that nobody moves, when that of the system was at 0.
    """

    done: list[tuple[Done, Any]]
    sessions: dict[str, tuple[Any, ...]]
    forgotten: dict[str, int] | None
    kept: tuple[Any, ...] | None
    entries: list[Entry | None]
    adopted: list[tuple[tuple[str, ...], str]]
    learned: list[tuple[str, str, bool]]
    since: float
    whole: tuple[Any, ...] | None = None


class Replica:
    """One application in this process. Only one of all processes may change it at a time."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._sessions = Sessions()
        self._notes = Notes({"access": image, "refresh": image})
        self._kept: tuple[Any, ...] | None = None
        self._forgotten: dict[str, int] = {}
        self._entries: list[Entry | None] = []
        self._adopted: list[tuple[tuple[str, ...], str]] = []
        self._learned: list[tuple[str, str, bool]] = []
        desk, world = application.desk, application.service.state
        desk.race.barred = _NO_RACE
        self._notes.quiet = True
        for name, table in self._tables().items():
            self._notes.table(name).update(table)
        world.new_table = self._notes.table
        self._put_up()
        self._notes.quiet = False
        desk.journal.written = self._wrote
        desk.observer.adopted = self._adopts
        desk.masker.told = self._learns

    def _tables(self) -> dict[str, OrderedDict[Any, Any]]:
        world = self.application.service.state
        named: dict[str, OrderedDict[Any, Any]] = {
            "access": world.access,
            "refresh": world.refresh,
            "current": world.current,
        }
        past = {f"past {role}": world.past.get(role, OrderedDict()) for role in ("access_token", "refresh_token")}
        return {**named, "withdrawn": world.withdrawn, "lost": world.lost, **past}

    def _put_up(self) -> None:
        """Let the world use the tables that are noted."""
        world, tables = self.application.service.state, self._notes.tables
        world.access, world.refresh, world.current = tables["access"], tables["refresh"], tables["current"]
        world.withdrawn, world.lost = tables["withdrawn"], tables["lost"]
        world.past = {role: tables[f"past {role}"] for role in ("access_token", "refresh_token")}

    def _wrote(self, entry: Entry | None) -> None:
        if not self._notes.quiet:
            self._entries.append(entry)

    def _adopts(self, party: tuple[str, ...], token: str) -> None:
        if not self._notes.quiet:
            self._adopted.append((party, token))

    def _learns(self, role: str, value: str, lasting: bool) -> None:
        if not self._notes.quiet:
            self._learned.append((role, value, lasting))

    # -- telling

    def changes(self) -> Changes | None:
        """Give what was done here since this was asked last; None where nothing was."""
        done = [(one, self._written(one)) for one in self._notes.taken() if self._is_there(one)]
        kept = self._goes_by()
        forgotten = self.application.service.state.forgotten
        told = Changes(
            done,
            self._spoken_of(done),
            dict(forgotten) if forgotten != self._forgotten else None,
            kept if kept != self._kept else None,
            self._entries,
            self._adopted,
            self._learned,
            _since(),
        )
        self._entries, self._adopted, self._learned = [], [], []
        self._kept = kept
        self._forgotten = dict(forgotten)
        told_any = told.done or told.kept or told.entries or told.adopted or told.learned or told.forgotten is not None
        return told if told_any else None

    def whole(self) -> Changes:
        """Give all that there is; what was done so far is in it."""
        self.changes()
        desk = self.application.desk
        done: list[tuple[Done, Any]] = []
        for name, table in self._notes.tables.items():
            done.append((Done("new", name), None))
            keys = [Done("set", name, key) for key in table]
            done += [(one, self._written(one)) for one in keys]
        whole = (desk.journal.kept(), desk.observer.kept(), desk.masker.kept())
        return Changes(done, self._spoken_of(done), dict(self._forgotten), self._kept, [], [], [], _since(), whole)

    def _is_there(self, one: Done) -> bool:
        return one.what != "set" or one.key in self._notes.tables[one.table]

    def _written(self, one: Done) -> Any:
        if one.what != "set":
            return None
        value = OrderedDict.__getitem__(self._notes.tables[one.table], one.key)
        if one.table == "access":
            return access_token(value)
        return refresh_token(value) if one.table == "refresh" else value

    def _spoken_of(self, done: list[tuple[Done, Any]]) -> dict[str, tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = {}
        for one, _ in done:
            if one.what == "set" and one.table in ("access", "refresh"):
                found |= self._sessions.written(OrderedDict.__getitem__(self._notes.tables[one.table], one.key))
        return found

    def _goes_by(self) -> tuple[Any, ...]:
        return self.application.service.kept(), self.application.desk.book.kept()

    # -- being told

    def apply(self, changes: Changes) -> None:
        """Let what was done in another process be done here."""
        self._notes.quiet = True
        try:
            self._apply(changes)
        finally:
            self._notes.quiet = False

    def _apply(self, changes: Changes) -> None:
        desk, service = self.application.desk, self.application.service
        sessions = self._sessions.read(changes.sessions)
        for one, written in changes.done:
            self._do(one, written, sessions)
        self._put_up()
        if changes.forgotten is not None:
            service.state.forgotten = dict(changes.forgotten)
            self._forgotten = dict(changes.forgotten)
        for learned in changes.learned:
            role, value, lasting = learned
            desk.masker.learn(role, value, lasting=lasting)
        if changes.whole is not None:
            journal, observer, masker = changes.whole
            desk.masker.keep(masker)
            desk.observer.keep(observer)
            served, before, entries = journal
            desk.journal.keep((served, before, [_here(entry, changes.since) for entry in entries]))
        if changes.kept is not None:
            service.keep(changes.kept[0])
            desk.book.keep(changes.kept[1])
            desk.masker.configure(service.credentials)
            self._kept = self._goes_by()
        for party, token in changes.adopted:
            desk.observer.adopt(party, token)
        for entry in changes.entries:
            if entry is None:
                desk.journal.clear()
            else:
                told = _here(entry, changes.since)
                desk.journal.take(told)
                desk.live.tell(told)

    def _do(self, one: Done, written: Any, sessions: dict[str, Any]) -> None:
        tables, world = self._notes.tables, self.application.service.state
        if one.what == "new":
            self._notes.table(one.table)
            if one.table in ("access", "refresh"):
                world.alike[f"{one.table}_token"] = Alike()
            return
        table: Table = tables[one.table]
        if one.what == "out":
            table.pop(one.key, None)
            return
        value = written
        if one.table == "access":
            value = self._sessions.access(written, sessions, table)
        elif one.table == "refresh":
            value = self._sessions.refresh(written, sessions, table, tables["access"])
        if one.table in ("access", "refresh") and one.key not in table:
            world.fresh.append((one.key, f"{one.table}_token"))
        table[one.key] = value


def _since() -> float:
    return time.monotonic() - time.time()


def _here(entry: Entry, since: float) -> Entry:
    """Give an entry of another machine as the clock of this one would have it."""
    apart = _since() - since
    if entry.sight is not None and abs(apart) >= _SAME_MACHINE:
        entry.sight.move(apart)
    return entry
