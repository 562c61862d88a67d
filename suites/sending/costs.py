"""What the checks of clauses cost a target, and which of them weigh most when not all can be afforded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from watchword.specs.values.api import Ban
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import BASES, CONDITIONS, GRAVITIES, GUARANTEES, LEVELS, broader

__all__ = ["Cost", "cost_of", "grows_old", "varied", "weight"]

_RANKS = {
    name: rank
    for rank, name in enumerate(
        sorted(CONDITIONS, key=lambda name: ([*GRAVITIES].index(CONDITIONS[name].gravity), len(broader(name))))
    )
}
"""The conditions in the order in which a budget is spent on them: the gravest, and of these the broadest, first."""


class Cost:
    """What a clause's check costs: bad logins by the credential whose account is charged, and counted refusals."""

    __slots__ = ("logins", "refusals")

    def __init__(self, logins: dict[str, int], refusals: int) -> None:
        self.logins = logins
        self.refusals = refusals


def cost_of(clause: Clause, ban: Ban | None = None) -> Cost:
    """Reckon what a clause's check costs, as far as its conditions tell."""
    logins: dict[str, int] = {}
    sets = [clause.when] if clause.when else [(name,) for name in clause.conditions]
    if "refusals.alike" in (clause.guarantee, clause.observe):
        sets = [("password.wrong",), ("username.unknown",)]
    for names in sets:
        # Who names nobody charges nobody's account, whatever else is wrong.
        rows = [CONDITIONS[name] for name in names]
        nameless = any(row.names_nobody for row in rows)
        for account in (row.spends for row in rows):
            if account and not nameless:
                logins[account] = logins.get(account, 0) + 1
    generated = sum(GUARANTEES[clause.guarantee].generated) if clause.guarantee else 0
    if generated:
        return Cost(logins, generated)
    free = ban.uncounted.get(clause.operation or "", ()) if ban is not None else ()
    name = clause.guarantee or clause.observe
    refused = GUARANTEES[name].refused if name else 0
    # What asks which of two keys counted may be refused under one of them.
    refused += clause.basis == "silent" and any(CONDITIONS[name].contradicts for name in clause.when)
    return Cost(logins, refused + sum(not any(name in free for name in names) for names in sets))


def grows_old(clause: Clause) -> bool:
    """Tell whether the check of a clause takes a token that expires: without a wait nothing is refused in it."""
    name = clause.guarantee or clause.observe
    if name and GUARANTEES[name].presumes == "expiry":
        return True
    return any(CONDITIONS[condition].presumes == "expiry" for condition in (*clause.when, *clause.conditions))


def weight(clause: Clause) -> tuple[int, int, int]:
    """Order clauses by how much their verdict weighs: the smaller, the weightier."""
    gravest = min((_RANKS[name] for name in clause.when), default=0)
    return LEVELS.index(clause.level), BASES.index(clause.basis), gravest


def varied(clauses: Iterable[Clause]) -> list[Clause]:
    """Order clauses by weight, of equal ones those first whose conditions have had no turn yet at another operation."""
    turns: Counter[tuple[object, ...]] = Counter()
    ranked = []
    for clause in sorted(clauses, key=weight):
        kind = (clause.level, clause.basis, *clause.when)
        ranked.append((weight(clause)[:2], turns[kind] if clause.when else 0, weight(clause), clause))
        turns[kind] += 1
    return [entry[-1] for entry in sorted(ranked, key=lambda entry: entry[:-1])]
