"""Certificates that live as long as a mock: an authority made on the spot, and what it has signed.

Laws:
1. No key of the authority is ever written: nobody can sign with it once the mock has started.
2. Whoever is to trust the mock is given a file; nothing is put into any store of the machine.
"""

from __future__ import annotations

import shlex
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Without a folder of its own only, and a mock without TLS is spared the import.
    import tempfile

__all__ = ["PASSWORD", "Certificates", "NoTrustme", "make_certificates"]

PASSWORD = "changeit"
"""What opens the stores for Java, which wants one: it keeps nothing from anybody who can read the file."""

_NAMES = ("localhost", "127.0.0.1", "::1")


class NoTrustme(Exception):
    """The library that makes certificates is not installed."""

    def __init__(self) -> None:
        super().__init__("TLS wants the libraries trustme and cryptography; pip install 'watchword[tls]' brings them")


@dataclass(frozen=True, slots=True)
class Certificates:
    """What a mock serves https with, and the files for its clients.

    `ca_file` is the certificate to trust (PEM), `truststore` the same for Java. Where clients have to show a certificate,
    `client_certificate` holds one with its key (PEM), and `keystore` the same for Java; None elsewhere.
    """

    context: ssl.SSLContext
    folder: Path
    ca_file: Path
    truststore: Path
    client_certificate: Path | None = None
    keystore: Path | None = None
    kept: tempfile.TemporaryDirectory[str] | None = None

    @property
    def files(self) -> dict[str, str]:
        """The files by name, those that there are."""
        names = ("ca_file", "truststore", "client_certificate", "keystore")
        return {name: str(path) for name in names if (path := getattr(self, name)) is not None}

    @property
    def environ(self) -> dict[str, str]:
        """The variables by which curl, Python, Go, Ruby, Node and Java trust the mock."""
        options = [f"-Djavax.net.ssl.trustStore={self.truststore}", f"-Djavax.net.ssl.trustStorePassword={PASSWORD}"]
        if self.keystore is not None:
            options += [f"-Djavax.net.ssl.keyStore={self.keystore}", f"-Djavax.net.ssl.keyStorePassword={PASSWORD}"]
        file = str(self.ca_file)
        return {
            "CURL_CA_BUNDLE": file,
            "REQUESTS_CA_BUNDLE": file,
            "SSL_CERT_FILE": file,
            "NODE_EXTRA_CA_CERTS": file,
            "JAVA_TOOL_OPTIONS": " ".join(options),
        }

    @property
    def lines(self) -> list[str]:
        """Lines for a shell that has clients trust the mock."""
        return [f"export {name}={shlex.quote(value)}" for name, value in self.environ.items()]

    @property
    def curl(self) -> str:
        """The options by which one call of curl trusts the mock, and shows a certificate where one is wanted."""
        shown = [] if self.client_certificate is None else ["--cert", str(self.client_certificate)]
        return shlex.join(["--cacert", str(self.ca_file), *shown])

    def close(self) -> None:
        """Remove the files, unless they are in a folder that was named."""
        if self.kept is not None:
            self.kept.cleanup()


def make_certificates(folder: Path | None = None, *, names: Iterable[str] = (), mutual: bool = False) -> Certificates:
    """Make an authority and what it signs: a certificate of this machine, also under some more names, and one for clients.

    The files go to `folder`, or to one of their own that only this user can read. With `mutual`, clients have to show the
    certificate that is made for them.

    Raises:
        NoTrustme: trustme or cryptography is not installed.
        OSError: the files cannot be written.
        ValueError: a name can stand in no certificate.
    """
    try:
        import trustme
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.serialization import pkcs12
    except ImportError:
        raise NoTrustme from None
    authority = trustme.CA(organization_name="Watchword", organization_unit_name="throw-away")
    own = authority.issue_cert(*dict.fromkeys((*_NAMES, *names)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    own.configure_cert(context)

    kept = None
    if folder is None:
        import tempfile

        kept = tempfile.TemporaryDirectory(prefix="watchword-tls-")
        folder = Path(kept.name)
    else:
        folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    shut = serialization.BestAvailableEncryption(PASSWORD.encode())

    def write(name: str, content: bytes, mode: int = 0o644) -> Path:
        path = folder / name
        # A key is for its owner only, from the first byte on.
        path.unlink(missing_ok=True)
        path.touch(mode)
        path.write_bytes(content)
        return path

    pem = authority.cert_pem.bytes()
    signer = x509.load_pem_x509_certificate(pem)
    trusted = pkcs12.serialize_java_truststore([pkcs12.PKCS12Certificate(signer, b"watchword")], shut)
    ca_file, truststore = write("ca.pem", pem), write("truststore.p12", trusted)
    if not mutual:
        return Certificates(context, folder, ca_file, truststore, kept=kept)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    client = authority.issue_cert("client.watchword.test", common_name="client")
    both = client.private_key_and_cert_chain_pem.bytes()
    key = serialization.load_pem_private_key(client.private_key_pem.bytes(), None)
    certificate = x509.load_pem_x509_certificate(client.cert_chain_pems[0].bytes())
    shown = pkcs12.serialize_key_and_certificates(b"client", key, certificate, [signer], shut)  # type: ignore[arg-type]
    return Certificates(
        context,
        folder,
        ca_file,
        truststore,
        write("client.pem", both, 0o600),
        write("client.p12", shown, 0o600),
        kept,
    )
