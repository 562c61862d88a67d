"""Challenges and dates as they stand in headers: in a line or in several, quoted or not, with a zone or without."""

from __future__ import annotations

import os
import time

import pytest

from watchword.specs.loader import load_dialect
from watchword.specs.values.clause import Expectation
from watchword.specs.values.http import Reply
from watchword.suites.acting.figures import moment
from watchword.suites.judging.challenges import challenges
from watchword.suites.judging.expect import expects

LOGIN = load_dialect("sensu").api.operations["createToken"]


@pytest.mark.parametrize(
    ("lines", "schemes"),
    [
        (['Basic realm="a"'], ["basic"]),
        (["Negotiate", 'Basic realm="a"'], ["negotiate", "basic"]),
        (['Negotiate, Basic realm="a"'], ["negotiate", "basic"]),
        (['Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"'], ["newauth", "basic"]),
        (["Negotiate YIIb+/=="], ["negotiate"]),
        (["Negotiate YIIb==, Bearer"], ["negotiate", "bearer"]),
        (['Digest realm="basic and bearer zone", nonce="abc"'], ["digest"]),
        (['Digest realm="x, Basic realm=y"'], ["digest"]),
        (["Bearer"], ["bearer"]),
        ([" , Bearer ,, basic "], ["bearer", "basic"]),
        (['Bearer realm = "a" , error = invalid_token'], ["bearer"]),
        ([""], []),
        (['="'], []),
        (['Basic realm="never closed'], ["basic"]),
    ],
)
def test_schemes(lines, schemes):
    """Each challenge is told from the parameters of the one before, wherever the commas stand."""
    assert schemes == [challenge.scheme for challenge in challenges(lines)]


def test_parameters():
    """Parameters belong to the challenge that they follow, without quotes and escapes."""
    first, second = challenges(['Newauth realm="apps", type=1, title="Say \\"hi\\"", Bearer error="invalid_token"'])

    assert {"realm": "apps", "type": "1", "title": 'Say "hi"'} == first.parameters
    assert {"error": "invalid_token"} == second.parameters


@pytest.mark.parametrize(
    ("wanted", "lines", "differs"),
    [
        ("Basic", ["Negotiate", 'Basic realm="x"'], False),
        ("Basic", ['Negotiate, Basic realm="x"'], False),
        ("Basic", ['Digest realm="basic zone"'], True),
        ("Bearer", ['Digest realm="bearer"', "Basic"], True),
        ("", ["anything"], False),
        ("Basic", [], True),
    ],
)
def test_expected_scheme(wanted, lines, differs):
    """A scheme is asked for where one of the challenges is of it, and not where its name stands in another's realm."""
    reply = Reply(401, tuple(("WWW-Authenticate", line) for line in lines))

    assert differs == bool(expects(Expectation(headers={"WWW-Authenticate": wanted}), reply, LOGIN))


def test_list_on_two_lines():
    """A header that is a list may stand on several lines."""
    reply = Reply(200, (("Cache-Control", "no-cache, max-age=0"), ("Cache-Control", "no-store")))

    assert [] == expects(Expectation(headers={"Cache-Control": "no-store"}), reply, LOGIN)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_date_without_a_zone(zone, monkeypatch, request):
    """A date without a zone is read in GMT, wherever this machine stands."""
    # Finalizers run last to first: the zone is read anew once the environment is what it was.
    request.addfinalizer(time.tzset)
    request.addfinalizer(monkeypatch.undo)
    monkeypatch.setitem(os.environ, "TZ", zone)
    time.tzset()

    assert 1795341600.0 == moment("Sun, 22 Nov 2026 10:00:00") == moment("Sun, 22 Nov 2026 10:00:00 GMT")


@pytest.mark.parametrize(
    "text", [None, "", "soon", "²", "Mon, 99 Foo 2026 99:99:99", "Sun, 22 Nov 99999999999 10:00:00 GMT"]
)
def test_no_date(text):
    """What is no date is none."""
    assert moment(text) is None
