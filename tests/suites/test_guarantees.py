"""What a clause guarantees is what is judged: just inside of its sentence it holds, and just outside it does not."""

from __future__ import annotations

import base64
import json
import time
from email.utils import formatdate
from pathlib import Path

import around_metadata
import pytest

from watchword.specs.codec import encode
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.acting.context import Context, Tokens
from watchword.suites.acting.steps import Call, Exchange, NotApplicable, Transcript
from watchword.suites.judging.judge import judge
from watchword.suites.target import from_description

INVENTED = Path(__file__).resolve().parents[1] / "dialects" / "lanternhouse"
ELSEWHERE = {
    "request.accepted": "what it expects is a part of the clause, and tried with that",
    "contract.conforms": "another tool makes and judges it",
}
CLAUSES = [
    (dialect, clause)
    for dialect in (load_dialect(name) for name in (*bundled(), str(INVENTED)))
    for clause in dialect.clauses
    if clause.guarantee and clause.guarantee not in ELSEWHERE and not clause.untested
]
LIFE = 600


class Scene:
    """What a clause's transcript is made of."""

    def __init__(self, dialect, clause):
        facts = {
            "name": "t",
            "dialect": str(dialect.api.folder),
            "url": "http://127.0.0.1:9",
            "issuer": "http://127.0.0.1:9",
        }
        self.clause = clause
        self.target = from_description(facts | {"credentials": dialect.world.credentials})
        self.context = Context(self.target, dialect.api.operations[clause.operation])
        self.operation = self.context.operation
        self.now = time.time()

    def exchange(self, operation, status=200, members=None, step="probe", body=None, headers=()):
        """One exchange of an operation."""
        held = self.context.values() | {"access_token": "held", "refresh_token": "held-too"}
        sketch = self.context.write(operation, held)
        content = json.dumps(members or {}).encode() if body is None else body
        date = ("Date", formatdate(self.now, usegmt=True))
        reply = Reply(status, (("Content-Type", "application/json"), date, *headers), content)
        return Exchange(Call(sketch, step, "x"), encode(sketch), reply, "", self.now, 0.0)

    def named(self, **roles):
        """Members of a token reply, by the names that the operation's description has for roles."""
        names = {m.role: m.name for shape in self.operation.replies.values() for m in shape.members if m.role}
        return {names.get(role, role): value for role, value in roles.items()}

    def tokens(self, **values):
        """Tokens that were given just now."""
        return self.tokens_of(self.operation, **values)

    def tokens_of(self, operation, **values):
        """Tokens that an operation gave just now."""
        given = {"access_token": "first", "refresh_token": "second"} | values
        return Tokens(operation, given, self.exchange(operation, members=self.named(**given)))

    def judged(self, exchanges=(), **facts):
        """The differences that the judge of the clause finds."""
        return judge(self.context, Transcript(tuple(exchanges), facts), self.clause)

    def opened(self, status):
        """The differences after a call of the protected operation."""
        return self.judged([self.exchange(self.context.resource(), status)])

    def told(self, seconds):
        """Tokens of which the reply tells that they live for so long, in the way of the operation."""
        at = "expires_at" in self.operation.gives
        return self.tokens(**({"expires_at": int(self.now + seconds)} if at else {"expires_in": int(seconds)}))


def jwt(**claims):
    """A JWT that nobody signed."""
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b'=').decode()}.x"


def opens(scene):
    """Nothing but a 2xx opens."""
    return [scene.opened(200), scene.opened(299)], [scene.opened(status) for status in (199, 300, 401, 403, 500)]


def two_logins(scene):
    """The access tokens differ; between users, the refresh tokens do, too."""

    def two(access, refresh):
        second = scene.tokens(access_token=access, refresh_token=refresh)
        return scene.judged(first=scene.tokens(access_token="a", refresh_token="r"), second=second)

    mixed = [two("b", "r")] if scene.clause.guarantee == "tokens.distinct_users" else []
    return [two("b", "s")], [two("a", "s"), *mixed]


