"""Another method that is refused with everything right: the method may be refused, or what was presented."""

from __future__ import annotations

import pytest

from watchword.specs.values.http import Reply
from watchword.suites.running.check import check


@pytest.mark.parametrize(
    ("refused", "verdict"),
    [(("HEAD",), "not_applicable"), (("HEAD", "GET"), "blocked")],
    ids=["the method is", "the token is"],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_method_is_told_from_a_refused_token(in_process, refused, verdict, status):
    """A token that opens nothing leaves a rule about HEAD undecided; a server without HEAD has no use for it."""
    mock = in_process("rator")
    answer = mock.send

    def send(request):
        if request.method in refused and request.path.endswith("/balance"):
            return Reply(status), 0.0
        return answer(request)

    mock.send = send
    (clause,) = (c for c in mock.session.target.dialect.clauses if c.id == "resource.brand-key-missing-head")
    assert verdict == check(mock.session, clause).verdict
