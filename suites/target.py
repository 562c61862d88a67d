"""Targets: the servers under test, from a TOML file, from the command line and the environment, or from a started mock."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.errors import SpecError, UnknownDialect, nearest
from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.placing import Endpoints, of_issuer
from watchword.specs.values.api import ISSUER, Operation
from watchword.specs.vocabulary import CREDENTIALS
from watchword.suites.accept import UnknownName, accepted
from watchword.suites.endpoints import check_issuer, origin_of, placed
from watchword.suites.started import Control, StartedServer
from watchword.suites.targettext import TargetError, TargetText, Tls, check_address, read_text, read_tls

__all__ = ["Control", "Limits", "Target", "TargetError", "from_description", "from_environment", "read_target"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a run may go. None: not said, and then a live target gets the cautious default and a mock none at all.

    Without a `firewall`, a server bans nobody, whatever others of its API do. `concurrency` is how many requests may be on their
    way at a time; where that is not said, a live target on this machine counts as a mock.
    """

    requests_per_second: float | None = None
    bad_logins: int | None = None
    max_wait: float = 0.0
    timeout: float = 10.0
    firewall: bool = True
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A server under test. The repr holds no credential. `accepted` is why a clause may stay undecided, by its id.

    `opened_by` are the logins whose tokens open the protected operation; empty: all. `issuer` is the identifier of the issuer
    to the letter, None where nobody has said it. With `discovers`, its metadata say where the endpoints are, apart from those
    in `endpoints`. `unscoped` is found out: the protected operation does without the scopes that are described.
    """

    name: str
    dialect: Dialect
    url: str
    resource_url: str
    credentials: Mapping[str, str] = field(repr=False)
    limits: Limits = Limits()
    resource: tuple[str, str] | None = None
    opened_by: tuple[str, ...] = ()
    control: Control | None = field(default=None, repr=False)
    control_url: str | None = None
    tls: Tls = field(default_factory=Tls)
    close: Callable[[], None] | None = field(default=None, repr=False)
    accepted: Mapping[str, str] = field(default_factory=dict)
    issuer: str | None = None
    discovers: bool = False
    unscoped: bool = False
    endpoints: Endpoints = field(default_factory=dict)

    def base(self, which: str) -> str:
        """Give the base URL of that name, without a slash at its end."""
        if which == ISSUER:
            return origin_of(self.issuer or self.url)
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
        operation = replace(found[0], opened_by=self.opened_by) if self.opened_by else found[0]
        if self.resource is None:
            return replace(operation, scopes=()) if self.unscoped else operation
        method, path = self.resource
        bindings = tuple(b for b in operation.bindings if b.place != "path")
        # Of another operation only the way to it is known: not its replies, not the scopes it wants.
        return replace(operation, method=method, path=path, bindings=bindings, replies={}, scopes=())

    @property
    def mock(self) -> bool:
        """Whether the target is a mock whose clock is at hand, so that nobody can be locked out."""
        return self.control is not None


def read_target(path: Path, environ: Mapping[str, str] | None = None) -> Target:
    """Read a target file.

    Raises:
        TargetError: the file cannot be read, breaks its schema, names a dialect or an endpoint that does not exist, lacks a
            credential that the dialect requires, or refers to an environment variable that is not set.
    """
    file = read_text(path)
    raw = file.raw
    own = raw["target"]
    folder = path.parent / own["dialect"]
    place = f"{file.line_of('dialect')}: target.dialect"
    dialect = _dialect(place, folder if (folder / "openapi.yaml").is_file() else own["dialect"])
    issuer = own.get("issuer")
    if issuer is not None:
        check_issuer(f"{file.line_of('issuer')}: target.issuer", issuer, dialect.api)
    url = own.get("url") or origin_of(issuer)
    dialect = placed(file, dialect, issuer or url)
    credentials = {}
    for role, value in raw["credentials"].items():
        place = f"{file.line_of(role)}: credentials.{role}"
        credentials[role] = _resolved(place, value, os.environ if environ is None else environ)
    for key, value in raw.get("limits", {}).items():
        # No comparison of the schema fails for what is no number.
        if isinstance(value, float) and not math.isfinite(value):
            raise TargetError(f"{file.line_of(key)}: limits.{key}", f"{value} is no finite number")
    resource = raw.get("resource", {})
    known = (*dialect.api.required_credentials, *dialect.api.optional_credentials)
    for role in credentials:
        if role not in known:
            raise TargetError(file.line_of(role), f"{dialect.name} has no credential {role!r}", nearest(role, known))
    return _made(
        place=f"{path}: credentials",
        how="add it under [credentials]",
        accepted=_accepted(file, dialect),
        dialect=dialect,
        credentials=credentials,
        name=own.get("name", ""),
        url=url,
        issuer=issuer,
        discovers=issuer is not None,
        endpoints=file.raw.get("endpoints", {}),
        resource_url=own.get("resource_url"),
        limits=Limits(**raw.get("limits", {})),
        resource=(resource.get("method", "GET"), resource["path"]) if "path" in resource else None,
        opened_by=_opened_by(file, dialect, resource),
        control_url=own.get("control_url"),
        tls=read_tls(file),
    )


def from_environment(
    url: str, dialect_name: str, environ: Mapping[str, str], *, option: str = "--target-url"
) -> Target:
    """Make a target of a URL, with the credentials from `WATCHWORD_<ROLE>` variables. `option` is what gave the URL.

    Raises:
        TargetError: the dialect does not exist, the URL is none, or a required credential is not set.
    """
    check_address(option, url)
    if environ.get("WATCHWORD_RESOURCE_URL"):
        check_address("WATCHWORD_RESOURCE_URL", environ["WATCHWORD_RESOURCE_URL"])
    dialect = _dialect("--dialect", dialect_name)
    issuer = environ.get("WATCHWORD_ISSUER") or None
    if issuer is not None:
        check_issuer("WATCHWORD_ISSUER", issuer, dialect.api)
    credentials = {
        role: environ[f"WATCHWORD_{role.upper()}"] for role in CREDENTIALS if environ.get(f"WATCHWORD_{role.upper()}")
    }
    known = (*dialect.api.required_credentials, *dialect.api.optional_credentials)
    return _made(
        place=option,
        how="set WATCHWORD_{ROLE} in the environment",
        dialect=dialect.placed(of_issuer(dialect.api, issuer or url)),
        credentials={role: value for role, value in credentials.items() if role in known},
        url=url,
        issuer=issuer,
        discovers=issuer is not None,
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
    dialect = _dialect("the started target", description["dialect"])
    issuer = description.get("issuer")
    # Whoever has started it knows where its endpoints are.
    endpoints = {**of_issuer(dialect.api, issuer or description["url"]), **(description.get("endpoints") or {})}
    return _made(
        place=f"the started target {description['name']}",
        how=how,
        dialect=dialect.placed(endpoints),
        issuer=issuer,
        credentials=dict(description["credentials"]),
        name=description["name"],
        url=description["url"],
        resource_url=description.get("resource_url"),
        opened_by=tuple(description.get("opened_by") or ()),
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
    return Target(
        name=name or urlsplit(url.strip()).netloc,
        dialect=dialect,
        url=url.strip().rstrip("/"),
        resource_url=(resource_url or url).strip().rstrip("/"),
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


def _opened_by(file: TargetText, dialect: Dialect, resource: Mapping[str, Any]) -> tuple[str, ...]:
    login = resource.get("login")
    logins = [operation.name for operation in dialect.api.with_purpose("issue")]
    if login is not None and login not in logins:
        raise TargetError(
            f"{file.line_of('login')}: resource.login", f"{dialect.name} has no login {login!r}", nearest(login, logins)
        )
    return () if login is None else (login,)


def _accepted(file: TargetText, dialect: Dialect) -> Mapping[str, str]:
    table = file.raw.get("accept")
    if table is None:
        return {}
    try:
        return accepted(table["undecided"], table["reason"], dialect.clauses)
    except UnknownName as trouble:
        raise TargetError(
            f"{file.line_of('undecided')}: accept.undecided", f"{trouble} of {dialect.name}", trouble.hint
        ) from trouble


def _resolved(place: str, value: str, environ: Mapping[str, str]) -> str:
    if not value.startswith("env:"):
        return value
    name = value.removeprefix("env:")
    if not environ.get(name):
        raise TargetError(place, f"the environment variable {name} is not set", f"export {name}=…")
    return environ[name]
