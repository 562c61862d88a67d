"""Taking up the clock that a target offers: a mock's, which a target file names or which it announces by itself."""

from __future__ import annotations

import dataclasses
import re
from urllib.parse import urlsplit

from watchword.suites.acting.steps import Exchange
from watchword.suites.running.examining import PreflightError, place_of
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.clock import RemoteClock
from watchword.suites.sending.origin import is_loopback
from watchword.suites.target import TargetError

__all__ = ["adopt_clock", "notice_clock"]

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
