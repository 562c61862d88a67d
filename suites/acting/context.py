"""What a scenario knows: the target's dialect and credentials, and how to get ready for an operation."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from watchword.specs.codec import draft
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.draft import Draft
from watchword.specs.values.fleeting import fleeting
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import CREDENTIALS
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for
from watchword.suites.acting.figures import claims_of, number
from watchword.suites.acting.steps import Blocked, Call, Exchange, Halt, NotApplicable, NotSupported, Pause
from watchword.suites.target import Target

__all__ = [
    "NEXT_SECOND",
    "Context",
    "Steps",
    "Tokens",
    "claims_of",
    "declined",
    "granted",
    "need_scopes",
    "no_refresh_token",
    "number",
    "succeeded",
]

NEXT_SECOND = Pause(
    1.1,
    "the second of the tokens before is over, since those of one second may be the same text",
    short=True,
    new_second=True,
    says="in a new second",
)
"""Where tokens are compared, or one of them is ended, each has a second of its own, the first one included: a JWT without an
id has nothing else to differ in, and whoever shares its text shares its fate."""

_OTHERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"other": ("username", "password"), "other_client": ("client_id", "client_secret")}
)
"""Who else than the first user and client may send a request: the roles in which that one differs."""

_CALLED = MappingProxyType({"self": "", "other": " as the other user", "other_client": " as the other client"})

Steps = Generator[Call | Pause, Exchange, Any]


@fleeting(frozen=True, slots=True, repr=False)
class Tokens:
    """What a token reply gave, by role, and the exchange in which it did."""

    operation: Operation
    values: Mapping[str, Any]
    exchange: Exchange

    def __getitem__(self, role: str) -> Any:
        return self.values.get(role)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes that the reply lists, split at commas and white space."""
        return granted(self.values.get("scope"))

    def lacks(self, wanted: tuple[str, ...]) -> list[str]:
        """Give those of some scopes that are not among the listed ones, nor below one; none where no scope is listed."""
        return [one for one in wanted if not is_within(one, self.scopes)] if self.scopes else []


def granted(text: Any) -> frozenset[str]:
    """Split a list of scopes at commas and white space; servers differ in which they use."""
    return frozenset(re.split(r"[,\s]+", text.strip())) - {""} if isinstance(text, str) else frozenset()


def is_within(scope: str, held: Iterable[str]) -> bool:
    """Tell whether a scope is one of some, or below one of them: `a.b` is below `a`."""
    return any(scope == one or scope.startswith(f"{one}.") for one in held)


def succeeded(reply: Reply | None, operation: Operation) -> bool:
    """Tell whether a reply does what the operation is for: a 2xx that carries the access token, if it gives one."""
    if reply is None or not 200 <= reply.status < 300:
        return False
    if operation.purpose == "metadata":
        return reply.json is not None
    if "access_token" not in operation.gives:
        return True
    value = operation.read_reply(reply.members).get("access_token")
    return isinstance(value, str) and value != ""


def no_refresh_token(tokens: Tokens) -> Halt:
    """Give what a check that renews ends with where there is nothing to renew with: no fault of a server that need give none."""
    success = tokens.operation.success
    owed = success is not None and any(m.required for m in success.members if m.role == "refresh_token")
    return (Blocked if owed else NotApplicable)(f"{tokens.operation.name} gave no refresh token")


def declined(reply: Reply | None, operation: Operation) -> bool:
    """Tell whether a reply says that an optional operation is not offered.

    A grant found invalid is offered (RFC 6749 section 5.2); 501 may be said of one that is not. Who publishes no metadata may
    have a page there, or send everybody elsewhere.
    """
    if reply is not None and operation.purpose == "metadata" and not 400 <= reply.status < 500:
        page = 200 <= reply.status < 300 and reply.json is None and not reply.media_type.endswith("json")
        return page or 300 <= reply.status < 400 or reply.status == 501
    if reply is None or not (400 <= reply.status < 500 or reply.status == 501):
        return False
    error = operation.read_reply(reply.members).get("error")
    return error == "unsupported_grant_type" if reply.status == 501 else error != "invalid_grant"


