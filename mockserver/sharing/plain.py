"""Sessions and tokens as plain tuples, and back."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from watchword.mockserver.state.issued import AccessToken, RefreshToken, Session, Token

__all__ = ["Sessions", "access_token", "image", "refresh_token", "session"]

_Token = TypeVar("_Token", AccessToken, RefreshToken)

_SESSION = tuple(name for name in Session.__slots__ if name != "__weakref__")
_BASE = ("value", "issued_at", "expires_at", "forgotten_at")
_ACCESS = (*_BASE, "generation", "revoked")
_REFRESH = (*_BASE, "used", "used_at", "revoked")


def session(one: Session) -> tuple[Any, ...]:
    """Write a session."""
    return tuple(getattr(one, name) for name in _SESSION)


def access_token(token: AccessToken) -> tuple[Any, ...]:
    """Write an access token; its session goes by its id."""
    doubles = None
    if token.doubles is not None:
        doubles = (token.doubles.maxlen, [access_token(double) for double in token.doubles])
    return (token.session.id, tuple(getattr(token, name) for name in _ACCESS), doubles)


def refresh_token(token: RefreshToken) -> tuple[Any, ...]:
    """Write a refresh token; its session goes by its id."""
    heirs = None if token.heirs is None else (access_token(token.heirs[0]), refresh_token(token.heirs[1]))
    return (token.session.id, tuple(getattr(token, name) for name in _REFRESH), heirs)


def image(token: Token) -> tuple[Any, ...]:
    """Give what would show if a token or its session were changed."""
    if isinstance(token, RefreshToken):
        return refresh_token(token), session(token.session)
    assert isinstance(token, AccessToken)  # noqa: S101 - there are no others
    return access_token(token), session(token.session)


class Sessions:
    """The sessions of one world, of which each is there once; those that no token has are forgotten."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[str, Session] = WeakValueDictionary()

    def written(self, token: Token) -> dict[str, tuple[Any, ...]]:
        """Write every session that a token speaks of."""
        found = {}
        for one in _spoken_of(token):
            self._known[one.session.id] = one.session
            found[one.session.id] = session(one.session)
        return found

    def read(self, written: Mapping[str, tuple[Any, ...]]) -> dict[str, Session]:
        """Let sessions be as they are written; what holds one goes on with it."""
        found = {}
        for key, values in written.items():
            one = self._known.get(key)
            if one is None:
                one = self._known[key] = Session(*values)
            else:
                for name, value in zip(_SESSION, values, strict=True):
                    setattr(one, name, value)
            found[key] = one
        return found

    def access(
        self, written: tuple[Any, ...], sessions: Mapping[str, Session], known: OrderedDict[str, Any]
    ) -> AccessToken:
        """Read an access token; one of that value that is `known` is changed and given."""
        key, values, doubles = written
        token = _filled(AccessToken, known, _ACCESS, values, sessions[key])
        token.doubles = None
        if doubles is not None:
            size, each = doubles
            token.doubles = deque((self.access(one, sessions, OrderedDict()) for one in each), size)
        return token

    def refresh(
        self,
        written: tuple[Any, ...],
        sessions: Mapping[str, Session],
        known: OrderedDict[str, Any],
        access: OrderedDict[str, Any],
    ) -> RefreshToken:
        """Read a refresh token; one of that value that is `known` is changed and given, and so is the `access` token of its heir."""
        key, values, heirs = written
        token = _filled(RefreshToken, known, _REFRESH, values, sessions[key])
        token.heirs = None
        if heirs is not None:
            token.heirs = (
                self.access(heirs[0], sessions, access),
                self.refresh(heirs[1], sessions, known, access),
            )
        return token


def _spoken_of(token: Token) -> Iterator[Token]:
    yield token
    more: Iterable[Token] = ()
    if isinstance(token, AccessToken):
        more = token.doubles or ()
    elif isinstance(token, RefreshToken):
        more = token.heirs or ()
    for one in more:
        yield from _spoken_of(one)


def _filled(
    kind: type[_Token], known: OrderedDict[str, Any], names: tuple[str, ...], values: tuple[Any, ...], owner: Session
) -> _Token:
    """Give the token of that value that is known, or else a new one, with these values and of that session."""
    token: _Token = OrderedDict.get(known, values[0]) or kind(values[0], owner, 0.0, None)
    token.session = owner
    for name, value in zip(names, values, strict=True):
        setattr(token, name, value)
    return token