def no_server_error(scene):
    """A wrong request is answered below 500."""
    around = [scene.judged(probes=[("x", scene.exchange(scene.operation, status))]) for status in (200, 499, 500, 599)]
    return around[:2], around[2:]


def still_refused(scene):
    """A wrong request is refused, whatever the refusal; what is served, with a token where one is due, is not."""
    tokens = scene.named(access_token="a", refresh_token="r")
    inside = [scene.judged(probes=[("x", scene.exchange(scene.operation, status))]) for status in (302, 400, 401, 500)]
    outside = [scene.judged(probes=[("x", scene.exchange(scene.operation, 200, tokens))])]
    return inside, outside


def no_tokens(scene):
    """A wrong request is given neither token, whatever the status."""
    names = {
        m.name
        for operation in scene.target.dialect.api.operations.values()
        for shape in operation.replies.values()
        for m in shape.members
        if m.role in ("access_token", "refresh_token")
    }
    given = [
        scene.judged(probes=[("x", scene.exchange(scene.operation, status, {name: "t"}))])
        for status in (200, 401)
        for name in names
    ]
    return [scene.judged(probes=[("x", scene.exchange(scene.operation, 401, {"error": "e"}))])], given


def refused(scene):
    """A wrong request is answered 4xx, and neither served nor sent elsewhere nor met with a crash."""

    def answered(status):
        return scene.judged(probes=[("x", scene.exchange(scene.operation, status, {}))])

    return [answered(status) for status in (400, 401, 403)], [answered(status) for status in (200, 204, 302, 500)]


def alike(scene):
    """Both refusals have one status and one body, but for what changes each time."""

    def told(*replies):
        names = ("known", "unknown", "again")
        return scene.judged(
            **{name: scene.exchange(scene.operation, *one) for name, one in zip(names, replies, strict=False)}
        )

    def at(second, error="e"):
        return 401, {"error": error, "at": f"12:00:0{second}"}

    same = (401, {"error": "e"})
    inside = [told(same, same), told(at(1), at(2), at(3)), told(at(2), at(2), at(3))]
    return inside, [
        told(same, (400, {"error": "e"})),
        told(same, (401, {})),
        told((200, {}), (200, {})),
        told(at(1), at(2)),
        told(at(1, "f"), at(2), at(3)),
    ]


def no_credentials(scene):
    """No secret of the target file stands in the reply."""
    secrets = [v for role, v in scene.target.credentials.items() if role in ("password", "client_secret")]
    right = scene.named(access_token="t")
    told = [scene.judged([scene.exchange(scene.operation, members=right | {"echo": f"it is {s}"})]) for s in secrets]
    # Claims are no secret: anybody can decode them.
    claims = base64.urlsafe_b64encode(json.dumps({"sub": "x", "login": {"word": secrets[0]}}).encode()).decode()
    inside = right | {"more": [{"access": f"e30.{claims.rstrip('=')}.c2ln"}]}
    told.append(scene.judged([scene.exchange(scene.operation, members=inside)]))
    return [scene.judged([scene.exchange(scene.operation, members=right | {"echo": f"x{secrets[0]}x"})])], told


def schema(scene):
    """The status is a described one, and the body has the shape that is described for it, if any is."""
    shape = scene.operation.success
    wrong = [scene.exchange(scene.operation, 299)]
    if shape is not None and shape.schemas:
        wrong.append(scene.exchange(scene.operation, body=b'"text"'))
    return [], [scene.judged([one]) for one in wrong]


