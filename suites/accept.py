"""What a target file accepts as undecided: names that stand for clauses, and the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from watchword.specs.errors import nearest
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES

__all__ = ["UnknownName", "accepted", "names_of"]


class UnknownName(Exception):
    """A name stands for no clause of the dialect; `hint` says which was probably meant."""

    def __init__(self, name: str, hint: str) -> None:
        super().__init__(f"{name!r} stands for no clause")
        self.name = name
        self.hint = hint


def names_of(clause: Clause) -> Iterator[str]:
    """Give every name that stands for a clause.

    These are its id, with or without the dialect's name; its topic; the conditions or the guarantee that it is about; and
    what these presume of a server, such as `expiry`.
    """
    yield clause.id
    yield clause.full_id
    yield clause.topic
    about = (*clause.when, *filter(None, (clause.guarantee, clause.observe)))
    yield from about
    for name in about:
        row = CONDITIONS.get(name) or GUARANTEES[name]
        if row.presumes:
            yield row.presumes


def accepted(names: Iterable[str], reason: str, clauses: Iterable[Clause]) -> Mapping[str, str]:
    """Give the reason by the id of each clause for which one of the names stands; `*` in a name fits anything.

    Raises:
        UnknownName: a name stands for none.
    """
    known = {clause.id: set(names_of(clause)) for clause in clauses if not clause.untested}
    found: dict[str, str] = {}
    for name in names:
        pattern = re.compile(".*".join(map(re.escape, name.split("*"))))
        fitting = [clause for clause, own in known.items() if any(pattern.fullmatch(one) for one in own)]
        if not fitting:
            raise UnknownName(name, _meant(name, known.values()))
        found |= dict.fromkeys(fitting, reason)
    return found


def _meant(name: str, known: Iterable[set[str]]) -> str:
    names = set().union(*known)
    names |= {f"{one.partition('.')[0]}.*" for one in names if "." in one}
    hint = nearest(name, names)
    # There are hundreds of names, too many to list where none is near.
    return hint if hint.startswith("did you mean") else "such as expiry, refresh, renew.* or password.wrong"