@fleeting(frozen=True, slots=True, repr=False)
class Context:
    """One check's surroundings: the target, the operation under check, a word that is unique to the run."""

    target: Target
    operation: Operation
    tag: str = "0"

    @property
    def api(self) -> Api:
        """The description of the target's dialect."""
        return self.target.dialect.api

    def values(self, who: str = "self") -> dict[str, Any]:
        """Give the credentials by role; for `other` and `other_client`, with the second user or client in place of the first.

        Raises:
            NotApplicable: the target file names no such user or client.
        """
        values: dict[str, Any] = dict(self.target.credentials)
        twins = _OTHERS.get(who, ())
        self.need(*(f"other_{role}" for role in twins))
        return values | {role: self.target.credentials[f"other_{role}"] for role in twins}

    def need(self, *roles: str) -> None:
        """Insist on credentials.

        Raises:
            NotApplicable: the target does not give one of them.
        """
        self._insist(roles, self.target.credentials)

    def _insist(self, roles: Iterable[str], values: Mapping[str, Any], why: str = "") -> None:
        lacking = [role for role in roles if role not in values]
        if lacking:
            # What only a server can give stands in no target file.
            settings = {f"credentials.{role}": None for role in lacking} if set(lacking) <= set(CREDENTIALS) else {}
            raise NotApplicable(f"the target gives no {lacking[0]}{why}", settings)

    def credential(self, name: str) -> str:
        """Give one credential.

        Raises:
            NotApplicable: the target does not give it.
        """
        self.need(name)
        return self.target.credentials[name]

    def resource(self) -> Operation:
        """Give the protected operation to call.

        Raises:
            NotApplicable: the dialect describes none.
        """
        operation = self.target.resource_operation
        if operation is None:
            raise NotApplicable("the dialect describes no protected operation")
        return operation

    def write(self, operation: Operation, values: Mapping[str, Any], optional: tuple[str, ...] = ()) -> Draft:
        """Write a right request.

        Raises:
            NotApplicable: the target lacks a credential that it wants.
        """
        self._insist(operation.required_roles, values, f", which {operation.name} wants")
        return draft(operation, values, optional)

    # -- parts of scenarios

    def login(self, operation: Operation, who: str = "self", step: str = "prepare", **more: str) -> Steps:
        """Get tokens from an issuing operation. `more` are values of optional roles.

        Raises:
            Blocked: it was refused or gave no access token. NotSupported: likewise, and it is optional.
        """
        sketch = self.write(operation, self.values(who) | more, tuple(more))
        exchange = yield Call(sketch, step, f"get tokens by {operation.name}{_CALLED[who]}")
        self.require(exchange, operation)
        return self.tokens(exchange, operation)

    def login_of_other_client(self, role: str, wanting: Operation | None = None) -> Steps:
        """Get tokens that an operation wants (None: the one under check), one of that role among them, for the second client.

        Raises:
            NotApplicable: the target file names none, or no operation gives such a token.
            Blocked: the other client is refused, or is given no such token.
        """
        self.need(*(f"other_{name}" for name in _OTHERS["other_client"]))
        issuer = issuer_for(
            self.api, wanting or self.operation, self.target.credentials, (role,), _OTHERS["other_client"]
        )
        try:
            tokens = yield from self.login(issuer, "other_client")
        except (Blocked, NotSupported) as halt:
            raise Blocked(
                f"{issuer.name} gives the other client no tokens ({halt.reason}): name in other_client_id and "
                "other_client_secret a client that may use it, or leave them out"
            ) from halt
        if tokens[role] is None:
            raise Blocked(f"{issuer.name} gave the other client no {role}")
        return tokens

    def tokens(self, exchange: Exchange, operation: Operation) -> Tokens:
        """Read the tokens that a reply gave."""
        members = exchange.reply.members if exchange.reply else {}
        return Tokens(operation, operation.read_reply(members), exchange)

    def require(self, exchange: Exchange, operation: Operation) -> None:
        """Insist that a right request was served.

        Raises:
            Blocked: it was not. NotSupported: it was refused, and the operation is optional.
        """
        reply = exchange.reply
        if reply is None or succeeded(reply, operation):
            return
        lacking = " without an access token" if 200 <= reply.status < 300 else ""
        if operation.optional and declined(reply, operation):
            raise NotSupported(f"{operation.name} is refused with {reply.status}")
        raise Blocked(
            f"a right request to {operation.name} was answered {reply.status}{lacking}, so a refusal proves nothing"
        )

    def prepare(self, operation: Operation, who: str = "self", beside: Iterable[str] = ()) -> Steps:
        """Get together what an operation wants: the credentials, and fresh tokens where it wants tokens, with those `beside`."""
        if not any(role in operation.roles for role in TOKEN_ROLES):
            return self.values(who), None
        tokens = yield from self.login(issuer_for(self.api, operation, self.target.credentials, beside), who)
        return self.values(who) | {role: tokens[role] for role in TOKEN_ROLES if tokens[role] is not None}, tokens

    def obtain(
        self, operation: Operation, who: str = "self", step: str = "control", wait: Pause | None = None
    ) -> Steps:
        """Get tokens from an issuing operation, or from a login and, after `wait`, a renewal."""
        if operation.purpose == "issue":
            return (yield from self.login(operation, who, step))
        _, before = yield from self.prepare(operation, who)
        if wait is not None:
            yield wait
        after = yield from self.renew(operation, before, who, step)
        return after

    def renew(self, operation: Operation, tokens: Tokens, who: str = "self", step: str = "control") -> Steps:
        """Renew tokens.

        Raises:
            Blocked: the renewal was refused or gave no access token, or there is no refresh token. NotSupported: likewise,
                and it is optional. NotApplicable: there is no refresh token where none has to be.
        """
        if "refresh_token" in operation.required_roles and tokens["refresh_token"] is None:
            lack = no_refresh_token(tokens)
            raise NotSupported(lack.reason) if operation.optional else lack
        held = {role: tokens[role] for role in TOKEN_ROLES if tokens[role] is not None}
        exchange = yield Call(self.write(operation, self.values(who) | held), step, f"renew by {operation.name}")
        self.require(exchange, operation)
        after = self.tokens(exchange, operation)
        # A reply without a refresh token leaves the one before in force (RFC 6749 section 6).
        return Tokens(
            operation,
            {**dict(after.values), "refresh_token": after["refresh_token"] or tokens["refresh_token"]},
            exchange,
        )

    def open(
        self, token: Any, step: str = "probe", purpose: str = "call the protected operation with the token"
    ) -> Steps:
        """Call the protected operation with an access token and give the exchange."""
        operation = self.resource()
        exchange = yield Call(self.write(operation, self.values() | {"access_token": token}), step, purpose)
        return exchange


def need_scopes(context: Context, tokens: Tokens) -> None:
    """Insist that a token may open the protected operation.

    Raises:
        NotApplicable: its reply lists scopes, and one that the operation wants is not among them; or it is of another login
            than those whose tokens open the operation.
    """
    resource = context.resource()
    if resource.opened_by:
        issuer = issuer_for(context.api, tokens.operation, context.target.credentials)
        if issuer.name not in resource.opened_by:
            raise NotApplicable(
                f"the protected operation is open to tokens of {' and '.join(resource.opened_by)} only, as its target says"
            )
    lacking = tokens.lacks(resource.scopes)
    if lacking:
        raise NotApplicable(f"the token was not granted the scope {lacking[0]}, which the protected operation wants")
