"""How a mock server of a dialect behaves within its clauses, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Account",
    "BanRule",
    "Client",
    "Demand",
    "LeftOut",
    "OperationProfile",
    "Profile",
    "Renewal",
    "ReplyTemplate",
    "Resource",
    "Rule",
    "TokenForm",
    "WorldData",
]


@dataclass(frozen=True, slots=True)
class ReplyTemplate:
    """A reply as data. `members` names members of the success schema; `json` and `text` are bodies as they stand."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    json: Any = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and what it gets: a reply, and perhaps an effect.

    `end_session` ends what renews the session, `end_family` that and every access token of it (RFC 9700 section 4.14),
    `end_token` the token alone.
    """

    condition: str
    reply: ReplyTemplate
    then: str | None = None


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that a release wants of a request and the document knows nothing of.

    One of these holds: `header` has to match `pattern` (an absent one is the empty string). The query as it was sent has to,
    where `header` is empty. Where `agrees` names a field of the body or the query that is sent beside Basic credentials, the
    two have to name the same client. `member` of the JSON body, where it is there, has to be of one of the `types` of JSON,
    or, where there are none, to list a scope that can be granted. A token under Bearer has to be good where `living`.

    `mend` is a hint, and `last` says that it is looked at when everything else is right; else it comes before all.
    """

    says: str
    mend: str
    reply: ReplyTemplate
    header: str = ""
    pattern: re.Pattern[str] | None = None
    agrees: str = ""
    last: bool = False
    member: str = ""
    types: frozenset[str] = frozenset()
    living: bool = False


@dataclass(frozen=True, slots=True)
class OperationProfile:
    """One operation's refusals in the order of checking, the conditions taken as fine, and the reply to a right request.

    `demands` are what is wanted besides. `scopes_in` names a member of the JSON body that lists the scopes asked for, where
    the release reads one that the document does not have.
    """

    rules: tuple[Rule, ...]
    accepts: frozenset[str]
    reply: ReplyTemplate
    demands: tuple[Demand, ...] = ()
    scopes_in: str = ""


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What a token looks like and how many seconds it lives (None: for ever). `claims` are those of a JWT.

    After `lease` seconds the server has forgotten the token, whatever expiry stands in it (None: it never does).
    """

    form: str
    lifetime: int | None = None
    lease: int | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a renewal does: replace the refresh token, repeat the old expiry in its reply.

    For `grace` seconds after its first use, a refresh token that was replaced is given the same successor again, as long as
    that was not used (0: never).

    Whether the access token before it still works is said where a request presents it: `access_token.superseded`.
    """

    rotates: bool = False
    stale_expiry: bool = False
    grace: int = 0


@dataclass(frozen=True, slots=True)
class BanRule:
    """After `count` refusals within `window` seconds a client gets `reply` to everything, for `seconds` seconds.

    `reply_at` holds replies of single operations; refusals for the conditions in `uncounted` do not count, and those for the
    conditions in `spared` are told in spite of the ban.
    """

    count: int
    window: int
    seconds: int
    reply: ReplyTemplate
    reply_at: Mapping[str, ReplyTemplate] = field(default_factory=dict)
    uncounted: frozenset[str] = frozenset()
    spared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An operation that the imitated server has and the mock has not: its method, its full path, what it does there.

    With a `grant` it is one of the grants at that path, and `reply` is what the mock answers to it where the form has a
    `field` (empty: to whatever asks for the grant), if not what it answers to any other grant that it does without.
    """

    method: str
    path: str
    says: str
    grant: str = ""
    field: str = ""
    reply: ReplyTemplate | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A named behaviour of the mock. `relogin` is `new_tokens` or `same_tokens` (while they live).

    `options` are the replies to OPTIONS by operation; where there is none it is a wrong method. `allow_origin` is what
    pages of other origins are told (empty: nothing). `form_encoded_basic` says that Basic credentials may be encoded as in
    a form before they are joined, and have to be where the description says so. `left_out` are operations of the imitated server that the mock does without. `headers`
    are those of every reply that has none of that name. The credentials of the operations in `guard_paths` are looked at
    before an unknown path below their base URL is told, those of `guard_methods` before a wrong method at their path.
    `unknown_method_by` are replies by method, where the operation has none of its own. After a reply with a status of
    `closes_after` the connection is closed. `last_counts` says that of a field that is sent several times in form or query the last
    one counts, and not the first. `login_by_email` takes the e-mail address of an account for its name. `lacks` are
    operations of the dialect that the imitated server has not.
    """

    name: str
    says: str
    access_token: TokenForm
    refresh_token: TokenForm
    renewal: Renewal
    relogin: str
    scope_separator: str
    operations: Mapping[str, OperationProfile]
    unknown_path: ReplyTemplate
    unknown_method: ReplyTemplate
    unknown_method_at: Mapping[str, ReplyTemplate] = field(default_factory=dict)
    serves_head: bool = False
    ban: BanRule | None = None
    options: Mapping[str, ReplyTemplate] = field(default_factory=dict)
    allow_origin: str = ""
    form_encoded_basic: bool = False
    last_counts: bool = False
    left_out: tuple[LeftOut, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    serves_trailing_slash: bool = False
    guard_paths: tuple[str, ...] = ()
    guard_methods: tuple[str, ...] = ()
    unknown_method_by: Mapping[str, ReplyTemplate] = field(default_factory=dict)
    closes_after: frozenset[int] = frozenset()
    login_by_email: bool = False
    lacks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can log in. The repr holds no password."""

    username: str
    password: str = field(repr=False)
    kind: str = "user"
    id: str = ""
    brands: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    enabled: bool = True
    email: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A client application. `grants` lists what it may use; empty: everything. `owner` is whose name it acts in."""

    client_id: str
    client_secret: str = field(repr=False)
    grants: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    enabled: bool = True
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A reply of one's own. Its path hangs on the base URL of the dialect's first protected operation.

    It wants the access token that this operation wants, and the `scopes` beside it (None: those of that operation); one
    that is `open` wants nothing. In `json`, in headers and in `text`, `$name` stands for what a `{name}` of the path is.
    """

    path: str
    method: str = "GET"
    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class WorldData:
    """Who lives in the mock's world, and what there is besides the dialect's own operations.

    The first of each kind are the credentials that the mock announces, the second user, client and brand as the other ones.
    """

    accounts: tuple[Account, ...]
    clients: tuple[Client, ...] = ()
    brands: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    resources: tuple[Resource, ...] = ()

    @property
    def credentials(self) -> dict[str, str]:
        """The announced credentials, by the names that a target file uses."""
        users = [a for a in self.accounts if a.kind == "user"]
        operators = [a for a in self.accounts if a.kind == "operator"]
        found: dict[str, str] = {}
        for prefix, account in [
            *zip(("", "other_"), users, strict=False),
            *zip(("operator_",), operators, strict=False),
        ]:
            found |= {f"{prefix}username": account.username, f"{prefix}password": account.password}
        for prefix, client in zip(("", "other_"), self.clients, strict=False):
            found |= {f"{prefix}client_id": client.client_id, f"{prefix}client_secret": client.client_secret}
        found |= dict(zip(("brand_key", "other_brand_key"), self.brands, strict=False))
        return found
