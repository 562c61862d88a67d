"""One request in front of the world, and what predicates about it are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, overload

from watchword.mockserver.state.world import AccessToken, RefreshToken, World
from watchword.specs.codec import Reading
from watchword.specs.values.api import Api, Binding, Operation
from watchword.specs.values.profile import Account, Client

__all__ = ["Case", "Party", "Predicate", "Rows", "in_query", "of_role", "stand_in"]

_Value = TypeVar("_Value")


class _once(Generic[_Value]):  # noqa: N801 - it is used as a decorator
    """A property that is worked out once, as `functools.cached_property` does it, without the lock that costs more than it."""

    def __init__(self, work: Callable[[Any], _Value]) -> None:
        self._work = work
        self._name = work.__name__
        self.__doc__ = work.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> _once[_Value]: ...
    @overload
    def __get__(self, owner: object, kind: type) -> _Value: ...
    def __get__(self, owner: object | None, kind: type) -> _once[_Value] | _Value:
        if owner is None:
            return self
        value = owner.__dict__[self._name] = self._work(owner)
        return value


@dataclass(frozen=True, slots=True)
class Party:
    """On whose behalf a request is served."""

    user: Account | None
    client: Client | None
    brand: str | None


@dataclass
class Case:
    """One request in front of the world, with what its roles refer to looked up once.

    `stands_in` is who is taken for whomever the request does not name; None as long as nobody is.
    """

    api: Api
    operation: Operation
    reading: Reading
    world: World
    stands_in: Party | None = None
    _values: dict[str, Any] = field(default_factory=dict)
    _every: dict[tuple[str, str], list[Any]] = field(default_factory=dict)
    _accounts: dict[str, Account | None] = field(default_factory=dict)

    def value(self, role: str) -> Any:
        """Give the value of a role wherever it was found."""
        values = self._values
        if role in values:
            return values[role]
        value = values[role] = self.reading.value(role)
        return value

    def every(self, role: str, standing: str = "main") -> list[Any]:
        """Give every value that a role has in its places of a standing, in the order sent."""
        key = (role, standing)
        if key not in self._every:
            self._every[key] = self.reading.values(role, standing)
        return self._every[key]

    def name(self, role: str) -> tuple[str, Any]:
        """Give the kind of account that a role speaks of, and the name that the request gives."""
        kind = "operator" if role.startswith("operator") else "user"
        return kind, self.value("operator_username" if kind == "operator" else "username")

    def account(self, role: str) -> Account | None:
        """Give the account that a name refers to: the one of just that name, else one whose letters differ in case."""
        if role not in self._accounts:
            self._accounts[role] = self._account(role)
        return self._accounts[role]

    def _account(self, role: str) -> Account | None:
        kind, name = self.name(role)
        if not isinstance(name, str):
            return None
        exact = self.world.accounts.get((kind, name))
        if exact is not None:
            return exact
        alike = (a for a in self.world.data.accounts if a.kind == kind and a.username.casefold() == name.casefold())
        return next(alike, None)

    @_once
    def user(self) -> Account | None:
        """The account on whose behalf the request is made, user or operator."""
        if self.stands_in is not None:
            return self.stands_in.user
        roles = [b.role for b in self.operation.bindings]
        return self.account("operator_username") if "operator_username" in roles else self.account("username")

    @_once
    def client(self) -> Client | None:
        """The client that the request names, or whose key it carries where a key is all that names one."""
        if self.stands_in is not None:
            return self.stands_in.client
        if not self.operation.bound("client_id"):
            key = self.value("client_secret")
            return next((c for c in self.world.clients.values() if c.client_secret == key), None)
        value = self.value("client_id")
        return self.world.clients.get(value) if isinstance(value, str) else None

    @_once
    def access(self) -> AccessToken | None:
        """The issued access token that the request presents."""
        value = self.value("access_token")
        return self.world.presented(value) if isinstance(value, str) else None

    @_once
    def refresh(self) -> RefreshToken | None:
        """The issued refresh token that the request presents."""
        value = self.value("refresh_token")
        return self.world.refresh.get(value) if isinstance(value, str) else None

    @_once
    def brand(self) -> str | None:
        """The brand that the request names, in the spelling of the world; None when there is none such."""
        if self.stands_in is not None:
            return self.stands_in.brand
        value = self.value("brand_key")
        if value is None:
            named = self.named_otherwise(lambda name, main: name.lower() == main.lower())
            value = named[0] if named else None
        if not isinstance(value, str):
            return None
        return next((b for b in self.world.data.brands if b.casefold() == value.strip().casefold()), None)

    @_once
    def asked_scopes(self) -> tuple[str, ...]:
        """The scopes that the request asks for: split at white space, and at commas where replies have these between them."""
        value = self.value("scope")
        if not isinstance(value, str):
            return ()
        return tuple((value.replace(",", " ") if self.world.profile.scope_separator == "," else value).split())

    @_once
    def allowed_scopes(self) -> tuple[str, ...]:
        """The scopes that whoever asks may have."""
        if self.user is not None and self.client is not None:
            return tuple(s for s in self.user.scopes if s in self.client.scopes)
        owner = self.user or self.client
        return owner.scopes if owner else ()

    def main(self, role: str) -> Binding:
        """Give the documented binding of a role."""
        return self.operation.bound(role)[0]

    def named_otherwise(self, alike: Callable[[str, str], bool]) -> list[str]:
        """Give what stands in the brand key's place under a name that is alike to its own and not the same."""
        main = self.main("brand_key")
        own = {b.name for b in self.operation.bound("brand_key")}
        pairs = (
            self.reading.query
            if main.place == "query"
            else self.reading.request.headers
            if main.place == "header"
            else ()
        )
        return [value for name, value in pairs if name not in own and alike(name, main.name)]


Predicate = Callable[[Case], bool]
Rows = Mapping[str, Predicate]


def of_role(role: str, predicate: Callable[[Case, str], bool]) -> Predicate:
    """Make the predicate of one role of a predicate that holds for several."""

    def holds(case: Case) -> bool:
        return predicate(case, role)

    return holds


def in_query(case: Case, role: str) -> bool:
    """Tell whether the query carries a role that belongs into the body, and where it is not."""
    return case.value(role) is None and bool(case.reading.at("query", case.main(role).name))


def stand_in(case: Case) -> Case:
    """Give the case with somebody in it: where the request names nobody, the first account, client and brand there are.

    Only a fault serves such a request.
    """
    data = case.world.data
    bound = {binding.role for binding in case.operation.bindings}
    user, client = case.user, case.client
    brand = case.brand if "brand_key" in bound else None
    if user is None and bound & {"username", "operator_username"}:
        kind = "operator" if "operator_username" in bound else "user"
        user = next((a for a in data.accounts if a.kind == kind), data.accounts[0])
    if client is None and "client_id" in bound and data.clients:
        client = data.clients[0]
    if user is None and client is None:
        user = data.accounts[0]
    if brand is None and "brand_key" in bound and data.brands:
        brand = data.brands[0]
    return replace(case, stands_in=Party(user, client, brand))
