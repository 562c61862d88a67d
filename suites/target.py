"""Targets: the servers under test, from a TOML file, from the command line and the environment, or from a started mock."""

from __future__ import annotations

import functools
import json
import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from watchword.specs.errors import SpecError, UnknownDialect, nearest
from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.reading.complaint import complaint
from watchword.specs.reading.yamlfile import At
from watchword.specs.values.api import Operation
from watchword.specs.vocabulary import CREDENTIALS
from watchword.suites.accept import UnknownName, accepted
from watchword.suites.started import Control, StartedServer

__all__ = ["Control", "Limits", "Target", "TargetError", "from_description", "from_environment", "read_target"]

_SUCH_AS = "such as http://127.0.0.1:8080"


class TargetError(Exception):
    """A target is described wrongly: where, what was expected and seen, how to mend it."""

    def __init__(self, place: str, problem: str, hint: str = "") -> None:
        line = f"{place}: {problem}" + (f" ({hint})" if hint else "")
        # What a file holds reaches a terminal: a line break or a control character of its own would do things there.
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go. None: not said, and then a live target gets the cautious default and a mock none at all.

    Without a `firewall`, a server bans nobody, whatever others of its API do.
    """

    requests_per_second: float | None = None
    bad_logins: int | None = None
    max_wait: float = 0.0
    timeout: float = 10.0
    firewall: bool = True


@dataclass(frozen=True, slots=True)
class Target:
    """A server under test. The repr holds no credential. `accepted` is why a clause may stay undecided, by its id."""

    name: str
    dialect: Dialect
    url: str
    resource_url: str
    credentials: Mapping[str, str] = field(repr=False)
    limits: Limits = Limits()
    resource: tuple[str, str] | None = None
    control: Control | None = field(default=None, repr=False)
    control_url: str | None = None
    ca_file: str | None = None
    close: Callable[[], None] | None = field(default=None, repr=False)
    accepted: Mapping[str, str] = field(default_factory=dict)

    def base(self, which: str) -> str:
        """Give the base URL of that name, without a slash at its end."""
        return self.resource_url if which == "resource_url" else self.url

    @property
    def label(self) -> str:
        """The name as it may stand in the id of a test, which knows no blanks or brackets."""
        return re.sub(r"[^\w.:@/-]+", "-", self.name)

    @property
    def resource_operation(self) -> Operation | None:
        """The protected operation to call: the dialect's own, moved to where the target file says."""
        found = self.dialect.api.with_purpose("resource")
        if not found:
            return None
        operation = found[0]
        if self.resource is None:
            return operation
        method, path = self.resource
        bindings = tuple(b for b in operation.bindings if b.place != "path")
        # Of another operation only the way to it is known: not its replies, not the scopes it wants.
        return replace(operation, method=method, path=path, bindings=bindings, replies={}, scopes=())

    @property
    def mock(self) -> bool:
        """Whether the target is a mock whose clock is at hand, so that nobody can be locked out."""
        return self.control is not None


