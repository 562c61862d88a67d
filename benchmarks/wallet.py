"""The right credentials in the hands of a generic tool: whatever it generates, what it did not mean to be wrong is right.

Schemathesis asks an auth provider about each request that it has generated. The wallet marks there which requests are to
be authenticated, and fills them in when they are sent, since links change a body after that question: the Authorization
header, and the right name, password, brand or live token over the values that were generated for them. With invented
credentials a positive request could only ever be refused. What Schemathesis made wrong on purpose stays wrong. All of it
follows from the bindings, so that the wallet knows no dialect.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

import requests
from schemathesis import AuthContext, Case
from schemathesis.core.errors import AuthenticationError
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response

from watchword.mockserver.launch import Running
from watchword.specs.codec import draft, encode
from watchword.specs.values.api import Operation
from watchword.suites.acting.choosing import TOKEN_ROLES, issuer_for

__all__ = ["Wallet"]

Values = dict[str, str]

_LOCATIONS = {
    "path": ParameterLocation.PATH,
    "query": ParameterLocation.QUERY,
    "header": ParameterLocation.HEADER,
    "form": ParameterLocation.BODY,
    "json": ParameterLocation.BODY,
}
_MARK = "to be authenticated"

_TIMEOUT = 3
"""Seconds that a login may take."""


class Wallet:
    """The credentials of one run against one mock, as an auth provider of Schemathesis."""

    def __init__(self, running: Running) -> None:
        self._api = running.service.dialect.api
        self._credentials = running.credentials
        self._urls = {"url": running.url, "resource_url": running.resource_url}
        self._session = requests.Session()
        self._turns = itertools.count()
        self._login: Values | None = None
        self._live: dict[str, Values] = {}
        self._granted: str | None = None
        self._out_of_reach = False

    # -- what Schemathesis calls

    def get(self, case: Case[Any], context: AuthContext) -> str:
        """Give the mark of a request that is to be authenticated."""
        return _MARK

    def set(self, case: Case[Any], data: str, context: AuthContext) -> None:
        """Mark a generated request; those from which Schemathesis takes the credentials away lose the mark with them."""
        case.headers["Authorization"] = data

    def fill(self, context: Any, case: Case[Any], kwargs: dict[str, Any]) -> None:
        """Write the right values into a marked request that is about to be sent.

        Where the login of a server with a fault gives no tokens, the request goes out as it was generated: an error here would keep
        Schemathesis from looking at the other requests, and the refusal of this one is for its checks to judge.

        Raises:
            AuthenticationError: the connection of a login failed, which is trouble and no verdict.
        """
        if case.headers.get("Authorization") != _MARK:
            return
        # Asked before the first change: Schemathesis looks anew at what a request is whenever it finds it changed.
        wrong = set(_wrong(case))
        del case.headers["Authorization"]
        operation = self._operation(case)
        values = self._values(case, operation)
        if any(role not in values for role in operation.required_roles):
            return
        right = encode(draft(operation, values))
        case.headers.update({name: value for name, value in right.headers if name == "Authorization"})
        for binding in operation.bindings:
            location = _LOCATIONS.get(binding.place)
            value: Any = binding.const or values.get(binding.role, binding.example)
            if location is None or value is None or (location, binding.name) in wrong:
                continue
            container = case.body if location is ParameterLocation.BODY else case.get_container(location)
            if isinstance(container, MutableMapping) and binding.name in container:
                container[binding.name] = value

    def remember(self, context: Any, case: Case[Any], response: Response) -> None:
        """Take note of the tokens that a reply gives: a link may lead them into a later request."""
        if not 200 <= response.status_code < 300:
            return
        try:
            members = response.json()
        except ValueError:
            return
        operation = self._candidates(case)[0]
        found = operation.read_reply(members) if isinstance(members, dict) else {}
        tokens = _texts(found, TOKEN_ROLES)
        if "refresh_token" in tokens:
            self._live[tokens["refresh_token"]] = tokens
        if found:
            # Some servers have one session for each user: what was issued before may be over.
            self._login = None

    # -- how it answers

    def _candidates(self, case: Case[Any]) -> list[Operation]:
        at = (case.operation.path, case.operation.method.upper())
        return [op for op in self._api.operations.values() if (op.path, op.method) == at]

    def _operation(self, case: Case[Any]) -> Operation:
        candidates = self._candidates(case)
        body = case.body if isinstance(case.body, Mapping) else {}
        meant = [op for op in candidates if all(body.get(b.name) == b.const for b in op.bound("grant_type"))]
        # One path may take the same grant under the credentials of an app and of a user: they take turns.
        choice = meant or candidates[:1]
        return choice[next(self._turns) % len(choice)]

    def _values(self, case: Case[Any], operation: Operation) -> Values:
        scope = self._scope() if operation.bound("scope") else ""
        return {**self._credentials, **self._tokens(case, operation), **({"scope": scope} if scope else {})}

    def _scope(self) -> str:
        """Choose scopes to ask for: those that open something, else those that a login gives anyway."""
        if self._granted is None:
            resources = self._api.with_purpose("resource")
            scopes = dict.fromkeys(scope for op in resources for scope in op.scopes)
            self._granted = " ".join(scopes) or self._log_in(resources[0]).get("scope", "")
        return self._granted

    def _tokens(self, case: Case[Any], operation: Operation) -> Values:
        if not any(role in operation.roles for role in TOKEN_ROLES):
            return {}
        if not operation.bound("refresh_token"):
            self._login = self._login or self._log_in(operation)
            return self._login
        for sent in self._sent(case, operation, "refresh_token"):
            if sent in self._live:
                # It came from an earlier reply. Afterwards it is spent, and a second use would be refused for that.
                return self._live.pop(sent)
        return self._log_in(operation)

    def _sent(self, case: Case[Any], operation: Operation, role: str) -> Iterator[str]:
        body = case.body if isinstance(case.body, Mapping) else {}
        return (value for b in operation.bound(role) if isinstance(value := body.get(b.name), str))

    def _log_in(self, operation: Operation) -> Values:
        issuer = issuer_for(self._api, operation, self._credentials)
        if self._out_of_reach:
            raise AuthenticationError("Wallet", "get", f"{issuer.name} cannot be reached")
        request = encode(draft(issuer, self._credentials))
        url = self._urls[request.base] + request.path + (f"?{request.query}" if request.query else "")
        try:
            reply = self._session.request(
                request.method, url, headers=dict(request.headers), data=request.body, timeout=_TIMEOUT
            )
            members = reply.json() if reply.ok else {}
        except ValueError:
            return {}
        except OSError as trouble:
            # A server that stalls would otherwise be waited for before every single request.
            self._out_of_reach = True
            raise AuthenticationError("Wallet", "get", f"{issuer.name} cannot be reached") from trouble
        given = issuer.read_reply(members) if isinstance(members, dict) else {}
        # What the reply says of its scopes is what may be asked for.
        return _texts(given, (*TOKEN_ROLES, "scope"))


def _texts(given: Mapping[str, Any], roles: Iterable[str]) -> Values:
    return {role: given[role] for role in roles if isinstance(given.get(role), str)}


def _wrong(case: Case[Any]) -> Iterator[tuple[ParameterLocation, str]]:
    """Name what Schemathesis made wrong on purpose: whole parameters, and members of the body."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_negative:
        return
    data = meta.phase.data
    if data.parameter_location is not None:
        # The coverage phase gives the place in the schema: /oneOf/0/properties/password/minLength
        steps = (data.location or "").split("/")
        named = [after for step, after in itertools.pairwise(steps) if step == "properties"]
        yield from ((data.parameter_location, name) for name in [data.parameter, *named] if name)
    for mutation in data.mutations:
        named = [str(step) for step in mutation.path[:1]]
        yield from ((mutation.parameter_location, name) for name in [mutation.parameter, *named] if name)
