"""What is found of metadata just inside of what a clause guarantees, and just outside."""

from __future__ import annotations


def told(scene, **roles):
    """The differences in metadata that say this, by role."""
    return scene.judged([scene.exchange(scene.operation, members=scene.named(**roles))])


def names_issuer(scene):
    """The issuer is named to the letter."""
    asked = scene.target.issuer
    return [told(scene, issuer=asked)], [told(scene, issuer=one) for one in (f"{asked}/", asked[:-2], asked.upper())]


def issuer_is_url(scene):
    """With TLS, and of nothing but a path; on this machine without."""
    right = ["https://a.test", "https://a.test/x", "http://127.0.0.1:9", "http://[::1]/x", "http://localhost"]
    wrong = ["http://a.test", "https://a.test?x=1", "https://a.test#x", "a.test", "https://", "ftp://a.test", 7]
    return [told(scene, issuer=one) for one in right], [told(scene, issuer=one) for one in wrong]


def endpoints_are_urls(scene):
    """With TLS, whatever the query; on this machine without."""
    right = ["https://a.test/t", "https://a.test/t?x=1", "http://127.0.0.1/t"]
    wrong = ["http://a.test/t", "https://a.test/t#x", "/t", "https:///t", 7, None]
    roles = ("token_endpoint", "revocation_endpoint", "introspection_endpoint")
    beside = {"token_endpoint": right[0]}
    inside = [told(scene, **beside | {role: one}) for role in roles for one in right]
    return inside, [told(scene, **beside | {role: one}) for role in roles for one in wrong]


def endpoint_works(scene):
    """What is named does its work."""
    role = scene.clause.guarantee.removeprefix("metadata.").removesuffix("_works")
    purpose = {"token_endpoint": "issue", "revocation_endpoint": "revoke", "introspection_endpoint": "introspect"}[role]
    operation = scene.target.dialect.api.with_purpose(purpose)[0]
    names = {m.role: m.name for shape in operation.replies.values() for m in shape.members if m.role}
    right = {names[role]: "t" for role in ("access_token",) if role in names}

    def seen(status, members):
        return scene.judged([scene.exchange(operation, status, members)], role=role, operation=operation)

    return [seen(200, right)], [seen(404, {}), seen(405, right), *([seen(200, {})] if right else [])]


def names_response_types(scene):
    """Whoever names an authorization endpoint, or a grant that is for one, says what it takes."""
    at = {"authorization_endpoint": "https://a.test/a", "grant_types_supported": ["password"]}
    types = {"response_types_supported": ["code"]}
    none = {"response_types_supported": []}
    direct = {"grant_types_supported": ["password"]}
    by_browser = {"grant_types_supported": ["authorization_code"]}
    return [told(scene, **at, **types), told(scene, **direct, **none), told(scene, **types)], [
        told(scene, **at),
        told(scene, **at, **none),
        told(scene, **by_browser),
        told(scene, issuer="https://a.test"),
    ]


def leaves_out_empty(scene):
    """No list is empty, but the one that has to be there."""
    inside = [told(scene, scopes_supported=["a"], response_types_supported=[])]
    return inside, [
        told(scene, scopes_supported=[]),
        scene.judged([scene.exchange(scene.operation, members={"x": []})]),
    ]


def names_grants(scene):
    """A grant that is served is named, and one that is named is known."""
    api = scene.target.dialect.api
    grants = {b.const: op for op in api.with_purpose("issue") for b in op.bound("grant_type") if b.const}
    grant, operation = next(iter(grants.items()))
    names = {m.role: m.name for shape in operation.replies.values() for m in shape.members if m.role}
    served = (200, {names["access_token"]: "t"})
    unknown, refused = ((400, {names["error"]: word}) for word in ("unsupported_grant_type", "unauthorized_client"))
    told_at = scene.exchange(scene.operation)

    def seen(answer, named):
        replies = {grant: (operation, scene.exchange(operation, *answer).reply)}
        return scene.judged([told_at], told=named, replies=replies)

    right, other = {"grant_types_supported": [grant]}, {"grant_types_supported": ["implicit"]}
    inside = [seen(served, right), seen(unknown, other), seen(unknown, {}), seen(refused, right)]
    return inside, [seen(served, other), seen(served, {}), seen(unknown, right)]


def names_client_ways(scene):
    """Each way that is taken is named; Basic is meant where none is."""
    told_at = scene.exchange(scene.operation)

    def seen(named, *taken):
        return scene.judged([told_at], told={} if named is None else {"client_ways_supported": named}, taken=taken)

    basic, post = "client_secret_basic", "client_secret_post"
    return [seen(None, basic), seen([post, basic], basic), seen([basic, post], basic, post)], [
        seen([post], basic),
        seen(None, basic, post),
        seen([basic], basic, post),
    ]


def knows_issuers(scene):
    """Another issuer has other metadata, or none."""
    at = scene.exchange(scene.operation)

    def seen(other):
        return scene.judged([at], told={"issuer": "https://a.test"}, other=other)

    return [seen({}), seen({"issuer": "https://a.test/b"})], [seen({"issuer": "https://a.test"})]


def issuer_in_token(scene, jwt):
    """The token names the issuer to the letter."""
    at = scene.exchange(scene.operation)
    login = scene.target.dialect.api.with_purpose("issue")[0]

    def seen(issuer):
        tokens = scene.tokens_of(login, access_token=jwt(iss=issuer))
        return scene.judged([at], told={"issuer": "https://a.test"}, tokens=tokens)

    return [seen("https://a.test")], [seen("https://a.test/"), seen("https://b.test")]
