"""Steering a mock of another process: by its ready file, or by its URL."""

from __future__ import annotations

import json
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from watchword.mockserver.steer.mock import ROOT, Mock
from watchword.mockserver.steer.wire import OverHttp

__all__ = ["connect"]


def connect(
    where: str | Path,
    *,
    token: str | None = None,
    ca_file: str | Path | None = None,
    client_certificate: str | Path | None = None,
) -> Mock:
    """Give the mock that a ready file speaks of, or that is at a URL: any of its API, or that of its control side.

    `token` is the control token, `ca_file` the certificate to trust, and `client_certificate` a file with the certificate and
    the key to come with; a ready file names all three.

    Raises:
        OSError: there is no such file, or nobody answers there.
        ControlProblem: the control side refuses.
        ValueError: what stands there is no ready file.
    """
    text = str(where)
    told: dict[str, Any] = {}
    if text.startswith(("http://", "https://")):
        head, root, _ = text.partition(ROOT)
        parts = urlsplit(text)
        control_url = head + ROOT if root else f"{parts.scheme}://{parts.netloc}{ROOT}"
    else:
        try:
            told = json.loads(Path(where).read_text(encoding="utf-8"))
            control_url = told["control_url"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"expected a ready file of a mock or a URL, seen {text}") from None
    token = token or told.get("control_token")
    ca_file = ca_file or told.get("ca_file")
    certificate = client_certificate or told.get("client_certificate")
    trust = None
    if control_url.startswith("https:"):
        trust = ssl.create_default_context(cafile=ca_file)
        if certificate:
            trust.load_cert_chain(certificate)
    channel = OverHttp(control_url, token, trust)
    files = {name: str(file) for name, file in (("ca_file", ca_file), ("client_certificate", certificate)) if file}
    return Mock(channel, channel.ask("GET", "") | files | {"control_url": control_url}, token)
