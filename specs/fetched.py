"""Documents that somebody fetched, held against the register: are they those that it was written from?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from watchword.specs.errors import Gathering, SpecError
from watchword.specs.values.clause import Clause
from watchword.specs.values.document import Document

__all__ = ["hold_to_documents"]


def hold_to_documents(
    clauses: Iterable[Clause], documents: Mapping[str, Document], dialect: Path, fetched: Path
) -> tuple[str, ...]:
    """Give the names of the documents that the folder `fetched` holds; a file may have any name, its bytes tell which it is.

    Raises:
        SpecError: the folder cannot be read, a document with a digest is not in it, or a clause points at a line that its
            document does not have or that is blank.
    """
    texts = _texts(fetched)
    wanted = {name: document for name, document in documents.items() if document.sha256}
    gathering = Gathering()
    for name, document in wanted.items():
        with gathering.part():
            if document.sha256 not in texts:
                where = f"fetch it from {document.published}" if document.published else "nobody says where to fetch it"
                problem = f"no file in {fetched} is the document {name!r}: none has its digest {document.sha256}"
                raise SpecError(dialect / "sources.yaml", None, problem, where)
    for clause in clauses:
        read = wanted.get(clause.source.document)
        lines = texts.get(read.sha256) if read else None
        if lines is None or clause.source.line is None:
            continue
        with gathering.part(clause.operation or ""):
            line = clause.source.line
            if line > len(lines) or not lines[line - 1].strip():
                found = "is blank" if line <= len(lines) else f"is behind the last one, {len(lines)}"
                problem = f"{clause.id} points at line {line} of {clause.source.document!r}, which {found}"
                raise SpecError(dialect / "clauses.yaml", clause.line, problem, "name the line that says it")
    gathering.end()
    return tuple(wanted)


def _texts(folder: Path) -> Mapping[str, list[str]]:
    """Give the lines of each file by the digest of its bytes."""
    try:
        contents = [file.read_bytes() for file in sorted(folder.iterdir()) if file.is_file()]
    except OSError as error:
        raise SpecError(folder, None, f"cannot be read: {error.strerror}") from error
    return {hashlib.sha256(data).hexdigest(): _lines(data) for data in contents}


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n")
