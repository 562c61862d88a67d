"""The truth of verdicts: servers with one defect each, built around a right one, and which clauses say so.

Each defect rewrites requests or replies of a right mock from outside; it knows nothing of the tables that the suites and
the mock are made of.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from watchword.mockserver.launch import start
from watchword.mockserver.service import Outcome, Service
from watchword.mockserver.state.tokens import unpack
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request
from watchword.suites.target import from_description

Distortion = Callable[[Service, Request, str], Outcome]


class Distorting:
    """A service whose answers pass through a fault."""

    def __init__(self, service: Service, distortion: Distortion) -> None:
        self._service = service
        self._distortion = distortion

    def handle(self, request: Request, origin: str) -> Outcome:
        """Answer a request, not always as the service would."""
        return self._distortion(self._service, request, origin)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


# -- reading and rewriting requests and replies


def basic(request: Request) -> tuple[str, str] | None:
    """The Basic credentials of a request."""
    word, _, rest = (request.header("authorization") or "").partition(" ")
    try:
        user, colon, password = base64.b64decode(rest, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if word == "Basic" and colon else None


def with_header(request: Request, name: str, value: str) -> Request:
    """The request with another value of one header."""
    kept = tuple((k, v) for k, v in request.headers if k.lower() != name.lower())
    return replace(request, headers=(*kept, (name, value)))


def with_basic(request: Request, user: str, password: str) -> Request:
    """The request with other Basic credentials."""
    return with_header(request, "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode())


def bearer(request: Request) -> str:
    """The token of a request."""
    word, _, rest = (request.header("authorization") or "").partition(" ")
    return rest if word == "Bearer" else ""


def with_bearer(request: Request, token: str) -> Request:
    """The request with another token."""
    return with_header(request, "Authorization", f"Bearer {token}")


def form(request: Request) -> dict[str, str]:
    """The fields of a form."""
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def with_form(request: Request, **fields: str) -> Request:
    """The request with other fields in its form."""
    return replace(request, body=urlencode(form(request) | fields).encode())


def query(request: Request) -> dict[str, str]:
    """The fields of a query."""
    return dict(parse_qsl(request.query, keep_blank_values=True))


def body(request: Request) -> dict[str, Any]:
    """The members of a JSON object."""
    try:
        value = json.loads(request.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def refused(outcome: Outcome) -> bool:
    """Whether a request was refused."""
    return outcome.reply.status >= 400


def with_reply(
    outcome: Outcome, status: int | None = None, members: Mapping[str, Any] | None = None, **changed: Any
) -> Outcome:
    """The outcome with another reply: another status, other members, other headers."""
    reply = outcome.reply
    content = (
        json.dumps({k: v for k, v in ((reply.members | dict(members)).items()) if v is not ...}).encode()
        if members
        else reply.body
    )
    headers = tuple((k, v) for k, v in reply.headers if k.replace("-", "_") not in changed)
    headers += tuple((k.replace("_", "-"), v) for k, v in changed.items() if v is not None)
    return replace(outcome, reply=Reply(status or reply.status, headers, content))


def owner(service: Service, name: str) -> str | None:
    """The password of a user."""
    account = service.state.accounts.get(("user", name))
    return account.password if account else None


# -- the faults


def believes_passwords(close: Callable[[str, str], bool]) -> Distortion:
    """Passwords that are close enough to the right one are taken for it."""

    def distortion(service: Service, request: Request, origin: str) -> Outcome:
        pair = basic(request)
        right = owner(service, pair[0]) if pair else None
        if pair and right and close(pair[1], right):
            request = with_basic(request, pair[0], right)
        return service.handle(request, origin)

    return distortion


def believes_clients(close: Callable[[str, str], bool]) -> Distortion:
    """Client secrets that are close enough to the right one are taken for it."""

    def distortion(service: Service, request: Request, origin: str) -> Outcome:
        pair = basic(request)
        client = service.state.clients.get(pair[0]) if pair else None
        if pair and client and close(pair[1], client.client_secret):
            request = with_basic(request, client.client_id, client.client_secret)
        return service.handle(request, origin)

    return distortion


def believes_tokens(alike: Callable[[str, str], bool]) -> Distortion:
    """Access tokens that are like one that was issued are taken for it."""

    def distortion(service: Service, request: Request, origin: str) -> Outcome:
        token = bearer(request)
        if token and token not in service.state.access:
            found = next((known for known in reversed(service.state.access) if alike(token, known)), token)
            request = with_bearer(request, found)
        return service.handle(request, origin)

    return distortion


def same_claims(token: str, known: str) -> bool:
    """Whether two JWTs say the same, whatever signs them."""
    left, right = unpack(token), unpack(known)
    return left is not None and right is not None and left.claims == right.claims


def same_but_unsigned(token: str, known: str) -> bool:
    """Whether the one is the other with its signature cut off."""
    return token.endswith(".") and same_claims(token, known)


def never_expires(service: Service, request: Request, origin: str) -> Outcome:
    """Access tokens are good for ever, whatever was said when they were issued."""
    token = service.state.access.get(bearer(request))
    until = token.expires_at if token else None
    if token and not request.body:
        token.expires_at = None
    outcome = service.handle(request, origin)
    if token:
        token.expires_at = until
    return outcome


def replies(
    where: str, change: Callable[[Service, Request, dict[str, Any]], Mapping[str, Any]], **headers: Any
) -> Distortion:
    """Token replies below a path have other members; a member that is `...` is left out."""

    def distortion(service: Service, request: Request, origin: str) -> Outcome:
        outcome = service.handle(request, origin)
        if not request.path.endswith(where) or (
            "access_token" not in outcome.reply.members and "token" not in outcome.reply.members
        ):
            return outcome
        return with_reply(outcome, None, change(service, request, outcome.reply.members), **headers)

    return distortion


def refusals(condition: str, status: int, **headers: Any) -> Distortion:
    """What is refused for one reason is answered with another status."""

    def distortion(service: Service, request: Request, origin: str) -> Outcome:
        outcome = service.handle(request, origin)
        return with_reply(outcome, status, **headers) if outcome.condition == condition else outcome

    return distortion


def one_for_all(service: Service, request: Request, origin: str) -> Outcome:
    """Everybody gets the access token that was issued first."""
    outcome = service.handle(request, origin)
    if "access_token" not in outcome.reply.members:
        return outcome
    return with_reply(outcome, None, {"access_token": next(iter(service.state.access))})


def old_token_again(service: Service, request: Request, origin: str) -> Outcome:
    """A renewal gives the access token that it was asked with."""
    outcome = service.handle(request, origin)
    if refused(outcome) or request.path != "/auth/token":
        return outcome
    service.state.access[bearer(request)].revive()
    return with_reply(outcome, None, {"access_token": bearer(request)})


def any_refresh_token(service: Service, request: Request, origin: str) -> Outcome:
    """A renewal looks at the access token alone."""
    token = service.state.access.get(bearer(request))
    if request.path == "/auth/token" and token is not None and body(request).get("refresh_token"):
        mine = next(value for value, refresh in service.state.refresh.items() if refresh.session is token.session)
        request = replace(request, body=json.dumps({"refresh_token": mine}).encode())
    return service.handle(request, origin)


def first_refresh_token(service: Service, request: Request, origin: str) -> Outcome:
    """A renewal takes whatever it is given for the refresh token that was issued last."""
    fields = form(request)
    if fields.get("grant_type") == "refresh_token" and fields.get("refresh_token") not in service.state.refresh:
        request = with_form(request, refresh_token=next(reversed(service.state.refresh)))
    return service.handle(request, origin)


def mistaken_identity(service: Service, request: Request, origin: str) -> Outcome:
    """Who logs in as the one user gets a token of the other."""
    names = [a for a in service.state.data.accounts if a.kind == "user" and a.enabled]
    pair = basic(request)
    if pair == (names[0].username, names[0].password):
        request = with_basic(request, names[1].username, names[1].password)
    return service.handle(request, origin)


def takes_refresh_tokens(service: Service, request: Request, origin: str) -> Outcome:
    """A protected operation takes refresh tokens, too."""
    token = service.state.refresh.get(bearer(request))
    if token is not None and request.path.endswith("/whoami"):
        request = with_bearer(request, token.session.newest)
    return service.handle(request, origin)


def unknown_grants(service: Service, request: Request, origin: str) -> Outcome:
    """A grant that nobody knows is taken for client_credentials."""
    grant = form(request).get("grant_type")
    if request.path.endswith("/token") and grant not in (None, "", "client_credentials", "refresh_token"):
        request = with_form(request, grant_type="client_credentials")
    return service.handle(request, origin)


def brand_for(wanted: Callable[[Request], bool]) -> Distortion:
    """Requests of a kind get the default brand, whatever they say."""

    def distortion(service: Service, request: Request, origin: str) -> Outcome:
        if request.path.endswith("/oauth/token") and wanted(request):
            request = replace(request, query=urlencode(query(request) | {"brand_key": "BRAND1"}))
        return service.handle(request, origin)

    return distortion


def brand_from_query(service: Service, request: Request, origin: str) -> Outcome:
    """The resource reads the brand key from the query, too."""
    if "/api/" in request.path and "brand_key" in query(request):
        request = with_header(request, "X-RATOR-brand-key", query(request)["brand_key"])
    return service.handle(request, origin)


def no_brand_at_resource(service: Service, request: Request, origin: str) -> Outcome:
    """The resource needs no brand key."""
    if "/api/" in request.path and request.header("x-rator-brand-key") is None:
        request = with_header(request, "X-RATOR-brand-key", "BRAND1")
    return service.handle(request, origin)


def once_only(service: Service, request: Request, origin: str) -> Outcome:
    """An access token is used up by its first request."""
    outcome = service.handle(request, origin)
    token = service.state.access.get(bearer(request))
    if token is not None and "/api/" in request.path:
        token.expires_at = 0
    return outcome


def dead_after_renewal(service: Service, request: Request, origin: str) -> Outcome:
    """What a renewal gives opens nothing."""
    outcome = service.handle(request, origin)
    if form(request).get("grant_type") == "refresh_token" and not refused(outcome):
        service.state.access[outcome.reply.members["access_token"]].expires_at = 0
    return outcome


def one_session(service: Service, request: Request, origin: str) -> Outcome:
    """A login ends the sessions before it."""
    if form(request).get("grant_type") == "password":
        for token in service.state.access.values():
            token.expires_at = 0
    return service.handle(request, origin)


@dataclass(frozen=True)
class Case:
    """A fault, and the verdicts that it earns; a clause that passes shows that the verdicts are about the fault alone."""

    name: str
    dialect: str
    distortion: Distortion
    verdicts: Mapping[str, str]


F, W, P = "fail", "warn", "pass"
CASES = [
    Case(
        "any password",
        "sensu",
        believes_passwords(lambda given, right: True),
        {
            "token.password-wrong": F,
            "token.password-empty": F,
            "credentials.password-wrong": F,
            "token.username-unknown": P,
        },
    ),
    Case(
        "prefix of the password",
        "sensu",
        believes_passwords(lambda given, right: right.startswith(given) and len(given) >= 8),
        {
            "token.password-truncated": F,
            "token.password-wrong": P,
            "token.password-extended": P,
            "token.password-empty": P,
        },
    ),
    Case(
        "more than the password",
        "sensu",
        believes_passwords(lambda given, right: given.startswith(right)),
        {"token.password-extended": F, "credentials.password-extended": F, "token.password-truncated": P},
    ),
    Case(
        "password in any case",
        "sensu",
        believes_passwords(lambda given, right: given.lower() == right.lower()),
        {"token.password-other-case": F, "credentials.password-other-case": F, "token.password-wrong": P},
    ),
    Case(
        "unsigned token",
        "sensu",
        believes_tokens(same_but_unsigned),
        {"resource.access-token-unsigned": F, "renew.access-token-unsigned": F, "resource.access-token-tampered": P},
    ),
    Case(
        "signature not looked at",
        "sensu",
        believes_tokens(same_claims),
        {"resource.access-token-tampered": F, "renew.access-token-tampered": F, "resource.access-token-unknown": P},
    ),
    Case(
        "expired token",
        "sensu",
        never_expires,
        {"resource.access-token-expired": F, "token.expiry-holds": W, "resource.access-token-unknown": P},
    ),
    Case(
        "expiry in milliseconds",
        "sensu",
        replies("/auth", lambda s, r, m: {"expires_at": m["expires_at"] * 1000}),
        {"token.expiry-in-seconds": F, "token.expiry-in-future": P, "renew.expiry-in-seconds": P},
    ),
    Case(
        "expiry in the past",
        "sensu",
        replies("/auth", lambda s, r, m: {"expires_at": m["expires_at"] - 10_000}),
        {"token.expiry-in-future": F, "token.expiry-matches-token": W, "renew.expiry-in-future": P},
    ),
    Case(
        "expiry as text",
        "sensu",
        replies("/auth", lambda s, r, m: {"expires_at": str(m["expires_at"])}),
        {"token.reply-types": F, "token.reply-schema": F, "token.valid-credentials": P},
    ),
    Case(
        "no expiry",
        "sensu",
        replies("/auth", lambda s, r, m: {"expires_at": ...}),
        {"token.reply-fields": F, "token.expiry-in-future": "not_applicable", "renew.reply-fields": P},
    ),
    Case(
        "empty refresh token",
        "sensu",
        replies("/auth", lambda s, r, m: {"refresh_token": ""}),
        {"token.reply-fields": F, "token.works": P},
    ),
    Case(
        "one token in both places",
        "sensu",
        replies("/auth", lambda s, r, m: {"refresh_token": m["access_token"]}),
        {"token.differ": F, "token.reply-fields": P},
    ),
    Case(
        "one token for all",
        "sensu",
        one_for_all,
        {"token.distinct-users": F, "renew.new-access-token": F, "token.distinct-logins": W},
    ),
    Case("token of another user", "sensu", mistaken_identity, {"token.names-user": F, "token.works": P}),
    Case(
        "renewal gives the old token", "sensu", old_token_again, {"renew.new-access-token": F, "renew.reply-fields": P}
    ),
    Case(
        "renewal ignores the refresh token",
        "sensu",
        any_refresh_token,
        {
            "renew.refresh-token-unknown": F,
            "renew.refresh-token-garbage": F,
            "renew.refresh-token-tampered": F,
            "renew.refresh-token-foreign": F,
            "renew.refresh-token-missing": P,
            "renew.access-token-unknown": P,
        },
    ),
    Case(
        "200 for a wrong password",
        "sensu",
        refusals("password.wrong", 200),
        {
            "token.password-wrong": F,
            "credentials.password-wrong": F,
            "token.refusals-alike": W,
            "token.username-unknown": P,
        },
    ),
    Case(
        "500 for a wrong password",
        "sensu",
        refusals("password.wrong", 500),
        {"token.password-wrong": F, "credentials.password-wrong": F, "token.credentials-missing": P},
    ),
    Case(
        "500 for a malformed body",
        "sensu",
        refusals("body.malformed", 500),
        {"renew.body-malformed": F, "renew.body-empty": P},
    ),
    Case(
        "401 without a challenge",
        "sensu",
        refusals("basic.missing", 401, WWW_Authenticate=None),
        {"token.challenge": W},
    ),
    Case(
        "token reply as HTML",
        "sensu",
        replies("/auth", lambda s, r, m: {"note": "x"}, Content_Type="text/html"),
        {"token.reply-json": F, "renew.reply-json": P},
    ),
    Case(
        "password in the reply",
        "sensu",
        replies("/auth", lambda s, r, m: {"login": ":".join(basic(r) or ())}),
        {"token.no-credentials": F, "token.reply-fields": P},
    ),
    Case(
        "any client secret",
        "fusio",
        believes_clients(lambda given, right: True),
        {
            "token.client-secret-wrong": F,
            "token.client-secret-empty": F,
            "token.client-secret-truncated": F,
            "token.client-id-unknown": P,
        },
    ),
    Case("unknown grant", "fusio", unknown_grants, {"token.grant-unknown": F, "token.grant-missing": P}),
    Case(
        "lifetime as text",
        "fusio",
        replies("/token", lambda s, r, m: {"expires_in": str(m["expires_in"])}),
        {"token.expires-in-integer": F, "renew.expires-in-integer": F, "login.expires-in-integer": P},
    ),
    Case(
        "refresh token as access token",
        "fusio",
        takes_refresh_tokens,
        {"resource.token-is-refresh-token": F, "resource.token-unknown": P},
    ),
    Case(
        "renewal with anything",
        "fusio",
        first_refresh_token,
        {"renew.token-unknown": F, "renew.token-garbage": F, "renew.client-secret-empty": P},
    ),
    Case("expired token", "fusio", never_expires, {"resource.token-expired": F, "token.expiry-holds": F}),
    Case(
        "brand key optional for one grant",
        "rator",
        brand_for(lambda request: form(request).get("grant_type") == "password" and "brand_key" not in query(request)),
        {
            "token.brand-key-missing.password": F,
            "token.brand-key-missing.operator": P,
            "token.brand-key-missing.refresh": P,
        },
    ),
    Case(
        "brand key of the resource in the query",
        "rator",
        brand_from_query,
        {"resource.brand-key-in-query": F, "resource.brand-key-missing": P},
    ),
    Case(
        "resource without brand key",
        "rator",
        no_brand_at_resource,
        {"resource.brand-key-missing": F, "resource.brand-key-missing-code": W, "resource.brand-key-unknown": P},
    ),
    Case(
        "unknown brand",
        "rator",
        brand_for(lambda request: query(request).get("brand_key", "").startswith("WATCHWORD")),
        {
            "token.brand-key-unknown.password": W,
            "token.brand-key-unknown.refresh": W,
            "token.brand-key-missing.password": P,
        },
    ),
    Case(
        "empty brand",
        "rator",
        brand_for(lambda request: query(request).get("brand_key") == ""),
        {"token.brand-key-empty.password": W, "token.brand-key-empty.client": W, "token.brand-key-blank.password": P},
    ),
    Case(
        "500 without brand",
        "rator",
        refusals("brand_key.missing", 500),
        {"token.brand-key-missing.password": F, "token.brand-key-server-error.password": F},
    ),
    Case(
        "client secret with a tail",
        "rator",
        believes_clients(lambda given, right: given.startswith(right)),
        {"login.client-secret-extended": F, "client.client-secret-extended": F, "login.client-secret-wrong": P},
    ),
    Case(
        "another type of token",
        "rator",
        replies("/token", lambda s, r, m: {"token_type": "mac"}),
        {"login.token-type": F, "login.accepted": P},
    ),
    Case(
        "token used up at once",
        "rator",
        once_only,
        {"login.access-token-works-again": F, "login.access-token-works": P},
    ),
    Case("renewed token is dead", "rator", dead_after_renewal, {"renew.works": F, "renew.accepted": P}),
    Case("one session a user", "rator", one_session, {"login.sessions-independent": W, "login.access-token-works": P}),
    Case("expired token", "rator", never_expires, {"resource.token-expired": F, "login.expiry-holds": F}),
]


@pytest.fixture
def tested(examined) -> Iterator[Callable[..., Any]]:
    """Run clauses against a service that has a fault."""
    running = []

    def run(dialect: str, distortion: Distortion, only: Any) -> Any:
        mock = start(Distorting(Service(load_dialect(dialect)), distortion))  # type: ignore[arg-type]
        running.append(mock)
        facts = {"name": "liar", "dialect": dialect, "url": mock.url, "resource_url": mock.resource_url}
        return examined(
            from_description(facts | {"credentials": mock.credentials, "control": mock.service.clock}), only
        )

    yield run
    for mock in running:
        mock.stop()


@pytest.mark.parametrize("case", CASES, ids=[f"{c.dialect}-{c.name}".replace(" ", "-") for c in CASES])
def test_distortion(case, tested):
    """A defect breaks the clauses that speak of it, and not those beside them."""
    run = tested(case.dialect, case.distortion, case.verdicts)
    found = {r.clause.partition(":")[2]: r.verdict for r in run.records}

    assert dict(case.verdicts) == found, [(r.clause, r.verdict, r.differences, r.reason) for r in run.records]
    assert (1 if F in found.values() else 0) == run.exit_code(False)[0]
    run.strict = True

    assert 1 == run.exit_code(False)[0]


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_truth(dialect, tested):
    """A service that tells the truth breaks no clause."""
    clauses = load_dialect(dialect).clauses
    run = tested(dialect, lambda service, request, origin: service.handle(request, origin), [c.id for c in clauses])
    run.strict = True

    assert [] == [
        (r.clause, r.differences) for r in run.records if r.verdict not in ("pass", "observed", "not_applicable")
    ]
    assert 0 == run.exit_code(False)[0]


def test_every_bad_lie_has_its_name():
    """No two cases of a dialect bear one name."""
    assert len(CASES) == len({(c.dialect, c.name) for c in CASES})
