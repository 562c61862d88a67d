"""Whom we believe to be who they say: the certificates that everybody trusts, this machine's, and those of a target file."""

from __future__ import annotations

import ssl

import certifi

from watchword.suites.sending.unreachable import Unreachable

__all__ = ["trust"]


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Make the context that connections with TLS are opened in.

    Raises:
        Unreachable: the file holds no certificate.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError):
            raise Unreachable("tls", "the file that target.ca_file names holds no certificate") from None
    return context
