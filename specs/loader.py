"""From a dialect's folder to its values, strictly: schema first, then every reference, each error with file and line."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from watchword.specs.errors import Gathering, SpecError, UnknownDialect, nearest
from watchword.specs.held import digest, is_held, note
from watchword.specs.placing import Endpoints, placed
from watchword.specs.reading.complaint import complaints
from watchword.specs.reading.openapi import read_api
from watchword.specs.reading.profiles import read_profiles
from watchword.specs.reading.worlds import read_world
from watchword.specs.reading.yamlfile import YamlFile, read_yaml
from watchword.specs.values.api import Api
from watchword.specs.values.profile import Profile, WorldData

# What reads a file is imported with the file: a mock asks for the description and the profiles alone.
if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

    from watchword.specs.values.clause import Clause
    from watchword.specs.values.document import Document
    from watchword.specs.values.manner import Manner

__all__ = ["Dialect", "bundled", "check_schema", "load_dialect", "load_world", "make_world", "schema", "world_dialect"]

_HERE = Path(__file__).parent
_PRIVATE = ("world",)
"""Files of which not even a digest is kept: they hold people's passwords."""
_RULES = "2"
"""Counts what `complaints` asks for besides the schemas, and the laws of `ungrouped`: what was found right under other rules is looked at again."""


@dataclass(frozen=True, eq=False)
class Dialect:
    """One API's rules: its description, read at once, and its other files, read when first asked for.

    `described` is the API as the description has it, where the server at hand has it otherwise.
    """

    api: Api
    described: Api | None = None

    @property
    def name(self) -> str:
        """The name of the dialect: that of its folder."""
        return self.api.name

    @property
    def folder(self) -> Path:
        """Where the dialect's files are."""
        return self.api.folder

    @cached_property
    def revision(self) -> str:
        """What tells this state of the dialect from others: the version of the API, and a digest of what is said of it."""
        register = self.folder / "clauses.yaml"
        said = digest(self.api.text, register.read_text(encoding="utf-8") if register.is_file() else "")
        return f"{self.api.description['info']['version']} ({said[:8]})"

    @cached_property
    def clauses(self) -> tuple[Clause, ...]:
        """The register, in the order of the file.

        Raises:
            SpecError: `clauses.yaml` is wrong.
        """
        from watchword.specs.reading.clauses import read_clauses
        from watchword.specs.reading.groups import ungrouped

        source = _checked(self.folder / "clauses.yaml", "clauses")
        rows = ungrouped(source)
        if rows is not source:
            _look_once(rows, "clauses", "rows")
        return read_clauses(rows, self.described or self.api)

    @cached_property
    def declared(self) -> Mapping[str, frozenset[str]] | None:
        """Which clauses each fault of the mock breaks: fault → ids. None where there is no `faults.yaml`.

        Raises:
            SpecError: `faults.yaml` is wrong, or names a clause that there is not or that cannot be tested.
        """
        from watchword.specs.reading.faults import read_declared

        path = self.folder / "faults.yaml"
        return read_declared(_checked(path, "faults"), self.clauses) if path.is_file() else None

    @cached_property
    def manners(self) -> tuple[Manner, ...] | None:
        """How much each rule about clients binds here, in the order of the vocabulary. None without a `client.yaml`.

        Raises:
            SpecError: `client.yaml` is wrong.
        """
        from watchword.specs.reading.manners import read_manners

        path = self.folder / "client.yaml"
        return read_manners(_checked(path, "client"), self.described or self.api) if path.is_file() else None

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """The documents that clauses may come from: those of `sources.yaml`, if there is one, and the standards.

        Raises:
            SpecError: `sources.yaml` is wrong.
        """
        from watchword.specs.reading.sources import read_sources

        path = self.folder / "sources.yaml"
        return read_sources(_checked(path, "sources") if path.is_file() else None)

    def looked_up(self, clause: Clause) -> Mapping[str, str]:
        """Say where a stranger finds what a clause says: title, version, date and link of its document, as far as known.

        Raises:
            SpecError: `sources.yaml` is wrong.
        """
        document = self.documents.get(clause.source.document)
        return document.looked_up(clause.source.section) if document else {}

    @cached_property
    def _profiles(self) -> tuple[WorldData, Mapping[str, Profile]]:
        return read_profiles(_checked(self.folder / "profiles.yaml", "profiles"), self.described or self.api)

    @property
    def world(self) -> WorldData:
        """Who lives in the mock unless it is told otherwise.

        Raises:
            SpecError: `profiles.yaml` is wrong.
        """
        return self._profiles[0]

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """The behaviours of the mock by name.

        Raises:
            SpecError: `profiles.yaml` is wrong.
        """
        return self._profiles[1]

    def profile(self, name: str) -> Profile:
        """Give one profile.

        Raises:
            SpecError: there is no such profile.
        """
        if name not in self.profiles:
            file = self.folder / "profiles.yaml"
            raise SpecError(file, None, f"there is no profile {name!r}", nearest(name, self.profiles))
        return self.profiles[name]

    def placed(self, endpoints: Endpoints) -> Dialect:
        """Give the dialect as a server has it whose endpoints are elsewhere, or that lacks some; see `placing`.

        Raises:
            SpecError: there is no such endpoint, a path is none, or two endpoints come to lie at one.
        """
        if not endpoints:
            return self
        found = Dialect(placed(self.api, endpoints), self.described or self.api)
        # The other files are those of the dialect, wherever its operations are: what was read of them need not be read again.
        found.__dict__.update({name: value for name, value in self.__dict__.items() if name not in found.__dict__})
        return found

    def clause(self, clause_id: str) -> Clause:
        """Give one clause by its id.

        Raises:
            SpecError: there is no such clause.
        """
        for clause in self.clauses:
            if clause.id == clause_id:
                return clause
        raise SpecError(
            self.folder / "clauses.yaml",
            None,
            f"there is no clause {clause_id!r}",
            nearest(clause_id, (c.id for c in self.clauses)),
        )