def names_user(scene):
    """The user who logged in is named, in letters of any case, alone or as a whole word."""
    facts = {"subject": "mira", "members": {}}

    def named(one):
        return scene.judged(**facts, tokens=scene.tokens(), claims={}, named=one)

    def claimed(sub, **more):
        return scene.judged(**facts, tokens=scene.tokens(access_token=jwt(sub=sub, **more)), claims={"sub": "subject"})

    key = "5f0c2b9e-7c1d-4d57-9b1e-0a7c5e3f1d22"
    inside = [*map(named, ("mira", "MIRA", "user:mira", "mira@realm")), claimed("mira"), claimed("auth0|mira")]
    inside += [claimed(key, provider={"user_id": "mira"}), claimed("Mira Lund", login="mira")]
    for unsaid in (key, f"auth0|{key[:8]}{key[9:13]}0123", 4711, "usr_17"):
        with pytest.raises(NotApplicable, match="identifier"):
            claimed(unsaid)
    other = scene.target.credentials.get("other_username")
    wrong = [claimed(other, login="mira")] if other else []
    return inside, [*map(named, ("mir", "jonas", "mira.lund", "mira-jonas")), claimed("admin"), *wrong]


def in_future(scene):
    """Some second is left, and it is a number."""
    past = scene.told(-5 if "expires_at" in scene.operation.gives else 0)
    text = scene.tokens(expires_at="soon", expires_in="soon")
    return [scene.judged(tokens=scene.told(5))], [scene.judged(tokens=past), scene.judged(tokens=text)]


def in_seconds(scene):
    """Seconds, of the right kind, within ten years."""
    at = "expires_at" in scene.operation.gives
    wrong = [LIFE, scene.now * 1000, scene.now + 11 * 366 * 86400] if at else [scene.now, 11 * 366 * 86400]
    role = "expires_at" if at else "expires_in"
    return [scene.judged(tokens=scene.told(LIFE))], [
        *(scene.judged(tokens=scene.tokens(**{role: int(value)})) for value in wrong),
        scene.judged(tokens=scene.tokens(**{role: "600"})),
    ]


def matches_token(scene):
    """The reply and the claim say the same, as far as figures tell."""

    def apart(seconds):
        told = scene.told(LIFE)
        exp = int(scene.now) + LIFE + seconds
        return scene.judged(
            tokens=scene.tokens(**dict(told.values) | {"access_token": jwt(iat=int(scene.now), exp=exp)})
        )

    return [apart(0)], [apart(-10), apart(10)]


def holds(scene):
    """Served before, refused after."""
    resource = scene.context.resource()

    def seen(before, after):
        return scene.judged(before=scene.exchange(resource, before), after=scene.exchange(resource, after))

    return [seen(200, 401), seen(299, 403)], [seen(200, 200), seen(401, 401), seen(300, 401), seen(200, 299)]


def differ(scene):
    """Two texts."""
    same = scene.tokens(access_token="a", refresh_token="a")
    return [scene.judged(tokens=scene.tokens())], [scene.judged(tokens=same)]


def logs_in(scene):
    """A login gives a token, and nothing else does."""
    token = scene.named(access_token="t")
    around = [scene.judged([scene.exchange(scene.operation, *seen)]) for seen in ((200, token), (401, {}), (200, {}))]
    return around[:1], around[1:]


def serves(scene):
    """A renewal gives a token, and that opens."""
    renewal = scene.operation
    if renewal.purpose != "renew":
        renewal = scene.target.dialect.api.with_purpose("renew")[0]
    names = {m.role: m.name for shape in renewal.replies.values() for m in shape.members if m.role}
    token = {names["access_token"]: "t"}
    users = {"before": scene.tokens(), "after": scene.tokens(), "claims": {}}
    resource = scene.context.resource()

    def seen(members, status, opened):
        return scene.judged([scene.exchange(renewal, status, members), scene.exchange(resource, opened)], **users)

    return [seen(token, 200, 200)], [
        seen(token, 400, 200),
        seen({}, 200, 200),
        seen(token, 200, 401),
        seen(token, 200, 300),
    ]


