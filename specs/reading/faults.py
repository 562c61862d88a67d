"""Reading `faults.yaml`: which clauses of a register each fault of the mock breaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from watchword.specs.errors import nearest
from watchword.specs.reading.yamlfile import YamlFile
from watchword.specs.values.clause import Clause

__all__ = ["read_declared"]


def read_declared(source: YamlFile, clauses: Iterable[Clause]) -> Mapping[str, frozenset[str]]:
    """Give the ids of the broken clauses by fault, from a file that its JSON Schema has accepted.

    Raises:
        SpecError: there is no such clause, or it is one that nothing can break.
    """
    breakable = {clause.id: clause.can_break for clause in clauses}
    for fault, broken in source.value.items():
        for index, name in enumerate(broken):
            if name not in breakable:
                raise source.error((fault, index), f"there is no clause {name!r}", nearest(name, breakable))
            if not breakable[name]:
                raise source.error(
                    (fault, index), f"nothing can break {name!r}", "it is observed or untested; leave it out"
                )
    return MappingProxyType({fault: frozenset(broken) for fault, broken in source.value.items()})
