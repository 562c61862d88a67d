"""What a description says, as frozen values: operations, where roles travel in them, the replies they may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from watchword.specs.values.http import Reply
from watchword.specs.vocabulary.roles import CREDENTIALS

__all__ = [
    "FORM",
    "ISSUER",
    "JSON",
    "Accounts",
    "Api",
    "Ban",
    "Binding",
    "Member",
    "Operation",
    "ReplyShape",
]

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ISSUER = "issuer"
"""The base of what stands at the origin of the issuer, and not below the base URL of the others."""

_TWINS = ("username", "password", "brand_key", "client_id", "client_secret")
"""The credentials of which a target may give a second one, under the same name with `other_` before it."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where a role travels in one operation.

    `standing`: `main` (the documented place), `alternative` (another place that servers are known to read), `superseded`
    (a place or name that an older text gives). `const` is the value it always has; `example` one that works anywhere.
    `encoded` marks a part of Basic that is encoded as in a form before it is joined (RFC 6749 section 2.3.1).
    """

    role: str
    place: str
    name: str
    required: bool = True
    standing: str = "main"
    const: str | None = None
    example: Any = None
    encoded: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a reply's JSON object: its name, its role (if any), its JSON types, the value it always has."""

    name: str
    role: str | None
    required: bool
    types: tuple[str, ...]
    const: Any = None
    example: Any = None


@dataclass(frozen=True, slots=True)
class ReplyShape:
    """One described reply: the media types it may have (none: no body), its members, and where its schema stands.

    `schemas` maps a media type to the JSON pointer of its schema in the description.
    """

    status: str
    schemas: Mapping[str, str]
    members: tuple[Member, ...]
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Accounts:
    """Which accounts an operation serves: `says` names them, and their access tokens have one of `values` as `claim`.

    The claim of a JWT is named by its way from the outside in, with dots between.
    """

    says: str
    claim: str
    values: tuple[str, ...]

    def excludes(self, claims: Mapping[str, Any]) -> str:
        """Give what the claims say, where that is of another account; empty where they say nothing, or the right thing."""
        found: Any = claims
        for name in self.claim.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) and found not in self.values else ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a client can ask for. A grant of a token endpoint is an operation of its own.

    `base` is the base URL it hangs on (`url` or `resource_url`), or `issuer` where its path stands at the issuer's origin; `optional` marks a capability that a server may lack;
    `scopes` are the scopes an access token needs here; `claims` maps members of a JWT access token to roles. `endpoint` is
    the name that all operations of one path and method share. `withholds` are roles that the described reply has and this
    operation does not give. `described_at` is the path in the description, wherever the server at hand has it.
    `opened_by` are the logins whose tokens open a protected operation; empty: all.

    What follows from that is worked out once. `roles` travel in the request, in their main places; `required_roles` are
    those of them without which it is incomplete, apart from those whose value is fixed or exemplified. `success` is the
    first described 2xx reply, and `gives` the roles that it carries. `finders` is where the codec keeps how it finds a role.
    """

    name: str
    path: str
    method: str
    base: str
    purpose: str
    optional: bool
    bindings: tuple[Binding, ...]
    media_type: str | None
    replies: Mapping[str, ReplyShape]
    scopes: tuple[str, ...] = ()
    alternative_paths: tuple[str, ...] = ()
    claims: Mapping[str, str] = field(default_factory=dict)
    accounts: Accounts | None = None
    summary: str = ""
    endpoint: str = ""
    withholds: tuple[str, ...] = ()
    described_at: str = ""
    opened_by: tuple[str, ...] = ()
    roles: tuple[str, ...] = field(init=False, repr=False, compare=False)
    required_roles: tuple[str, ...] = field(init=False, repr=False, compare=False)
    success: ReplyShape | None = field(init=False, repr=False, compare=False)
    gives: tuple[str, ...] = field(init=False, repr=False, compare=False)
    finders: dict[str, Callable[[Any], Any]] = field(init=False, repr=False, compare=False)
    _by_role: Mapping[str, tuple[Binding, ...]] = field(init=False, repr=False, compare=False)
    _names: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_role: dict[str, tuple[Binding, ...]] = {}
        for binding in self.bindings:
            by_role[binding.role] = (*by_role.get(binding.role, ()), binding)
        main = [b for b in self.bindings if b.standing == "main"]
        required = (b.role for b in main if b.required and b.const is None and b.example is None)
        success = next((shape for status, shape in sorted(self.replies.items()) if status.startswith("2")), None)
        for name, value in (
            ("_by_role", by_role),
            ("_names", _names_by_role(self.replies.values())),
            ("finders", {}),
            ("roles", tuple(dict.fromkeys(b.role for b in main))),
            ("required_roles", tuple(dict.fromkeys(required))),
            ("success", success),
            ("gives", tuple(_given(success, self.withholds))),
            ("described_at", self.described_at or self.path),
        ):
            object.__setattr__(self, name, value)

    def bound(self, role: str) -> tuple[Binding, ...]:
        """Give the bindings of a role, the main one first."""
        return self._by_role.get(role, ())

    def place(self, role: str) -> str | None:
        """Give the place where a role travels, or None when the operation does not carry it."""
        return next((b.place for b in self.bindings if b.role == role and b.standing == "main"), None)

    def shape(self, status: int) -> ReplyShape | None:
        """Give the description of a reply with this status: exact, by class (`4XX`), or the default."""
        return self.replies.get(str(status)) or self.replies.get(f"{status // 100}XX") or self.replies.get("default")

    def read_reply(self, members: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give the values that a reply's members have, by role, whatever its status; each is looked up when it is asked for."""
        return _ByRole(self._names, members)


