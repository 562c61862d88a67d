"""The documents that clauses come from, as frozen values: what each is called, how old it is, and where a stranger finds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from watchword.specs.vocabulary.standards import STANDARDS

__all__ = ["STANDARD_DOCUMENTS", "Document"]

_SECTION = re.compile(r"(?:section |§ ?)?(\d+(?:\.\d+)*)", re.IGNORECASE)
_TEXTS = "https://www.rfc-editor.org/rfc/"


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `date` is YYYY, YYYY-MM or YYYY-MM-DD; a part that nobody knows is empty.

    `published` is its address. `sha256` is the digest of the bytes that the clauses were taken from, in hexadecimal, and
    their lines are those of these bytes. `numbered` tells that its sections can be linked to by their numbers.
    """

    name: str
    title: str
    version: str = ""
    date: str = ""
    published: str = ""
    sha256: str = ""
    note: str = ""
    numbered: bool = False

    def link(self, section: str) -> str:
        """Give the address of a section, or of the document where a section has none of its own; empty without any."""
        number = _SECTION.match(section) if self.numbered else None
        return f"{self.published}#section-{number[1]}" if number else self.published

    def looked_up(self, section: str) -> Mapping[str, str]:
        """Say how a section is looked up: title, version, date and link, those of them that are known."""
        told = {"title": self.title, "version": self.version, "date": self.date, "link": self.link(section)}
        return {key: value for key, value in told.items() if value}


STANDARD_DOCUMENTS: Mapping[str, Document] = MappingProxyType(
    {
        name: Document(name, title, "", date, f"{_TEXTS}{name.replace(' ', '').lower()}", numbered=True)
        for name, (title, date) in STANDARDS.items()
    }
)
"""The standards of the vocabulary as documents. Their texts never change, so they have no digest."""
