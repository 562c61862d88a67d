"""What a judge finds: where a rule was put to the test, and where it was broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from watchword.mockserver.verdicts.exchange import Exchange

__all__ = ["Breach", "Finding", "Judge", "each"]


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach of a rule, in words, and the journal entries that show it."""

    says: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The entries in which a rule was put to the test, and its breaches. Without any entry, nothing is known.

    `open` says of what could not be decided yet.
    """

    tried: tuple[int, ...] = ()
    breaches: tuple[Breach, ...] = ()
    open: str = ""


Judge = Callable[[Sequence[Exchange]], Finding]
"""What a rule is: a function of what a client did, in order."""


def each(
    concerns: Callable[[Exchange], bool], slip: Callable[[Exchange], str | None]
) -> Callable[[Sequence[Exchange]], Finding]:
    """Make the judge of a rule that holds for each request on its own: those it concerns, and what is wrong with one."""

    def judge(exchanges: Sequence[Exchange]) -> Finding:
        mine = [exchange for exchange in exchanges if concerns(exchange)]
        slips = [(exchange.id, slip(exchange)) for exchange in mine]
        broken = tuple(Breach(says, (number,)) for number, says in slips if says is not None)
        return Finding(tuple(exchange.id for exchange in mine), broken)

    return judge
