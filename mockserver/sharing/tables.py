"""Tables that take note of what changes in them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

__all__ = ["Done", "Notes", "Table"]


class Done(NamedTuple):
    """One thing that was done: a key was `set` to whatever is there by now, or was taken out, or the table is a `new` one."""

    what: Literal["set", "out", "new"]
    table: str
    key: Any = None


class Notes:
    """What was done to the tables of one world since somebody asked.

    Of tables that `images` knows, what is taken out to be looked at may be changed without the table's knowledge; the image of
    it, from before, tells.
    """

    def __init__(self, images: dict[str, Callable[[Any], Any]]) -> None:
        self.tables: dict[str, Table] = {}
        self.quiet = False
        """Nothing is noted while it is set."""
        self._images = images
        self._done: list[Done] = []
        self._looked: dict[tuple[str, Any], Any] = {}

    def table(self, name: str) -> Table:
        """Make a table, in place of the one of that name if there is one."""
        if name in self.tables:
            self.note(Done("new", name))
        made = self.tables[name] = Table(name, self, looks=name in self._images)
        return made

    def note(self, done: Done) -> None:
        """Take note of something."""
        if not self.quiet:
            self._done.append(done)

    def look(self, table: str, key: Any, value: Any) -> None:
        """Take note of what somebody may be about to change."""
        if not self.quiet and (table, key) not in self._looked:
            self._looked[table, key] = self._images[table](value)

    def taken(self) -> list[Done]:
        """Give what was done, in its order, and begin anew."""
        done, self._done = self._done, []
        looked, self._looked = self._looked, {}
        set_already = {(one.table, one.key) for one in done if one.what == "set"} if done else ()
        for (name, key), before in looked.items():
            value = OrderedDict.get(self.tables[name], key)
            if value is not None and (name, key) not in set_already and self._images[name](value) != before:
                done.append(Done("set", name, key))
        return done


class Table(OrderedDict[Any, Any]):
    """One table. Of the ways to change one, it has those that a world uses."""

    def __init__(self, name: str, notes: Notes, *, looks: bool) -> None:
        super().__init__()
        self._name = name
        self._notes = notes
        self._looks = looks

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        self._notes.note(Done("set", self._name, key))

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        self._notes.note(Done("out", self._name, key))

    def __getitem__(self, key: Any) -> Any:
        value = super().__getitem__(key)
        if self._looks:
            self._notes.look(self._name, key, value)
        return value

    def get(self, key: Any, default: Any = None) -> Any:
        """Give a value, or the default."""
        return self[key] if key in self else default  # noqa: SIM401 - that would ask here again

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Give a value, which is the default from now on where there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        """Take a value out."""
        if key not in self and default:
            return default[0]
        value = super().__getitem__(key)
        del self[key]
        return value

    def popitem(self, last: bool = True) -> tuple[Any, Any]:
        """Take the newest pair out, or the oldest."""
        key = next(reversed(self)) if last else next(iter(self))
        return key, self.pop(key)

    def values(self) -> Any:
        """Give all values."""
        if self._looks:
            for key, value in self._pairs():
                self._notes.look(self._name, key, value)
        return super().values()

    def _pairs(self) -> Iterator[tuple[Any, Any]]:
        return zip(self, super().values(), strict=True)
