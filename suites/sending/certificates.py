"""The certificate that a server shows, read whether it can be trusted or not: who it is for, who signed it, until when it holds.

It is shown to nobody but the reader of a report: what is sent goes out over connections that were checked.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.sending.way import shake

__all__ = ["Certificate", "read_certificate", "shown_by"]

_NO_CHECK_TIME = 0x200000
"""OpenSSL's `X509_V_FLAG_NO_CHECK_TIME`, to which Python gives no name."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says. `names` are the hosts and addresses it is for; moments are seconds since 1970."""

    names: tuple[str, ...]
    subject: str
    issuer: str
    begins: float
    ends: float

    @property
    def own(self) -> bool:
        """Whether nobody has signed it but whom it is for."""
        return self.subject == self.issuer

    @property
    def last_day(self) -> str:
        """The last day on which it holds."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.ends))

    @property
    def first_day(self) -> str:
        """The first day on which it holds."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.begins))


def read_certificate(parts: Mapping[str, Any] | None) -> Certificate | None:
    """Read what `ssl.SSLSocket.getpeercert` gives; None where it gives nothing."""
    if not parts:
        return None
    names = tuple(str(value) for kind, value in parts.get("subjectAltName", ()) if kind in ("DNS", "IP Address"))
    return Certificate(
        names=names,
        subject=_called(parts.get("subject", ())),
        issuer=_called(parts.get("issuer", ())),
        begins=float(ssl.cert_time_to_seconds(parts["notBefore"])),
        ends=float(ssl.cert_time_to_seconds(parts["notAfter"])),
    )


def _called(name: Any) -> str:
    parts = {key: value for pairs in name for key, value in pairs}
    return str(parts.get("commonName") or parts.get("organizationName") or "nobody")


def shown_by(open_way: Callable[[], socket.socket], host: str, deadline: Deadline) -> Certificate | None:
    """Read the certificate of a server that is not trusted; None where it shows none that can be read.

    `open_way` opens a bare connection to it. Two are needed: Python tells what stands in a certificate only where it was
    checked, so the second one trusts nothing but the very certificate that the first one has seen.
    """
    try:
        blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        blind.check_hostname = False
        blind.verify_mode = ssl.CERT_NONE
        with shake(open_way(), blind, host, deadline) as first:
            der = first.getpeercert(binary_form=True)
        if der is None:
            return None
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname = False
        itself.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(der))
        itself.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
        with shake(open_way(), itself, host, deadline) as second:
            return read_certificate(second.getpeercert())
    except (Unreachable, OSError, ValueError):
        return None