def new_access(scene):
    """Another text than before."""
    before = scene.tokens(access_token="a")
    return [scene.judged(before=before, after=scene.tokens(access_token="b"))], [
        scene.judged(before=before, after=scene.tokens(access_token="a"))
    ]


def keeps_user(scene):
    """The same user is named."""
    facts = {"before": scene.tokens(), "after": scene.tokens(), "claims": {}}
    return [scene.judged(**facts, named=("mira", "mira"))], [scene.judged(**facts, named=("mira", "jonas"))]


def keeps_scope(scene):
    """The same scopes, in any order."""
    before = scene.tokens(scope="a b")
    return [scene.judged(before=before, after=scene.tokens(scope="b,a"))], [
        scene.judged(before=before, after=scene.tokens(scope="a")),
        scene.judged(before=before, after=scene.tokens(scope="a b c")),
    ]


def extends(scene):
    """No earlier than before, as far as figures tell."""
    before = scene.told(LIFE)
    return [scene.judged(before=before, after=scene.told(LIFE))], [
        scene.judged(before=before, after=scene.told(LIFE - 10))
    ]


def subset(scene):
    """Nothing beside what was asked for; what is below it in a tree of names is a part of it."""
    asked = {"asked": frozenset({"a"})}
    return [scene.judged(**asked, granted=frozenset({"a"})), scene.judged(**asked, granted=frozenset({"a.b"}))], [
        scene.judged(**asked, granted=frozenset({"a", "b"})),
        scene.judged(**asked, granted=frozenset({"ab"})),
    ]


def widens_nothing(scene):
    """A refusal, or no scope beyond those of before; who lists none says that what was asked for is granted."""
    facts = {"had": frozenset({"a"}), "asked": frozenset({"a", "b"})}

    def seen(status, **roles):
        return scene.judged([scene.exchange(scene.operation, status, scene.named(**roles))], **facts)

    inside = [seen(400), seen(200, access_token="t", scope="a"), seen(200, access_token="t", scope="a.c")]
    return inside, [seen(200, access_token="t", scope="b a"), seen(200, access_token="t")]


def shut(scene):
    """The protected operation refuses."""
    return [scene.opened(status) for status in (401, 403, 302)], [scene.opened(200), scene.opened(204)]


def agrees(scene):
    """The client, some of the scopes in any order and the expiry of the reply with the token, as far as figures tell."""
    issuer = next(op for op in scene.target.dialect.api.with_purpose("issue") if "expires_in" in op.gives)
    tokens = scene.tokens_of(issuer, scope="a b", expires_in=LIFE)
    right = {"client_id": scene.context.values()["client_id"], "scope": "b a", "expires_at": int(scene.now + LIFE)}
    told = {role: value for role, value in right.items() if role in scene.operation.gives}

    def seen(**roles):
        exchange = scene.exchange(scene.operation, members=scene.named(active=True, **(told | roles)))
        return scene.judged([exchange], tokens=tokens)

    wrong = {"client_id": "nobody-else", "scope": "a b c", "expires_at": int(scene.now + LIFE + 10)}
    spans = [{"expires_at": LIFE}, {"expires_at": int(scene.now + LIFE) * 1000}]
    fewer = [seen(scope="a")] if "scope" in told else []
    return [seen(), seen(expires_at=int(scene.now + LIFE) + 1), *fewer], [
        seen(**one) for one in (*({role: value} for role, value in wrong.items() if role in told), *spans)
    ]


def listed(scene):
    """Some scope stands in the reply."""
    return [scene.judged(tokens=scene.tokens(scope="a"))], [scene.judged(tokens=scene.tokens(scope="  "))]


def allow(scene):
    """A refusal, and a 405 has the header."""

    def seen(status, *headers):
        return scene.judged([scene.exchange(scene.operation, status, headers=headers)])

    return [seen(405, ("Allow", "GET")), seen(404), seen(501)], [seen(405), seen(200), seen(302), seen(500)]


