"""What a protected operation is sent: it may stand on another host, which is told no secret but the token."""

from __future__ import annotations

import base64

import pytest

from watchword.specs.loader import bundled


@pytest.mark.parametrize("dialect", bundled())
def test_a_resource_is_sent_no_secret(in_process, dialect):
    """No request to a protected operation carries a password or a client's secret, in whatever form."""
    mock = in_process(dialect, still=True)
    mock.check_all()
    api, held = mock.service.dialect.api, mock.service.credentials
    secrets = [value for role, value in held.items() if role.endswith(("password", "secret"))]
    resources = {operation.name for operation in api.with_purpose("resource")}
    sent = [request for request, outcome in mock.answered if outcome.operation in resources]
    texts = []
    for request in sent:
        values = [value for _, value in request.headers]
        decoded = [base64.b64decode(v.split()[1] + "==").decode(errors="replace") for v in values if v[:6] == "Basic "]
        texts.append(" ".join([request.query, request.body.decode(errors="replace"), *values, *decoded]))

    assert len(sent) > 20
    assert [] == [text for text in texts if any(secret in text for secret in secrets)]