def bundled() -> dict[str, Path]:
    """Give the dialects that come with Watchword: name → folder."""
    return dict(_bundled())


@functools.cache
def _bundled() -> Mapping[str, Path]:
    return {path.parent.name: path.parent for path in sorted(_HERE.glob("*/openapi.yaml"))}


def load_dialect(name: str | Path) -> Dialect:
    """Load a bundled dialect by its name, or any dialect by its folder.

    Raises:
        UnknownDialect: there is neither a bundled dialect of that name nor a folder with an `openapi.yaml`.
        SpecError: the description is wrong.
    """
    # An absolute path is no name, and the matrix loads by one hundreds of times.
    folder = Path(name) if Path(name).is_absolute() else bundled().get(str(name), Path(name))
    if not (folder / "openapi.yaml").is_file():
        near = nearest(str(name), bundled())
        hint = f"{near}{'' if near.endswith('?') else '.'} The folder of a dialect of your own will do, too."
        raise UnknownDialect(folder, None, f"there is no dialect {str(name)!r}", hint)
    return _load(folder.resolve())


@functools.lru_cache(maxsize=32)
def _load(folder: Path) -> Dialect:
    return Dialect(read_api(_checked(folder / "openapi.yaml", "openapi"), folder.name))


def load_world(path: Path, api: Api) -> WorldData:
    """Read a file that says who lives in the mock.

    Raises:
        SpecError: the file is wrong.
    """
    source = _checked(path, "world")
    return _world(source, api)


def world_dialect(path: Path) -> str:
    """Give the name of the dialect that a world file says it is for.

    Raises:
        SpecError: the file is wrong, or does not say it.
    """
    source = _checked(path, "world")
    if "dialect" not in source.value:
        raise source.error((), "the file does not say which dialect it is for", "add dialect: NAME")
    return str(source.value["dialect"])


def make_world(value: Mapping[str, Any], api: Api) -> WorldData:
    """Build a world of what a world file would say.

    Raises:
        SpecError: it is wrong.
    """
    source = YamlFile(Path("the world"), "", value, {})
    check_schema(source, "world")
    return _world(source, api)


def _world(source: YamlFile, api: Api) -> WorldData:
    named = source.value.get("dialect", api.name)
    if named != api.name:
        raise source.error(("dialect",), f"this is a world of {named}, and {api.name} is served", "name another file")
    return read_world(source, (), source.value, api)


def _checked(path: Path, kind: str) -> YamlFile:
    source = read_yaml(path)
    if kind in _PRIVATE:
        check_schema(source, kind)
    else:
        _look_once(source, kind)
    return source


def _look_once(source: YamlFile, kind: str, *form: str) -> None:
    # To look for what has been found already takes longer than all the rest of reading a file. What is made of a text goes by
    # the text itself, and by a name of its form.
    name = digest(_RULES, kind, *form, _schema_text(kind), source.text)
    if not is_held(name):
        check_schema(source, kind)
        note(name)


def _schema_text(kind: str) -> str:
    return (_HERE / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")


@functools.cache
def schema(kind: str) -> Mapping[str, Any]:
    """Give the JSON Schema of a kind of file: `openapi`, `clauses`, `profiles`, `faults`, `client`, `sources` or `world`."""
    return MappingProxyType(json.loads(_schema_text(kind)))


@functools.cache
def _validator(kind: str) -> Draft202012Validator:
    # Commands that read no dialect are spared the import.
    from jsonschema import Draft202012Validator

    return Draft202012Validator(dict(schema(kind)))


def check_schema(source: YamlFile, kind: str) -> None:
    """Hold a file against its JSON Schema.

    Raises:
        SpecError: at the first line that breaks it, with the nearest valid name where one was probably meant; it has the others.
    """
    gathering = Gathering()
    for wrong in complaints(_validator(kind), source.value, source.line):
        with gathering.part():
            raise source.error(wrong.at, wrong.problem, wrong.hint)
    gathering.end()