AROUND = {
    "reply.matches_schema": schema,
    "reply.no_credentials": no_credentials,
    "refusals.no_server_error": no_server_error,
    "refusals.no_tokens": no_tokens,
    "refusals.after_renewal": still_refused,
    "refusals.after_expiry": still_refused,
    "refusals.refused": refused,
    "refusals.in_body": refused,
    "refusals.alike": alike,
    "basic.form_encoded": logs_in,
    "access_token.works": opens,
    "access_token.works_again": opens,
    "access_token.names_user": names_user,
    "expiry.in_future": in_future,
    "expiry.in_seconds": in_seconds,
    "expiry.matches_token": matches_token,
    "expiry.holds": holds,
    "tokens.differ": differ,
    "tokens.distinct_logins": two_logins,
    "tokens.distinct_users": two_logins,
    "tokens.distinct_brands": two_logins,
    "refresh_token.works": serves,
    "sessions.each_works": opens,
    "sessions.independent": opens,
    "renew.works": opens,
    "renew.works_after_expiry": serves,
    "renew.chains": serves,
    "renew.new_access_token": new_access,
    "renew.keeps_user": keeps_user,
    "renew.keeps_scope": keeps_scope,
    "renew.extends": extends,
    "renew.widens_nothing": widens_nothing,
    "revoke.spares_others": serves,
    "revoke.ends_access": shut,
    "revoke.minds_no_hint": shut,
    "introspection.agrees": agrees,
    "scope.subset": subset,
    "scope.listed": listed,
    "method.allow_header": allow,
    "metadata.names_issuer": around_metadata.names_issuer,
    "metadata.issuer_is_url": around_metadata.issuer_is_url,
    "metadata.endpoints_are_urls": around_metadata.endpoints_are_urls,
    "metadata.token_endpoint_works": around_metadata.endpoint_works,
    "metadata.revocation_endpoint_works": around_metadata.endpoint_works,
    "metadata.introspection_endpoint_works": around_metadata.endpoint_works,
    "metadata.names_response_types": around_metadata.names_response_types,
    "metadata.leaves_out_empty": around_metadata.leaves_out_empty,
    "metadata.names_grants": around_metadata.names_grants,
    "metadata.names_client_ways": around_metadata.names_client_ways,
    "metadata.knows_issuers": around_metadata.knows_issuers,
    "metadata.issuer_in_token": lambda scene: around_metadata.issuer_in_token(scene, jwt),
}
"""Guarantee → what is found of some transcripts just inside of its sentence, and of some just outside."""


def test_every_guarantee_is_tried():
    """Each guarantee that can be judged has a row, or a reason why it is tried elsewhere."""
    judged = {name for name, row in GUARANTEES.items() if not row.describes}

    assert judged == {*AROUND, *ELSEWHERE}


@pytest.mark.parametrize(("dialect", "clause"), CLAUSES, ids=[clause.full_id for _, clause in CLAUSES])
def test_just_inside_and_just_outside(dialect, clause):
    """Inside there is no difference, and outside there is one each time."""
    scene = Scene(dialect, clause)
    inside, outside = AROUND[clause.guarantee](scene)

    assert [[]] * len(inside) == inside
    assert outside
    assert [] == [number for number, found in enumerate(outside) if not found]


@pytest.mark.parametrize(
    ("dialect", "clause"),
    [
        pytest.param(dialect, clause, id=clause.full_id)
        for dialect, clause in CLAUSES
        if clause.guarantee in ("expiry.in_future", "expiry.in_seconds", "expiry.matches_token")
    ],
)
def test_an_expiry_that_is_not_told(dialect, clause):
    """Where a reply tells no expiry, nothing is judged of it: that it is missing is the matter of other clauses."""
    scene = Scene(dialect, clause)

    with pytest.raises(NotApplicable, match="the reply tells no expiry"):
        scene.judged(tokens=scene.tokens(access_token=jwt(exp=int(scene.now) + LIFE)))
