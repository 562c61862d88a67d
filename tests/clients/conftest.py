"""What the tests with real clients share."""

from __future__ import annotations

import pytest


@pytest.fixture
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let OAuth libraries talk to a server without TLS, as they do when somebody develops against a mock."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
