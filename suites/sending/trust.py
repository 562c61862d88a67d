"""Whom we believe to be who they say, and as whom we present ourselves: the settings of connections with TLS."""

from __future__ import annotations

import ssl

import certifi

from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.targettext import Tls

__all__ = ["trust"]


def trust(tls: Tls) -> ssl.SSLContext:
    """Make the context that connections with TLS are opened in.

    Those are believed whom everybody trusts, whom this machine trusts, and whom `ca_file` names; where it is `insecure`,
    everybody is.

    Raises:
        Unreachable: a file holds no certificate, or no key that belongs to it.
    """
    context = ssl.create_default_context(cafile=certifi.where())
    context.load_default_certs()
    if tls.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.ca_file:
        try:
            context.load_verify_locations(tls.ca_file)
        except (OSError, ssl.SSLError):
            raise Unreachable("tls", "the file that target.ca_file names holds no certificate") from None
    if tls.client_certificate:
        try:
            # Without a word for it, OpenSSL would ask on the terminal for the password of a key that is locked.
            context.load_cert_chain(tls.client_certificate, tls.client_key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError):
            raise Unreachable(
                "tls",
                "the files that target.client_certificate and target.client_key name hold no certificate "
                "with its key, or the key is locked with a password",
            ) from None
    return context


def _no_password() -> str:
    return ""
