"""How grave a clause is: what its condition or guarantee says, and less where less was seen.

A wrong request that is refused in another way than the document has it lets nobody in, whatever it was about.
"""

from __future__ import annotations

from collections.abc import Sequence

from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import CONDITIONS, GRAVITIES, GUARANTEES
from watchword.suites.judging.expect import Difference

__all__ = ["gravity"]

_HEADER = "the header "


def gravity(clause: Clause, differences: Sequence[Difference], status: int | None) -> str:
    """Give a gravity of `GRAVITIES`; for a clause without differences, that of what it is about.

    `status` is that of the reply that was judged, None where there is none.
    """
    named = clause.guarantee or clause.observe
    found = GUARANTEES[named].gravity if named else min((CONDITIONS[name].gravity for name in clause.when), key=_rank)
    if not differences:
        return found
    if all(difference.expected.startswith(_HEADER) for difference in differences):
        return "form"
    refused = clause.when and (status is None or status >= 300)
    return max(found, "interoperability", key=_rank) if refused else found


def _rank(gravity: str) -> int:
    return [*GRAVITIES].index(gravity)
