"""Binding rules that stay undecided close the gate, unless somebody has accepted that; the run says what would decide them."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree as ET

import pytest
import requests

from watchword.specs.loader import bundled

ACCEPT = {"undecided": ["expiry", "password.*"], "reason": "The tokens live long, and accounts are locked soon."}


@pytest.fixture
def clockless(announce, serve, request):
    """Start a mock behind a front that hides its clock, and describe it as a target."""

    def begin(dialect):
        mock = announce(dialect)
        session = requests.Session()
        request.addfinalizer(session.close)
        hidden = ("Watchword-Control", "Content-Length", "Connection")

        def forward(asked):
            found = session.request(asked.method, mock.url + asked.path, data=asked.body, headers=dict(asked.headers))
            return found.status_code, {k: v for k, v in found.headers.items() if k not in hidden}, found.content

        return mock.facts | {"url": serve(forward).url, "resource_url": None}

    return begin


def test_gate(clockless, write_target, suites):
    """What is undecided ends the run with 7 in every report; accepted with a reason, with 0, and the reason is told."""
    facts = clockless("sensu")
    quick = {"requests_per_second": 500}
    closed = suites("--target", write_target(facts, limits=quick), "suites/test_auth.py")
    path = write_target(facts, limits=quick, accept=ACCEPT)
    opened = suites("--target", path, "suites/test_auth.py")
    page = (closed.folder / "report.html").read_text(encoding="utf-8")
    junit = ET.parse(closed.folder / "junit.xml")

    assert (7, 7) == (closed.code, closed.run.end.exit), closed.text
    assert "watchword: Too little verified: 11 binding rules could not be decided" in closed.out
    assert "11 binding rules could not be decided" in page
    assert "11 binding rules could not be decided" in junit.find("testsuite[@name='run']//error").get("message")
    assert closed.verdicts == opened.verdicts
    assert (0, 0) == (opened.code, opened.run.end.exit), opened.text
    assert "11 binding rules may stay undecided" in opened.out
    assert ACCEPT["reason"] == opened.record("sensu:resource.access-token-expired").accepted
    assert ACCEPT["reason"] in (opened.folder / "report.html").read_text(encoding="utf-8")


def test_half_accepted(clockless, write_target, suites):
    """What is not among the accepted names keeps the gate closed."""
    half = ACCEPT | {"undecided": ["expiry"]}
    path = write_target(clockless("sensu"), limits={"requests_per_second": 500}, accept=half)
    done = suites("--target", path, "suites/test_auth.py")
    left = [r for r in done.run.clauses if r.open]

    assert 7 == done.code, done.text
    assert f"{len(left)} binding rules could not be decided; " in done.out
    assert {"limits.bad_logins"} == {setting for record in left for setting in record.remedy}


def test_the_remedies_help(tmp_path, clockless, write_target, suites):
    """With the limits that a run names, nothing stays undecided: on tokens that live some seconds, all expire in it."""
    folder = tmp_path / "hasty"
    shutil.copytree(bundled()["sensu"], folder)
    (folder / "faults.yaml").unlink()
    profiles = folder / "profiles.yaml"
    text = profiles.read_text(encoding="utf-8")
    profiles.write_text(text.replace("lifetime: 900", "lifetime: 4", 1), encoding="utf-8")
    facts = clockless(str(folder)) | {"dialect": str(folder)}
    chosen = ("-k", "token.expiry-holds or access-token-expired or token.password")
    first = suites("--target", write_target(facts, limits={"requests_per_second": 500}), *chosen)
    needed = {}
    for record in first.run.clauses:
        for setting, value in record.remedy.items():
            section, _, name = setting.partition(".")
            assert section == "limits"
            needed[name] = max(value, needed.get(name, 0))
    limits = needed | {"bad_logins": int(needed["bad_logins"]), "requests_per_second": 500}
    second = suites("--target", write_target(facts, limits=limits), *chosen)

    assert (7, {"max_wait", "bad_logins"}) == (first.code, set(needed)), first.text
    assert (0, []) == (second.code, [r.clause for r in second.run.clauses if r.judgement.undecided]), second.text


def test_lacking_credentials(announce, write_target, suites):
    """A clause for which credentials are lacking closes no gate, and the run says which would decide it."""
    mock = announce("rator")
    given = {role: value for role, value in mock.credentials.items() if not role.startswith("other_")}
    done = suites("--target", write_target(mock.facts | {"credentials": given}), "suites/test_brand_keys.py")

    assert 0 == done.code, done.text
    assert "credentials.other_brand_key would decide" in done.out


def test_down(made_up, write_target, suites):
    """A server that is down is told in the same words on the terminal, on the page and in JUnit, with exit code 6."""
    done = suites("--target", write_target(made_up("sensu", "http://127.0.0.1:9")))
    said = done.run.end.trouble
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    error = ET.parse(done.folder / "junit.xml").find("testsuite[@name='run']//error")

    assert (6, 6) == (done.code, done.run.end.exit), done.text
    assert said.startswith("preflight failed: target")
    assert said in done.text
    assert said.endswith("?")
    assert f"Nothing established: P{said[1:]}" == error.get("message")
    assert "Nothing established" in page
    assert "left no record" not in page
    assert "Checks went wrong" not in page


def test_stopped_early(tmp_path, announce, write_target, suites):
    """A run that a plugin ends before its time, with an exit code of 0, is not green, whatever it saw until then."""
    (tmp_path / "stopper.py").write_text(
        "import pytest\n\ndef pytest_runtest_teardown():\n    pytest.exit('enough', returncode=0)\n"
    )
    path = write_target(announce("sensu").facts)
    done = suites("--target", path, "-k", "token.works", "-p", "stopper", env={"PYTHONPATH": str(tmp_path)})

    assert 7 == done.code, done.text
    assert "left no record" in done.out