_MISSING = object()


class _ByRole(Mapping[str, Any]):
    """The values of a reply's members by role, of which several members may have one: the first that is there counts."""

    __slots__ = ("_members", "_names")

    def __init__(self, names: Mapping[str, tuple[str, ...]], members: Mapping[str, Any]) -> None:
        self._names = names
        self._members = members

    def get(self, role: str, default: Any = None) -> Any:
        for name in self._names.get(role, ()):
            if name in self._members:
                return self._members[name]
        return default

    def __getitem__(self, role: str) -> Any:
        value = self.get(role, _MISSING)
        if value is _MISSING:
            raise KeyError(role)
        return value

    def __iter__(self) -> Iterator[str]:
        return (role for role, names in self._names.items() if any(name in self._members for name in names))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _names_by_role(shapes: Iterable[ReplyShape]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for member in (member for shape in shapes for member in shape.members):
        if member.role and member.name not in found.setdefault(member.role, []):
            found[member.role].append(member.name)
    return {role: tuple(names) for role, names in found.items()}


def _given(success: ReplyShape | None, withheld: tuple[str, ...]) -> Iterator[str]:
    for member in success.members if success is not None else ():
        if member.role and member.role not in withheld:
            yield member.role


@dataclass(frozen=True, slots=True)
class Ban:
    """How a server of this API bans a client that was refused too often.

    It counts `count` refusals within `window` seconds. A reply with one of `statuses` whose body holds `text` tells of it.
    `uncounted` maps operations to the conditions whose refusals are not counted there; refusals with one of
    `uncounted_statuses` are counted nowhere.
    """

    count: int
    window: int
    statuses: tuple[int, ...]
    text: str
    uncounted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uncounted_statuses: tuple[int, ...] = ()

    def is_told_by(self, reply: Reply) -> bool:
        """Tell whether a reply says that the client is banned."""
        return reply.status in self.statuses and self.text.encode() in reply.body


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """What `openapi.yaml` says: the operations of a dialect and what is true of all of them.

    `absent` are operations that the server at hand does not have: whoever chooses among operations passes them by.
    """

    name: str
    title: str
    folder: Path
    text: str
    description: Mapping[str, Any] = field(repr=False)
    operations: Mapping[str, Operation] = field(repr=False)
    bases: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    ban: Ban | None = None
    absent: frozenset[str] = frozenset()

    @property
    def present(self) -> list[Operation]:
        """The operations that the server at hand has, in the order of the description."""
        return [op for op in self.operations.values() if op.name not in self.absent]

    def with_purpose(self, purpose: str) -> list[Operation]:
        """Give the operations of one purpose that the server at hand has, in the order of the description."""
        return [op for op in self.present if op.purpose == purpose]

    @property
    def required_credentials(self) -> tuple[str, ...]:
        """The credentials without which the required operations cannot be called, in a stable order."""
        wanted = {role for op in self.present if not op.optional for role in op.required_roles}
        return tuple(role for role in CREDENTIALS if role in wanted)

    @property
    def optional_credentials(self) -> tuple[str, ...]:
        """The credentials that enable further clauses."""
        known = {role for op in self.operations.values() for role in op.roles}
        known |= {f"other_{role}" for role in _TWINS if role in known}
        return tuple(role for role in CREDENTIALS if role in known and role not in self.required_credentials)
