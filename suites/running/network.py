"""The rows about the way to a target: its address, a proxy, its name, a connection, TLS.

Each is gone through for every place that the target's base URLs name. A target whose wire is replaced has no way to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from watchword.specs.values.api import ISSUER
from watchword.suites.running.examining import Examination, PreflightError, place_of
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.certificates import Certificate, read_certificate, shown_by
from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.names import look_up
from watchword.suites.sending.origin import Origin, is_loopback, read_origin
from watchword.suites.sending.proxy import Proxy, named_proxy, proxy_for
from watchword.suites.sending.trust import trust
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.sending.way import reach, shake

__all__ = ["address", "connection", "name", "proxy", "tls", "unreachable"]

_SOON = 14 * 86400.0
"""Seconds before the end of a certificate from which on it is told."""
_MOST_NAMES = 5
_REMEDIES = {
    "timeout": "check the address, or raise limits.timeout",
    "protocol": "is there an HTTP server at that address, and is it http:// that it speaks there?",
    "address": "write it as https://host:port/path, the base of the documented paths",
    "proxy": "check the proxy variables of the environment, or name the host in NO_PROXY",
    "name": "is the name spelled right, and is this machine in the network that knows it?",
}
_OTHERWISE = "is the server running, and is the address right?"
_TLS_REMEDIES = (
    (
        ("certificate required",),
        "it asks for a client certificate, name one with target.client_certificate",
    ),
    (
        ("alert unknown ca", "alert bad certificate", "alert certificate", "alert unsupported certificate"),
        "it does not take the certificate of target.client_certificate",
    ),
    (
        ("handshake failure", "protocol version", "no protocols", "insufficient security"),
        "it may ask for a client certificate (target.client_certificate), or speak too old a version of TLS",
    ),
    (
        ("wrong version number", "record layer failure", "http request", "packet length too long", "unexpected eof"),
        "does it speak TLS at that port, or is http:// meant? The certificate was not even shown",
    ),
)
_ANY_TLS = "check the certificate, or name its issuer's with target.ca_file"


def unreachable(session: TargetSession, base: str, kind: str, detail: str, remedy: str = "") -> PreflightError:
    """Say that a target cannot be reached, why not, and what to do."""
    if kind == "tls":
        remedy = remedy or _tls_remedy(detail)
    remedy = remedy or _REMEDIES.get(kind, _OTHERWISE)
    return PreflightError(f"{place_of(session)} cannot be reached at {base} ({kind}: {detail}): {remedy}")


def _tls_remedy(detail: str) -> str:
    return next((remedy for words, remedy in _TLS_REMEDIES if any(word in detail for word in words)), _ANY_TLS)


def _places(x: Examination) -> Iterator[tuple[str, Origin]]:
    """Give the base URLs of a target that lead to different places, and those places."""
    if x.session.wire is not None:
        return
    seen = set()
    target = x.session.target
    for base in (target.url, target.resource_url, *([target.base(ISSUER)] if target.discovers else [])):
        try:
            origin = read_origin(base)
        except Unreachable as trouble:
            raise unreachable(x.session, base, trouble.kind, trouble.detail) from None
        if origin.place not in seen:
            seen.add(origin.place)
            yield base, origin


def _proxy(x: Examination, base: str, origin: Origin) -> Proxy | None:
    try:
        return proxy_for(origin)
    except Unreachable as trouble:
        raise unreachable(x.session, base, trouble.kind, trouble.detail) from None


def address(x: Examination) -> None:
    """Read the addresses."""
    for base, origin in _places(x):
        if origin.scheme == "http" and not is_loopback(base):
            x.warn(f"{base} is plain http: whoever is on the way can read every credential; is there an https:// one?")
        else:
            x.good(f"{base} is {origin.host}, port {origin.port}")


def proxy(x: Examination) -> None:
    """Say by which way requests go."""
    for base, origin in _places(x):
        found = _proxy(x, base, origin)
        if found is not None:
            x.good(
                f"{origin.host} is reached by way of the proxy {found.host}, port {found.port}, as the environment says"
            )
        elif is_loopback(base):
            x.good(f"{origin.host} is this machine, and no proxy is asked")
        elif named_proxy(origin):
            x.good(f"{origin.host} is reached directly, since NO_PROXY names it")
        else:
            x.good(f"{origin.host} is reached directly, the environment names no proxy")


def name(x: Examination) -> None:
    """Look up the name of each host, or that of the proxy before it."""
    for base, origin in _places(x):
        between = _proxy(x, base, origin)
        host, port = (between.host, between.port) if between else (origin.host, origin.port)
        try:
            found = look_up(host, port, Deadline(x.session.target.limits.timeout), "name")
        except Unreachable as trouble:
            raise unreachable(x.session, base, trouble.kind, trouble.detail, _REMEDIES["name"]) from None
        addresses = list(dict.fromkeys(str(where[0]) for _, where in found))
        x.good(f"{host} is {' and '.join(addresses)}" if addresses != [host] else f"{host} is an address")


def connection(x: Examination) -> None:
    """Open a connection to each place, by the first of its addresses that takes one."""
    for base, origin in _places(x):
        between = _proxy(x, base, origin)
        began = time.monotonic()
        try:
            found = reach(origin.host, origin.port, Deadline(x.session.target.limits.timeout), between)
        except Unreachable as trouble:
            raise unreachable(x.session, base, trouble.kind, trouble.detail) from None
        found.connection.close()
        took = round((time.monotonic() - began) * 1000)
        answers = f"{found.address}, port {between.port if between else origin.port}, answers after {took} ms"
        silent = [where for where, why in found.passed if not why]
        refusing = [f"{where} does not: {why}" for where, why in found.passed if why]
        if silent:
            x.warn(
                f"{answers}, and {' and '.join(silent)} does not answer at all, so that every new connection waits for it: "
                "write the address that answers, or have the other one taken out of the name server"
            )
        else:
            x.good(answers + "".join(f" ({each})" for each in refusing))


def tls(x: Examination) -> None:
    """Have each place prove who it is."""
    for base, origin in _places(x):
        if origin.scheme == "https":
            _prove(x, base, origin)


def _prove(x: Examination, base: str, origin: Origin) -> None:
    session = x.session
    own = session.target.tls
    between = _proxy(x, base, origin)

    def deadline() -> Deadline:
        return Deadline(session.target.limits.timeout)

    def shown() -> Certificate | None:
        return shown_by(
            lambda: reach(origin.host, origin.port, deadline(), between, tunnel=True).connection,
            origin.host,
            deadline(),
        )

    try:
        context = trust(own)
        bare = reach(origin.host, origin.port, deadline(), between, tunnel=True).connection
        with shake(bare, context, origin.host, deadline()) as secured:
            version = secured.version()
            certificate = read_certificate(secured.getpeercert())
    except Unreachable as trouble:
        told = _of_certificate(origin, shown(), trouble.detail) if trouble.kind == "tls" else ""
        raise unreachable(session, base, trouble.kind, trouble.detail, told) from None
    if own.client_certificate:
        x.good("the client certificate of target.client_certificate is shown to who asks for it")
    if own.insecure:
        certificate = shown()
        whose = (
            f"its certificate is for {_names(certificate)} by {certificate.issuer}" if certificate else "it shows none"
        )
        x.warn(
            f"INSECURE: target.insecure is set, so {origin.host} is believed without proof ({whose}), and whoever is on the "
            "way can read every credential; name its issuer with target.ca_file instead"
        )
    elif certificate is not None:
        says = f"{version}, the certificate for {_names(certificate)} by {certificate.issuer} holds until {certificate.last_day}"
        if certificate.ends - time.time() < _SOON:
            x.warn(f"{says}: renew it")
        else:
            x.good(says)


def _names(certificate: Certificate) -> str:
    names = certificate.names or (certificate.subject,)
    more = len(names) - _MOST_NAMES
    return " and ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _of_certificate(origin: Origin, certificate: Certificate | None, detail: str) -> str:
    """Say what is wrong with a certificate, and what to do; empty where it is not at fault or cannot be read."""
    if certificate is None:
        return ""
    now = time.time()
    if certificate.ends < now:
        return f"the certificate ended on {certificate.last_day}, have it renewed on the server"
    if certificate.begins > now:
        return f"the certificate begins on {certificate.first_day}, is the clock of this machine right?"
    if "mismatch" in detail:
        return (
            f"the certificate is for {_names(certificate)} and not for {origin.host}, "
            "write a name that it is for, or have the server show another one"
        )
    if "certificate verify failed" in detail or "issuer" in detail or "self" in detail or "signed" in detail:
        signer = (
            "by nobody but itself" if certificate.own else f"by {certificate.issuer}, whom this machine does not trust"
        )
        return f"the certificate is signed {signer}, check it and name its issuer's with target.ca_file" + (
            "" if certificate.own else ", or have the server send the whole chain"
        )
    return ""
