"""Telling a reply that the API did not make: a portal or login page, a proxy, a gateway without its server, a port of TLS.

Such a reply says nothing of the API, so neither a credential nor a rule is to blame. What is read here explains a run that
ends before any test, and is never part of a verdict.
"""

from __future__ import annotations

import html
import re

from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply
from watchword.suites.judging.challenges import challenges

__all__ = ["no_api", "warning_of_a_page"]

_WAITING = (502, 504, *range(520, 528), 530)
"""What gateways say of a server that gave them no answer: RFC 9110 sections 15.6.3 and 15.6.5, and the codes of a large network."""
_OF_NETWORKS = frozenset({"negotiate", "ntlm", "kerberos", "digest"})
"""Schemes with which what stands before an API asks who somebody is."""
_WANTS_TLS = re.compile(
    rb"plain HTTP request was sent to HTTPS|HTTP request to an HTTPS|plain HTTP to an SSL|port requires TLS",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_SHOWN = 60


def no_api(reply: Reply, operation: Operation) -> str:
    """Say what answered in the place of the API, as the end of a sentence about the reply; empty where that may be the API."""
    schemes = {challenge.scheme for challenge in challenges(reply.lines("www-authenticate"))}
    if reply.status == 407:
        return ": a proxy on the way wants credentials of its own"
    if reply.status == 511:
        return ": the network wants a login before it lets anybody through (RFC 6585 section 6)"
    if reply.status in _WAITING:
        return ": what stands before the server got no answer from it, see whether it is up"
    if reply.status == 426 or (reply.status == 400 and _WANTS_TLS.search(reply.body)):
        return ": this port wants TLS, so write https:// for http:// in the address"
    if reply.status == 401 and schemes and schemes <= _OF_NETWORKS:
        asked = " or ".join(sorted(scheme.capitalize() for scheme in schemes))
        return f" and asks for {asked}, which is not of this API: something before it wants a login of its own"
    success = operation.success
    if 200 <= reply.status < 300 and success is not None and success.members and reply.json is None:
        page = _page(reply)
        return (
            f" with {page} and no JSON: is another thing at this address, or a login page on the way?" if page else ""
        )
    return ""


def warning_of_a_page(reply: Reply) -> str:
    """Say of a refusal that it came as a page for browsers, which may be another's than the API's; empty where it did not."""
    page = _page(reply)
    return f"; it came with {page}, so ask, too, whether the API has made it or something before it" if page else ""


def _page(reply: Reply) -> str:
    """Name a page of HTML by its title; empty where the body is none."""
    text = reply.text.lstrip("\ufeff \t\r\n")
    if not text.startswith("<") or (reply.media_type and "html" not in reply.media_type):
        return ""
    title = _TITLE.search(text)
    named = " ".join(html.unescape(title.group(1)).split())[:_SHOWN] if title else ""
    return f"an HTML page titled {named!r}" if named else "an HTML page"
