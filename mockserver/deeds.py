"""What a right request does to the world: begins a session, renews it, ends it. Nothing is decided here any more."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.published import published
from watchword.mockserver.state.world import AccessToken, RefreshToken, Session, Token, World
from watchword.specs.values.profile import Profile

__all__ = ["Deed"]


# Made for each request, and so not frozen: that would take several times as long.
@dataclass(slots=True, repr=False, eq=False)
class Deed:
    """A right request in front of the world that it changes. `origin` is what JWTs name as issuer."""

    case: Case
    world: World
    profile: Profile
    origin: str

    def values(self) -> dict[str, Any]:
        """Do what the request asks for, and give what the reply can be made of, by role."""
        purpose = self.case.operation.purpose
        if purpose == "issue":
            return self._issue()
        if purpose == "renew":
            return self._renew()
        if purpose == "metadata":
            return published(self.case.api, self.profile, self.world.data, self.origin)
        if purpose == "revoke":
            self._revoke()
        return self._introspect() if purpose == "introspect" else {}

    def about(self) -> dict[str, Any]:
        """Give what is told of the session that the request belongs to."""
        if self.case.access is not None:
            return _of_session(self.case.access.session)
        return _of_session(self._session()) if self.case.operation.purpose == "resource" else {}

    def person(self) -> dict[str, Any]:
        """Give what is told of the user whose access token a request presents."""
        session = None if self.case.access is None else self.case.access.session
        account = None if session is None else session.account or self.world.accounts.get(("user", session.subject))
        return {"$user_id": account and account.id, "$email": account and account.email}

    def _gives_refresh_token(self) -> bool:
        operation = self.case.operation
        if "refresh_token" not in operation.gives or operation.success is None:
            return False
        members = self.profile.operations[operation.name].reply.members
        return any(m.role == "refresh_token" and m.name in members for m in operation.success.members)

    def _issue(self) -> dict[str, Any]:
        case, world = self.case, self.world
        asked = case.asked_scopes or self._listed()
        scopes = tuple(s for s in case.allowed_scopes if not asked or s in asked)
        # A user is given what he has, whatever the brand; a client that speaks for itself belongs to none.
        key = (case.user, case.client, None if case.user else self._brand(), scopes)
        refresh = None
        if self.profile.relogin == "same_tokens" and key in world.current:
            access = world.access.get(world.current[key][0])
            refresh = world.refresh.get(world.current[key][1] or "")
            if access is not None and not access.superseded and not _is_over(access, world.clock.now()):
                return self._given(access, refresh)
            if refresh is not None and _is_over(refresh, world.clock.now()):
                refresh = None
        # An access token that ended leaves the refresh token as it was.
        session = refresh.session if refresh else world.begin(case.user, case.client, self._brand(), scopes)
        access = world.mint_access(session, self.origin)
        given = refresh or (world.mint_refresh(session, self.origin) if self._gives_refresh_token() else None)
        world.current[key] = (access.value, given.value if given else None)
        return self._given(access, given)

    def _listed(self) -> tuple[str, ...]:
        """Give the scopes that a list in the body asks for, where the release reads one that the document does not have."""
        name = self.profile.operations[self.case.operation.name].scopes_in
        listed = self.case.reading.json.get(name) if name else None
        return tuple(str(scope) for scope in listed) if isinstance(listed, list) else ()

    def _brand(self) -> str | None:
        return self.case.brand if self.case.operation.bound("brand_key") else None

    def _session(self) -> Session:
        """Begin the session that a served request asks for."""
        case = self.case
        return self.world.begin(case.user, case.client, self._brand(), case.allowed_scopes)

    def _presented(self) -> RefreshToken | AccessToken:
        """Give what a renewal is made with: some servers take an access token for a refresh token.

        A request without either gets this far only where a fault lets it; its session begins here.
        """
        case, world = self.case, self.world
        value = case.value("refresh_token")
        known = case.refresh or (world.access.get(value) if isinstance(value, str) else None)
        if known is not None:
            return known
        session = case.access.session if case.access is not None else self._session()
        if not session.issued:
            world.mint_access(session, self.origin)
        return world.mint_refresh(session, self.origin)

    def _renew(self) -> dict[str, Any]:
        refresh = self._presented()
        session = refresh.session
        if isinstance(refresh, RefreshToken):
            if refresh.heirs is not None and self.world.forgives(refresh):
                return self._given(*refresh.heirs)
            refresh.used += 1
            refresh.used_at = self.world.clock.now()
        before = self.world.expiry(session.newest)
        self.world.supersede(session)
        access = self.world.mint_access(session, self.origin)
        given = self.world.mint_refresh(session, self.origin) if self.profile.renewal.rotates else refresh
        if isinstance(refresh, RefreshToken) and isinstance(given, RefreshToken) and given is not refresh:
            # Whoever holds no successor keeps none from being forgotten.
            refresh.heirs = (access, given) if self.profile.renewal.grace else None
            self.world.lay_by("refresh_token", refresh.value)
        key = (session.account, session.client, None if session.account else session.brand, session.scopes)
        if key in self.world.current and isinstance(given, RefreshToken):
            # Whoever logs in again is given what there is, and that is now what the renewal gave.
            self.world.current[key] = (access.value, given.value)
        values = self._given(access, given)
        if self.profile.renewal.stale_expiry:
            values["expires_at"] = before
        return values

    def _given(self, access: AccessToken, refresh: RefreshToken | AccessToken | None) -> dict[str, Any]:
        left = None if access.expires_at is None else max(0, access.expires_at - math.floor(self.world.clock.now()))
        values = {
            "access_token": access.value,
            "refresh_token": refresh.value if refresh is not None else None,
            "expires_at": access.expires_at,
            "expires_in": left,
            "scope": self.profile.scope_separator.join(access.session.scopes) or None,
        }
        return values | _of_session(access.session)

    def _presents(self) -> tuple[AccessToken | None, RefreshToken | None]:
        """Give what is presented, whichever kind of token it is said to be."""
        values = [self.case.value(role) for role in ("access_token", "refresh_token")]
        access = (self.world.presented(value) for value in values if isinstance(value, str))
        refresh = (self.world.refresh.get(value) for value in values if isinstance(value, str))
        return next(filter(None, access), None), next(filter(None, refresh), None)

    def _revoke(self) -> None:
        access, refresh = self._presents()
        if access is not None:
            access.revoked = True
            self.world.lay_by("access_token", access.value)
        if refresh is not None:
            refresh.revoked = True
            self.world.end(refresh.session)

    def _introspect(self) -> dict[str, Any]:
        """Tell of a token that is good; of others, the profile refuses to tell."""
        token = next(filter(None, self._presents()), None)
        if token is None:
            return {"active": True}
        session = token.session
        return {
            "active": True,
            "scope": " ".join(session.scopes) or None,
            "client_id": session.client.client_id if session.client is not None else None,
            "expires_at": token.expires_at,
        }


def _of_session(session: Session) -> dict[str, Any]:
    return {
        "subject": session.subject,
        "$subject": session.subject,
        "$scope": " ".join(session.scopes),
        "$brand_key": session.brand,
    }


def _is_over(token: Token, now: float) -> bool:
    revoked = isinstance(token, AccessToken) and token.revoked
    return revoked or token.session.ended or (token.expires_at is not None and now >= token.expires_at)
