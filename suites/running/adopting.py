"""Taking up what a target shows of itself: the clock of a mock, which operations do not serve the account, what wants no scope."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import urlsplit

from watchword.suites.acting.context import Tokens, claims_of
from watchword.suites.acting.steps import Exchange
from watchword.suites.running.examining import PreflightError, place_of
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.clock import RemoteClock
from watchword.suites.sending.origin import is_loopback
from watchword.suites.target import TargetError

__all__ = ["adopt_clock", "notice_accounts", "notice_clock", "notice_scopes"]

_ANNOUNCEMENT = "Watchword-Control"
_CONTROL = re.compile(r"(?:/__watchword__/spaces/[A-Za-z0-9._~-]{1,64})?/__watchword__/")
"""Where every mock has its control side."""


def notice_clock(session: TargetSession, exchange: Exchange) -> None:
    """Take up the clock that a reply announces, where it is this machine's own and a mock's."""
    announced = exchange.reply.header(_ANNOUNCEMENT) if exchange.reply else None
    # A clock makes a target a mock, and nobody's accounts are spared at a mock: what any server may say of itself is
    # believed of this machine's own only, and only of the path that a mock or a space of it has. A reply sends the suites
    # nowhere else.
    if announced and _CONTROL.fullmatch(announced) and is_loopback(session.target.url):
        parts = urlsplit(session.target.url)
        adopt_clock(session, f"{parts.scheme}://{parts.netloc}{announced}")


def adopt_clock(session: TargetSession, url: str) -> None:
    """Test a target with the clock at that control URL from now on.

    Raises:
        PreflightError: the target file names it, and no clock is there.
    """
    control = RemoteClock(url, session.target.limits.timeout, session.target.tls)
    try:
        control.now()
    except TargetError as trouble:
        if session.target.control_url:
            raise PreflightError(f"{place_of(session)}: {trouble}; check target.control_url") from None
        return
    session.transport.close()
    session.target = dataclasses.replace(session.target, control=control, control_url=url)
    session.open()


def notice_accounts(session: TargetSession, tokens: Tokens) -> None:
    """Note which operations do not serve this account, by what its access token says of it."""
    for operation in session.target.dialect.api.operations.values():
        accounts = operation.accounts
        said = accounts.excludes(claims_of(tokens["access_token"])) if accounts is not None else ""
        if accounts is not None and said:
            session.unserved[operation.name] = (
                f"{operation.name} serves {accounts.says} only, and this one is none: "
                f"the {accounts.claim} of its token is {said!r}"
            )


def notice_scopes(session: TargetSession, tokens: Tokens) -> None:
    """Note that the protected operation does without the scopes that are described, where a token opens it that has others.

    Servers share out their scopes as they like, and the operation may be another's: it is the token that shows.
    """
    resource = session.target.resource_operation
    if resource is not None and tokens.lacks(resource.scopes):
        session.target = dataclasses.replace(session.target, unscoped=True)