@functools.cache
def _validator() -> Draft202012Validator:
    text = (Path(__file__).parent / "target.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def read_target(path: Path, environ: Mapping[str, str] | None = None) -> Target:
    """Read a target file.

    Raises:
        TargetError: the file cannot be read, breaks its schema, names a dialect that does not exist, lacks a credential
            that the dialect requires, or refers to an environment variable that is not set.
    """
    try:
        text = path.read_text(encoding="utf-8")
        raw = tomllib.loads(text)
    except FileNotFoundError as trouble:
        raise TargetError(str(path), f"cannot be read: {trouble.strerror}", _meant(path)) from trouble
    except (OSError, UnicodeDecodeError) as trouble:
        raise TargetError(str(path), f"cannot be read: {getattr(trouble, 'strerror', None) or trouble}") from trouble
    except tomllib.TOMLDecodeError as trouble:
        raise TargetError(str(path), f"is not TOML: {trouble}") from trouble
    _check(path, text, raw)
    own = raw["target"]
    folder = path.parent / own["dialect"]
    place = f"{_place(path, text, 'dialect')}: target.dialect"
    dialect = _dialect(place, folder if (folder / "openapi.yaml").is_file() else own["dialect"])
    credentials = {}
    for role, value in raw["credentials"].items():
        place = f"{_place(path, text, role)}: credentials.{role}"
        credentials[role] = _resolved(place, value, os.environ if environ is None else environ)
    ca_file = own.get("ca_file")
    if ca_file and not (path.parent / ca_file).is_file():
        raise TargetError(
            f"{_place(path, text, 'ca_file')}: target.ca_file", f"there is no file {path.parent / ca_file}"
        )
    for key, value in raw.get("limits", {}).items():
        if isinstance(value, float) and not math.isfinite(
            value
        ):  # no comparison of the schema fails for what is no number
            raise TargetError(f"{_place(path, text, key)}: limits.{key}", f"{value} is no finite number")
    resource = raw.get("resource")
    known = (*dialect.api.required_credentials, *dialect.api.optional_credentials)
    for role in credentials:
        if role not in known:
            raise TargetError(
                _place(path, text, role), f"{dialect.name} has no credential {role!r}", nearest(role, known)
            )
    return _made(
        place=f"{path}: credentials",
        how="add it under [credentials]",
        accepted=_accepted(path, text, dialect, raw.get("accept")),
        dialect=dialect,
        credentials=credentials,
        name=own.get("name", ""),
        url=own["url"],
        resource_url=own.get("resource_url"),
        limits=Limits(**raw.get("limits", {})),
        resource=(resource.get("method", "GET"), resource["path"]) if resource else None,
        control_url=own.get("control_url"),
        ca_file=str(path.parent / ca_file) if ca_file else None,
    )


def _meant(path: Path) -> str:
    """Say which file was probably meant by a name that there is not."""
    if not path.parent.is_dir():
        return "there is no such folder either"
    there = [found.name for found in path.parent.glob("*.toml")]
    return nearest(path.name, there) if there else "there is no *.toml in that folder"


def from_environment(
    url: str, dialect_name: str, environ: Mapping[str, str], *, option: str = "--target-url"
) -> Target:
    """Make a target of a URL, with the credentials from `WATCHWORD_<ROLE>` variables. `option` is what gave the URL.

    Raises:
        TargetError: the dialect does not exist, the URL is none, or a required credential is not set.
    """
    if not re.match(r"https?://[^/?#]+", url):
        raise TargetError(option, f"{url!r} is not an http or https URL", _SUCH_AS)
    dialect = _dialect("--dialect", dialect_name)
    credentials = {
        role: environ[f"WATCHWORD_{role.upper()}"] for role in CREDENTIALS if environ.get(f"WATCHWORD_{role.upper()}")
    }
    known = (*dialect.api.required_credentials, *dialect.api.optional_credentials)
    return _made(
        place=option,
        how="set WATCHWORD_{ROLE} in the environment",
        dialect=dialect,
        credentials={role: value for role, value in credentials.items() if role in known},
        url=url,
        resource_url=environ.get("WATCHWORD_RESOURCE_URL"),
    )


def from_description(description: StartedServer) -> Target:
    """Make a target of what a plugin says of a server that it has started.

    Raises:
        TargetError: the description lacks something, the dialect does not exist or a required credential is missing.
    """
    how = "the plugin that started it has to give it"
    for key in ("name", "dialect", "url", "credentials"):
        if key not in description:
            raise TargetError("a started target", f"its description lacks {key!r}", how)
    return _made(
        place=f"the started target {description['name']}",
        how=how,
        dialect=_dialect("the started target", description["dialect"]),
        credentials=dict(description["credentials"]),
        name=description["name"],
        url=description["url"],
        resource_url=description.get("resource_url"),
        control=description.get("control"),
        close=description.get("close"),
    )


def _made(
    *,
    place: str,
    how: str,
    dialect: Dialect,
    credentials: dict[str, str],
    url: str,
    resource_url: str | None,
    name: str = "",
    **more: Any,
) -> Target:
    api = dialect.api
    for role in api.required_credentials:
        if role not in credentials:
            raise TargetError(
                place, f"{api.name} requires the credential {role!r}", how.replace("{ROLE}", role.upper())
            )
    try:
        parts = urlsplit(url)
    except ValueError:
        raise TargetError(place.partition(": ")[0], "the URL has no host that can be one", _SUCH_AS) from None
    if parts.username or parts.password:
        raise TargetError(
            place.partition(": ")[0], "the URL holds a user or a password", "credentials belong under [credentials]"
        )
    return Target(
        name=name or parts.netloc,
        dialect=dialect,
        url=url.rstrip("/"),
        resource_url=(resource_url or url).rstrip("/"),
        credentials=credentials,
        **more,
    )


def _dialect(place: str, name: str | Path) -> Dialect:
    try:
        return load_dialect(name)
    except SpecError as trouble:
        # A wrong dialect has a file and a line of its own; an unknown name has only the target's.
        where = "" if isinstance(trouble, UnknownDialect) else f"{trouble.file}:{trouble.line}: "
        raise TargetError(place, f"{where}{trouble.problem}", trouble.hint) from trouble


def _accepted(path: Path, text: str, dialect: Dialect, table: Mapping[str, Any] | None) -> Mapping[str, str]:
    if table is None:
        return {}
    try:
        return accepted(table["undecided"], table["reason"], dialect.clauses)
    except UnknownName as trouble:
        raise TargetError(
            f"{_place(path, text, 'undecided')}: accept.undecided", f"{trouble} of {dialect.name}", trouble.hint
        ) from trouble


def _resolved(place: str, value: str, environ: Mapping[str, str]) -> str:
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not environ.get(name):
        raise TargetError(place, f"the environment variable {name} is not set", f"export {name}=…")
    return environ[name]


def _check(path: Path, text: str, raw: Mapping[str, Any]) -> None:
    wrong = complaint(_validator(), raw, hidden=lambda at: _is_secret(at, raw))
    if wrong is None:
        return
    where = ".".join(map(str, wrong.at))
    # An entry of a list stands below its key.
    key = next((step for step in reversed(wrong.at) if isinstance(step, str)), "")
    place = _place(path, text, key) if key else str(path)
    raise TargetError(place, wrong.problem if wrong.of_key else f"{where}: {wrong.problem}", wrong.hint)


def _is_secret(at: At, raw: Mapping[str, Any]) -> bool:
    """Tell of a value that it is not to be repeated. Credentials are secrets even when of the wrong type, or in a URL."""
    value: Any = raw
    for step in at:
        value = value[step]
    return at[:1] == ("credentials",) or "@" in str(value)


def _place(path: Path, text: str, key: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"\s*\[?{re.escape(key)}\]?\s*(=|$)", line):
            return f"{path}:{number}"
    return str(path)
