"""The closed list of rules about a client: what a right one does, whatever the API.

A new row comes with a judge in `mockserver/verdicts/`, a broken client in the tests, and a row in each dialect's `client.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["MANNERS"]

MANNERS: Mapping[str, str] = MappingProxyType(
    {
        "brand.in-place": "Each request that is made for a brand names it, once and in its place.",
        "brand.same": "A session keeps to the brand that it began with.",
        "token.in-place": "Access tokens open resources, refresh tokens renew, and neither is sent where the other belongs.",
        "token.not-in-url": "No token travels in a URL, where logs and browsers keep it.",
        "credentials.not-in-url": "No password and no client secret travels in a URL.",
        "credentials.in-basic": "Credentials that belong into the Authorization header travel there and not in the body.",
        "body.encoding": "A body is written in the encoding that the operation reads.",
        "token.newest": "Once a renewal has given an access token, the one before it is not used any more.",
        "retry.once": "A 401 leads to one renewal and one more try, and not to a loop.",
        "refusal.final": "What was refused for good is not sent again.",
        "forbidden.no-renewal": "A 403 is no reason to renew a token: the next one may do no more.",
        "refresh.alone": "Of two renewals with one refresh token, the second waits for the first.",
        "refresh.not-reused": "A refresh token is not presented again once it has been replaced.",
        "lost-reply.recovers": "After a reply with tokens was lost, the client comes to tokens again.",
        "login.when-needed": "A client does not log in again while it has a refresh token that works, or, where there is none, an access token.",
        "backoff.waits": "After a 429, or a 503 that says when to come again, the client waits as long as it was told.",
        "backoff.pauses": "Where a server is too busy and does not say until when, the client pauses between its tries.",
        "expiry.read-right": "A token is used for as long as its reply says: expires_in counts seconds, expires_at is a time.",
        "reply.bearer-any-case": "The token type bearer is understood whatever its case.",
        "reply.unknown-members": "Members of a reply that no document describes are passed over.",
        "reply.no-refresh-token": "A reply without the optional refresh token is understood.",
        "redirect.keeps-secrets": "Credentials and tokens do not follow a redirection to another origin.",
    }
)
"""Rules by name, each in one sentence."""
