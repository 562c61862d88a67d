"""Reading `sources.yaml`: which documents the clauses of a register come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from watchword.specs.errors import Gathering, SpecError, nearest
from watchword.specs.reading.yamlfile import YamlFile
from watchword.specs.values.clause import Clause
from watchword.specs.values.document import STANDARD_DOCUMENTS, Document

__all__ = ["hold_to_sources", "read_sources"]


def read_sources(source: YamlFile | None) -> Mapping[str, Document]:
    """Give the documents by name, the standards among them, from a file that its JSON Schema has accepted.

    Raises:
        SpecError: a document has the name of a standard.
    """
    gathering = Gathering()
    rows = source.value if source else {}
    for name in rows:
        with gathering.part():
            if source and name in STANDARD_DOCUMENTS:
                raise source.error((name,), f"{name} is known already", "leave it out")
    gathering.end()
    own = {name: Document(name, **row) for name, row in rows.items()}
    return MappingProxyType({**own, **STANDARD_DOCUMENTS})


def hold_to_sources(clauses: Iterable[Clause], documents: Mapping[str, Document], folder: Path) -> None:
    """See that every clause can be looked up.

    Raises:
        SpecError: a clause names a document that is not among the sources; it has the others, each document told once.
    """
    gathering = Gathering()
    told: set[str] = set()
    for clause in clauses:
        name = clause.source.document
        if name in documents or name in told:
            continue
        told.add(name)
        with gathering.part():
            near = nearest(name, documents)
            hint = near if near.endswith("?") else f"say in sources.yaml what it is:\n\n{name}:\n  title: …\n  date: …"
            problem = f"the document {name!r} of {clause.id} is not in sources.yaml"
            raise SpecError(folder / "clauses.yaml", clause.line, problem, hint)
    gathering.end()
