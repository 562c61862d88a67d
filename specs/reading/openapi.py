"""Reading `openapi.yaml`: from the standard's own words, and ours where it has none, to operations with bindings.

The standard words: parameters, request bodies, security schemes and requirements, servers, responses, links. Ours:

    x-role              the role of a parameter, of a member of a body or a reply; on a bearer scheme, of its token
    x-roles             on a basic scheme: the roles of user and password
    x-form-encoded      on a basic scheme: true where both are encoded as in a form before they are joined (RFC 6749 section 2.3.1)
    x-standing          alternative or superseded, where a role may travel besides its documented place
    x-purpose           what an operation is for; x-operations names several behind one path, one for each grant, and says
                        which roles of the described reply one of them withholds
    x-optional          a capability that a server may lack
    x-base              `resource_url` on an operation that lives on the second base URL; `issuer` on one whose path stands at
                        the origin of the issuer, with the path of the issuer behind it (RFC 8414 section 3.1)
    x-alternative-paths the paths that the document prints besides the right one
    x-accounts          which accounts the operation serves, where others log in, too, and what their access token says of it
    x-scopes            on a bearer scheme: the scopes that exist
    x-claims            members of a JWT access token → the roles they speak of
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.errors import nearest
from watchword.specs.reading.pointers import Pointers
from watchword.specs.reading.replies import read_replies
from watchword.specs.reading.yamlfile import At, YamlFile
from watchword.specs.values.api import FORM, ISSUER, JSON, Accounts, Api, Ban, Binding, Operation, ReplyShape
from watchword.specs.vocabulary import CONDITIONS, PLACES

__all__ = ["read_api"]

_STANDINGS = ("main", "alternative", "superseded")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def read_api(source: YamlFile, name: str) -> Api:
    """Build the operations of a description that its JSON Schema has accepted.

    Raises:
        SpecError: a reference leads nowhere, a role or grant does not exist, a name stands twice.
    """
    reader = _Reader(source)
    operations: dict[str, Operation] = {}
    for operation in reader.operations():
        if operation.name in operations:
            at: At = ("paths", operation.path, operation.method.lower())
            named = (*at, "x-operations", operation.name)
            at = named if named in source.lines else (*at, "operationId")
            raise source.error(at, f"two operations are called {operation.name!r}", "rename one")
        operations[operation.name] = operation
    own = source.value["x-watchword"]
    ban = own.get("ban")
    return Api(
        name=name,
        title=own["title"],
        folder=source.path.parent,
        text=source.text,
        description=source.value,
        operations=MappingProxyType(operations),
        bases=MappingProxyType(reader.bases),
        scopes=reader.scopes(),
        ban=_ban(source, ban, operations) if ban else None,
    )


def _ban(source: YamlFile, raw: Mapping[str, Any], operations: Mapping[str, Operation]) -> Ban:
    uncounted: dict[str, tuple[str, ...]] = {}
    for operation, names in raw.get("uncounted", {}).items():
        at: At = ("x-watchword", "ban", "uncounted", operation)
        if operation not in operations:
            raise source.error(at, f"there is no operation {operation!r}", nearest(operation, operations))
        for name in names:
            if name not in CONDITIONS:
                raise source.error(at, f"there is no condition {name!r}", nearest(name, CONDITIONS))
        uncounted[operation] = tuple(names)
    return Ban(
        count=raw["count"],
        window=raw["window"],
        statuses=tuple(raw["statuses"]),
        text=raw["text"],
        uncounted=MappingProxyType(uncounted),
        uncounted_statuses=tuple(raw.get("uncounted_statuses", ())),
    )


class _Reader:
    def __init__(self, source: YamlFile) -> None:
        self.source = source
        self.root: Mapping[str, Any] = source.value
        self.pointers = Pointers(source)
        self.bases = {"url": urlsplit(self.root["servers"][0]["url"]).path.rstrip("/")}

    def operations(self) -> Iterator[Operation]:
        for path, item in self.root["paths"].items():
            for method in _METHODS:
                if method in item:
                    at: At = ("paths", path, method)
                    yield from self._of(at, path, method.upper(), item, item[method])

    def _of(
        self, at: At, path: str, method: str, item: Mapping[str, Any], op: Mapping[str, Any]
    ) -> Iterator[Operation]:
        base = op.get("x-base", "url")
        servers = op.get("servers") or item.get("servers") or self.root["servers"]
        self.bases.setdefault(base, "" if base == ISSUER else urlsplit(servers[0]["url"]).path.rstrip("/"))
        parameters = [*self._parameters((*at[:2], "parameters"), item), *self._parameters((*at, "parameters"), op)]
        replies = MappingProxyType(read_replies(self.pointers, at, op))
        security = op.get("security", self.root.get("security", []))
        named = op.get("x-operations") or {
            op["operationId"]: {"purpose": op["x-purpose"], "optional": op.get("x-optional", False)}
        }
        for name, own in named.items():
            here = (*at, "x-operations", name) if "x-operations" in op else at
            media_type, body = self._body(at, here, op, own.get("grant"), own.get("body"))
            scheme, scopes, claims = self._security(at, here, security, own.get("security"))
            yield Operation(
                name=name,
                path=path + self.bases["url"] if base == ISSUER else path,
                described_at=path,
                method=method,
                base=base,
                purpose=own["purpose"],
                optional=own.get("optional", False),
                bindings=tuple(
                    sorted(
                        (*scheme, *parameters, *body),
                        key=lambda b: _STANDINGS.index(b.standing),
                    )
                ),
                media_type=media_type,
                replies=replies,
                scopes=scopes,
                alternative_paths=tuple(op.get("x-alternative-paths", ())),
                claims=claims,
                accounts=_accounts(op.get("x-accounts")),
                summary=own.get("summary", op.get("summary", "")),
                endpoint=op["operationId"],
                withholds=self._withheld((*here, "withholds"), own.get("withholds", ()), replies),
            )

    def _withheld(self, at: At, roles: Sequence[str], replies: Mapping[str, ReplyShape]) -> tuple[str, ...]:
        known = {member.role for shape in replies.values() for member in shape.members if member.role}
        for role in roles:
            if role not in known:
                raise self.source.error(at, f"no reply of the operation carries a {role!r}", nearest(role, known))
        return tuple(roles)

    def scopes(self) -> tuple[str, ...]:
        """The scopes that the security schemes name, in the standard's flows or in `x-scopes`."""
        names: dict[str, None] = {}
        for scheme in self.root.get("components", {}).get("securitySchemes", {}).values():
            names |= dict.fromkeys(scheme.get("x-scopes", ()))
            for flow in scheme.get("flows", {}).values():
                names |= dict.fromkeys(flow.get("scopes", ()))
        return tuple(names)

    # -- where things travel

    def _parameters(self, at: At, holder: Mapping[str, Any]) -> Iterator[Binding]:
        for index, raw in enumerate(holder.get("parameters", ())):
            here, parameter = self.pointers.resolve((*at, index), raw)
            if "x-role" in parameter:
                schema = parameter.get("schema", {})
                place = self.pointers.need(here, parameter, "in")
                if place not in PLACES:
                    raise self.source.error((*here, "in"), f"a role cannot travel in {place!r}", nearest(place, PLACES))
                yield Binding(
                    role=self.pointers.role(here, parameter["x-role"]),
                    place=place,
                    name=self.pointers.need(here, parameter, "name"),
                    required=parameter.get("required", False),
                    standing=self._standing(here, parameter),
                    const=schema.get("const"),
                    example=parameter.get("example", schema.get("default")),
                )

    def _body(
        self, at: At, here: At, op: Mapping[str, Any], grant: str | None, named: str | None
    ) -> tuple[str | None, list[Binding]]:
        if "requestBody" not in op:
            if grant is not None:
                raise self.source.error(
                    here, f"the grant {grant!r} is named, and the operation has no body", "describe the form"
                )
            return None, []
        at, body = self.pointers.resolve((*at, "requestBody"), op["requestBody"])
        content = self.pointers.need(at, body, "content")
        media_type = next((m for m in (FORM, JSON) if m in content), None)
        if media_type is None:
            raise self.source.error(
                (*at, "content"), "the body has no media type that is known here", f"use {FORM} or {JSON}"
            )
        at = (*at, "content", media_type)
        where, schema = self.pointers.resolve((*at, "schema"), self.pointers.need(at, content[media_type], "schema"))
        if "oneOf" in schema:
            branches = schema["oneOf"]
            where, schema = (
                self._branch(where, here, branches, grant)
                if named is None
                else self._named(where, here, branches, named)
            )
        place = "form" if media_type == FORM else "json"
        return media_type, [*self._members(where, schema, place)]

    def _branch(self, at: At, here: At, branches: list[Any], grant: str | None) -> tuple[At, Mapping[str, Any]]:
        grants = []
        for index, raw in enumerate(branches):
            where, schema = self.pointers.resolve((*at, "oneOf", index), raw)
            for member in schema.get("properties", {}).values():
                if member.get("x-role") == "grant_type":
                    grants.append(str(member.get("const")))
                    if member.get("const") == grant:
                        return where, schema
        at = (*here, "grant")
        raise self.source.error(at, f"no form is described for the grant {grant!r}", nearest(str(grant), grants))

    def _named(self, at: At, here: At, branches: list[Any], name: str) -> tuple[At, Mapping[str, Any]]:
        names = [str(raw.get("$ref", "")).rpartition("/")[2] for raw in branches]
        if name not in names:
            raise self.source.error((*here, "body"), f"no body is described as {name!r}", nearest(name, names))
        index = names.index(name)
        where, schema = self.pointers.resolve((*at, "oneOf", index), branches[index])
        return where, schema

    def _members(self, at: At, schema: Mapping[str, Any], place: str) -> Iterator[Binding]:
        required = schema.get("required", ())
        for name, raw in schema.get("properties", {}).items():
            here, member = self.pointers.resolve((*at, "properties", name), raw)
            if "x-role" in member:
                standing = self._standing(here, member)
                role = self.pointers.role(here, member["x-role"])
                yield Binding(role, place, name, name in required, standing, member.get("const"), member.get("default"))

    def _security(
        self, at: At, here: At, security: list[Mapping[str, Any]], wanted: str | None
    ) -> tuple[list[Binding], tuple[str, ...], Mapping[str, str]]:
        if not security:
            return [], (), {}
        chosen = security[0]
        if wanted is not None:
            found = [entry for entry in security if wanted in entry]
            if not found:
                names = [scheme for entry in security for scheme in entry]
                raise self.source.error(
                    (*here, "security"),
                    f"the operation has no security scheme {wanted!r}",
                    nearest(wanted, names),
                )
            chosen = found[0]
        schemes = self.root.get("components", {}).get("securitySchemes", {})
        bindings: list[Binding] = []
        scopes: tuple[str, ...] = ()
        claims: Mapping[str, str] = {}
        for name, wants in chosen.items():
            if name not in schemes:
                raise self.source.error(
                    (*at, "security"), f"there is no security scheme {name!r}", nearest(name, schemes)
                )
            where: At = ("components", "securitySchemes", name)
            scheme = schemes[name]
            if scheme.get("scheme", "").lower() == "basic":
                encoded = scheme.get("x-form-encoded", False)
                if not isinstance(encoded, bool):
                    raise self.source.error(
                        (*where, "x-form-encoded"),
                        f"{encoded!r} is neither true nor false",
                        "write true, or leave it out",
                    )
                for part, role in scheme.get("x-roles", {}).items():
                    if part not in ("user", "password"):
                        raise self.source.error(
                            (*where, "x-roles"), f"{part!r} is not a part of Basic", "the parts are user and password"
                        )
                    bindings.append(Binding(self.pointers.role(where, role), "basic", part, encoded=encoded))
            elif scheme.get("scheme", "").lower() == "bearer" or scheme.get("type") in ("oauth2", "openIdConnect"):
                bindings.append(
                    Binding(self.pointers.role(where, scheme.get("x-role", "access_token")), "bearer", "token")
                )
                scopes = tuple(wants)
                claims = MappingProxyType(dict(scheme.get("x-claims", {})))
            else:
                raise self.source.error(
                    (*where, "scheme"),
                    "this kind of security scheme is not known here",
                    "use http basic, http bearer or oauth2",
                )
        return bindings, scopes, claims

    def _standing(self, at: At, value: Mapping[str, Any]) -> str:
        standing = str(value.get("x-standing", "main"))
        if standing not in _STANDINGS:
            raise self.source.error(
                (*at, "x-standing"), f"{standing!r} is not valid here", nearest(standing, _STANDINGS)
            )
        return standing


def _accounts(told: Mapping[str, Any] | None) -> Accounts | None:
    return None if told is None else Accounts(told["says"], told["claim"], tuple(told["values"]))
