"""What was asked of the mock and what it made of it: the last so many requests, shown without any secret."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qsl, quote, unquote

from watchword.mockserver.console.detail import Detail, pair_in
from watchword.mockserver.explain.explanation import Explanation
from watchword.mockserver.service import Outcome
from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.lineage import begun_by, parents
from watchword.mockserver.verdicts.sight import Sight
from watchword.specs.redaction import Masker
from watchword.specs.values.api import Api
from watchword.specs.values.http import Pairs, Reply, Request
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["KEPT", "LEFT_OUT", "Entry", "Journal"]

_BUDGET = 4 * 1024 * 1024
"""Bytes of messages that are kept; beyond that the oldest entries lose them."""

KEPT = 8192
"""Bodies of more bytes are left out."""

LEFT_OUT = ("Watchword-Body", "left out")
"""Stands among the headers of a message whose body was left out."""

_Message = TypeVar("_Message", Request, Reply)

_LONGEST = 2048
"""Paths and queries beyond this many characters are left out: half a secret could not be recognised."""


class Entry(NamedTuple):
    """One request, what was answered, and why it was not served (None: it was). `id` counts the mock's requests.

    `race` says how it fared in a race; None when it was in none. `sight` is what was seen for rules about clients, `request` and
    `reply` what travelled, without bodies that are too long to be kept, until newer ones need the room; all are None where no request
    could be read.
    """

    id: int
    at: float
    method: str
    path: str
    query: str
    operation: str | None
    status: int
    why: Explanation | None
    race: Mapping[str, Any] | None = None
    sight: Sight | None = None
    request: Request | None = None
    reply: Reply | None = None

    @property
    def exchange(self) -> Exchange | None:
        """What rules about clients ask for."""
        return None if self.sight is None else self.sight.exchange

    def __repr__(self) -> str:
        # The explanation quotes the request.
        return f"<Entry {self.id} {self.status}>"


class Journal:
    """A ring of entries. It keeps what travelled, long bodies left out, and masks when it is read.

    Of the query it shows the values of roles that are no secret; any other value is shown as its pseudonym, or as `***`
    when it is not known, for it may be a secret in the wrong place. `issued` gives the role of a token of the mock's.
    """

    def __init__(
        self, api: Api, masker: Masker, size: int = 1000, issued: Callable[[str], str | None] = lambda value: None
    ) -> None:
        self._issued = issued
        self._entries: deque[Entry] = deque(maxlen=size)
        self._masker = masker
        self.detail = Detail(api, masker)
        self._weights: deque[tuple[int, int]] = deque()
        self._weight = 0
        self._served = 0
        self._refused = 0
        self._before = 0
        self.written: Callable[[Entry | None], None] | None = None
        """Hears of each entry when it is there, and of None when all are forgotten."""
        bindings = [b for op in api.operations.values() for b in op.bindings]
        self._names = {b.name for b in bindings} | {b.role for b in bindings}
        self._open = {b.name for b in bindings if b.place == "query" and b.role not in SECRET_ROLES}

    @property
    def dropped(self) -> int:
        """How many entries have been forgotten to make room for newer ones."""
        return self._served - self._before - len(self._entries)

    @property
    def upcoming(self) -> int:
        """The id that the next entry will have."""
        return self._served + 1

    @property
    def exchanges(self) -> list[Exchange]:
        """What the entries show of the client, the oldest first."""
        return [entry.sight.exchange for entry in self._entries if entry.sight is not None]

    @property
    def newest(self) -> Entry | None:
        """The newest entry that was refused; when nothing was, the newest of all."""
        refused = self.find(self._refused)
        return refused if refused is not None else self._entries[-1] if self._entries else None

    def find(self, number: int) -> Entry | None:
        """Give the entry with an id; None when it is forgotten, or has not come yet."""
        # Ids follow each other without a gap.
        place = number - self._entries[0].id if self._entries else -1
        return self._entries[place] if 0 <= place < len(self._entries) else None

    def record(
        self,
        request: Request,
        outcome: Outcome,
        why: Explanation | None = None,
        race: Mapping[str, Any] | None = None,
        sight: Sight | None = None,
    ) -> Entry:
        """Add a request, its outcome, its explanation, how it fared in a race, and what was seen of it; gives the entry."""
        path = request.path if len(request.path) <= _LONGEST else "/…"
        query = request.query if len(request.query) <= _LONGEST else "***"
        status = outcome.reply.status
        kept = (_short(request), _short(outcome.reply)) if sight is not None else (None, None)
        if sight is not None and (kept[0] is not request or kept[1] is not outcome.reply):
            # A sight that nobody has asked holds the messages as they came.
            sight.settle()
        entry = Entry(
            self._served + 1,
            outcome.at,
            request.method,
            path,
            query,
            outcome.operation,
            status,
            why,
            race,
            sight,
            *kept,
        )
        self.take(entry)
        return entry

    def take(self, entry: Entry) -> None:
        """Add an entry, of this process or of another that serves the same mock."""
        self._served = entry.id
        self._entries.append(entry)
        if entry.why is not None:
            self._refused = entry.id
        if entry.sight is not None:
            self._weigh(entry)
        if self.written is not None:
            self.written(entry)

    def _weigh(self, entry: Entry) -> None:
        """Keep within the budget: the oldest entries lose what travelled, and stay."""
        size = _size(entry.request) + _size(entry.reply)
        self._weights.append((entry.id, size))
        self._weight += size
        while self._weight > _BUDGET or (self._weights and self._weights[0][0] < self._entries[0].id):
            number, size = self._weights.popleft()
            self._weight -= size
            place = number - self._entries[0].id
            if place >= 0:
                oldest = self._entries[place]
                if oldest.sight is not None:
                    oldest.sight.settle()
                self._entries[place] = oldest._replace(request=None, reply=None)

    def clear(self) -> None:
        """Forget every entry."""
        self._entries.clear()
        self._weights.clear()
        self._weight = 0
        self._before = self._served
        if self.written is not None:
            self.written(None)

    def kept(self) -> tuple[int, int, list[Entry]]:
        """Give what another process needs to go on with this journal."""
        return self._served, self._before, list(self._entries)

    def keep(self, kept: tuple[int, int, list[Entry]]) -> None:
        """Go on with the journal of another process."""
        self.clear()
        for entry in kept[2]:
            self.take(entry)
        self._served, self._before = kept[:2]

    def picked(self, last: int | None = None, only: Mapping[str, str] | None = None) -> list[Entry]:
        """Give the entries, or only the `last` so many, the oldest first.

        `only` limits them by `status` (one, or a class such as 4xx), `method`, `path`, `operation`, `purpose`, `condition`, to
        the `session` that began with an id, or to those `since` an id.
        """
        asked = only or {}
        lines = self._lineage() if "session" in asked else {}
        wanted = [entry for entry in self._entries if _fits(entry, asked, lines)]
        return wanted if last is None else wanted[max(0, len(wanted) - last) :]

    def fits(self, entry: Entry, only: Mapping[str, str]) -> bool:
        """Tell whether an entry is one of those that are meant; see `picked`."""
        return _fits(entry, only, self._lineage() if "session" in only else {})

    def entries(
        self, last: int | None = None, only: Mapping[str, str] | None = None, *, details: bool = False
    ) -> list[dict[str, Any]]:
        """Give entries as people and programs are told of them; see `picked` and `shown`."""
        lines = self._lineage()
        return [self.shown(entry, details=details, lineage=lines) for entry in self.picked(last, only)]

    def _lineage(self) -> dict[int, dict[str, int]]:
        exchanges = self.exchanges
        parent = parents(exchanges)
        found = {number: {"parent": giver, "session": begun_by(number, parent)} for number, giver in parent.items()}
        for exchange in exchanges:
            if exchange.purpose == "issue" and exchange.served:
                found.setdefault(exchange.id, {"session": exchange.id})
        return found

    def shown(
        self, entry: Entry, *, details: bool = False, lineage: Mapping[int, Mapping[str, int]] | None = None
    ) -> dict[str, Any]:
        """Give one entry as people and programs are told of it.

        `lineage` names the request that gave the token which this one presents, as `parent`, and the login with which the
        session began. With `details`, headers and bodies are there, too.
        """
        self.learn(entry)
        why = {} if entry.why is None else entry.why.shown(self._masker)
        line = (self._lineage() if lineage is None else lineage).get(entry.id, {})
        more: dict[str, Any] = {}
        if details:
            more = {
                "request": None if entry.request is None else self.detail.request(entry.request),
                "reply": None if entry.reply is None else self.detail.reply(entry.reply),
                "forgotten": entry.sight is not None and entry.request is None,
                "took": 0.0 if entry.sight is None else round(entry.sight.ended - entry.sight.began, 6),
            }
        return {
            "id": entry.id,
            "at": round(entry.at, 3),
            "method": self._masker.mask(entry.method),
            "path": self._masker.mask(entry.path),
            "query": self._query(entry.query),
            "operation": entry.operation,
            "purpose": None if entry.sight is None else entry.sight.purpose,
            "status": entry.status,
            "lost": entry.sight is not None and entry.sight.lost,
            "lineage": {"parent": line.get("parent"), "session": line.get("session")},
            "race": None if entry.race is None else dict(entry.race),
            **dict.fromkeys(_TOLD),
            **why,
            **more,
        }

    def learn(self, entry: Entry) -> None:
        """Take note of the tokens that an entry speaks of: they may be older than those that the masker remembers."""
        texts = [entry.path, entry.query, *(() if entry.why is None else entry.why.texts)]
        for message in (entry.request, entry.reply):
            if message is not None:
                for _, value in message.headers:
                    # A token may stand in the place of a name or a password, too.
                    texts += [value, *(pair_in(value) or ())]
                texts.append(message.body.decode(errors="replace"))
        for run in {run for text in texts for run in _RUN.findall(unquote(text))}:
            role = self._issued(run)
            if role is not None:
                self._masker.learn(role, run)

    def _query(self, query: str) -> str:
        if not query or query == "***":
            return query
        pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
        return "&".join(f"{self._name(name, value)}={self._value(name, value)}" for name, value in pairs) or "***"

    def _name(self, name: str, value: str) -> str:
        # A name that nobody knows and that has no value is as likely a value that lost its name.
        return self._masker.mask(quote(name)) if value or name in self._names else "***"

    def _value(self, name: str, value: str) -> str:
        if not value:
            return ""
        pseudonym = self._masker.known(value)
        if pseudonym is not None:
            return pseudonym
        return self._masker.mask(quote(value)) if name in self._open else "***"


def _short(message: _Message) -> _Message:
    """Leave out a body that is too long: half a secret could not be recognised, and a journal of them would be a heap."""
    return message if len(message.body) <= KEPT else replace(message, body=b"", headers=_cut(message.headers))


def _size(message: Request | Reply | None) -> int:
    if message is None:
        return 0
    size = len(message.body)
    for name, value in message.headers:
        size += len(name) + len(value)
    return size


def _cut(headers: Pairs) -> Pairs:
    return (*headers, LEFT_OUT)


_RUN = re.compile(r"[\w-]{8,}(?:\.[\w-]+)*")
"""What a token of a mock may look like."""

_TOLD = ("cause", "condition", "broader", "says", "where", "expected", "found", "hint", "fault")
"""What an entry says beyond the request and its status; null where the request was served."""


def _conditions(entry: Entry) -> tuple[str | None, ...]:
    """Give what an entry was refused for: in the words of the case, and the condition of which that is a special one."""
    return () if entry.why is None else (entry.why.condition, entry.why.broader)


def _fits(entry: Entry, only: Mapping[str, str], lineage: Mapping[int, Mapping[str, int]]) -> bool:
    status = str(entry.status)
    facts = {
        "method": entry.method,
        "path": entry.path,
        "operation": entry.operation or "",
        "purpose": "" if entry.sight is None else entry.sight.purpose or "",
        "session": str(lineage.get(entry.id, {}).get("session", "")),
    }
    return (
        all(facts[name] == value for name, value in only.items() if name in facts)
        and only.get("condition") in (None, *_conditions(entry))
        and only.get("status", status) in (status, f"{status[0]}xx")
        and entry.id > int(only.get("since", 0))
    )
