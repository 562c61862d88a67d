"""The lineage of tokens as a sequence diagram: who gave what, who used it, laid out for a picture and told in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from watchword.mockserver.verdicts.exchange import Exchange

__all__ = ["Line", "Step", "sequences"]

_ROW = 62
"""Units of the picture from one request to the next."""

_TOP = 74
_CLIENT = 170
_DEEPEST = 140
_LONGEST = 44
"""Characters of a label that fit between the two lifelines."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a session. `uses` and `gives` are pseudonyms of tokens; `y` is where the picture has it.

    `parent` is the request that gave what it uses, None where that is not known; `arc` the path from there, empty where the
    picture does not show that request.
    """

    id: int
    label: str
    purpose: str
    status: int
    lost: bool
    uses: tuple[str, ...]
    gives: tuple[str, ...]
    parent: int | None
    y: int
    arc: str

    @property
    def refused(self) -> bool:
        """Whether it was not served."""
        return not 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Line:
    """The requests of one session, the oldest first; `begun` is the id of the login, and `height` that of the picture."""

    begun: int
    steps: tuple[Step, ...]
    height: int


def sequences(
    entries: Sequence[Mapping[str, Any]], exchanges: Sequence[Exchange], name: Callable[[str], str | None]
) -> list[Line]:
    """Lay out the sessions that entries of the journal belong to, the newest session first.

    `entries` are as the journal shows them, the oldest first; `exchanges` hold the tokens, and `name` gives the pseudonym of one.
    """
    held = {exchange.id: exchange for exchange in exchanges}
    sessions: dict[int, list[Mapping[str, Any]]] = {}
    for entry in entries:
        begun = entry["lineage"]["session"]
        if begun is not None:
            sessions.setdefault(begun, []).append(entry)
    return [_laid(begun, rows, held, name) for begun, rows in sorted(sessions.items(), reverse=True)]


def _laid(
    begun: int, rows: Sequence[Mapping[str, Any]], held: Mapping[int, Exchange], name: Callable[[str], str | None]
) -> Line:
    places = {row["id"]: _TOP + _ROW * number for number, row in enumerate(rows)}
    steps = tuple(_step(row, held.get(row["id"]), places, name) for row in rows)
    return Line(begun, steps, _TOP + _ROW * len(rows))


def _step(
    row: Mapping[str, Any], exchange: Exchange | None, places: Mapping[int, int], name: Callable[[str], str | None]
) -> Step:
    parent, y = row["lineage"]["parent"], places[row["id"]]
    label = row["operation"] or f"{row['method']} {row['path']}"
    return Step(
        row["id"],
        label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}…",
        row["purpose"] or "",
        row["status"],
        row["lost"],
        () if exchange is None else _named((exchange.access, exchange.refresh), name),
        () if exchange is None else _named((exchange.new_access, exchange.new_refresh), name),
        parent,
        y,
        _arc(places[parent], y) if parent in places else "",
    )


def _named(tokens: Sequence[str | None], name: Callable[[str], str | None]) -> tuple[str, ...]:
    # What has no pseudonym any more is a token all the same, and is not shown as it is.
    return tuple(name(token) or "a token" for token in tokens if token)


def _arc(giver: int, user: int) -> str:
    """Draw the way of a token along the client's side: from the reply that brought it to the request that carries it."""
    start, end = giver + 22, user
    out = _CLIENT - min(_DEEPEST, 24 + (end - start) // 5)
    return f"M{_CLIENT} {start} C{out} {start} {out} {end} {_CLIENT - 6} {end}"
