"""The suites against a live server: a right mock in another process is found conforming, whichever way it is named."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from watchword.reports.reproducing.script import script
from watchword.specs.loader import bundled, load_dialect

DIALECTS = ("sensu", "fusio", "rator")
EXPIRY = {
    "sensu": ("resource.access-token-expired", "token.expiry-holds", "renew.after-expiry"),
    "fusio": ("resource.token-expired", "token.expiry-holds", "renew.token-expired"),
    "rator": ("resource.token-expired", "login.expiry-holds", "renew.works-after-expiry", "renew.token-expired"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_target_file(dialect, conformed):
    """A target file made of the ready file: every clause is checked, those of expiry too, and the run is green."""
    done = conformed(dialect)
    counted = Counter(done.verdicts.values())
    testable = [c for c in load_dialect(dialect).clauses if not c.untested]

    assert 0 == done.code, done.text
    assert len(testable) == len(done.verdicts)
    assert set() == {"fail", "warn", "blocked", "inconclusive", "error", "not_observable"} & set(counted)
    assert counted["pass"] >= 0.7 * len(testable)
    assert {"pass"} == {done.verdicts[clause] for clause in EXPIRY[dialect]}
    assert done.run.run.targets[0]["clock"] is True
    assert done.run.end is not None
    assert (0, dict(counted)) == (done.run.end.exit, done.run.end.verdicts)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_masked_that_is_no_secret(dialect, conformed):
    """What was generated hides nothing: addresses stand as they were sent, and figures and words of what was seen, too."""
    done = conformed(dialect)
    pseudonym = re.compile(r"\b(?:access_token|refresh_token|password|client_secret|operator_password|value|jwt)#\d+")
    sent = [urlsplit(e.request["url"]) for record in done.run.clauses for e in record.exchanges]
    seen = [text for record in done.run.clauses for text in (record.observed, record.reason, *record.differences)]

    assert {urlsplit(done.run.run.targets[0]["url"]).netloc} == {address.netloc for address in sent}
    assert [] == [address for address in sent if pseudonym.search(f"{address.scheme} {address.netloc} {address.path}")]
    assert [] == [text for text in seen if pseudonym.search(text)]
    assert [] == [e.curl for record in done.run.clauses for e in record.exchanges if pseudonym.search(e.curl)]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_check_can_be_made_again(dialect, conformed):
    """For each clause for which something was sent, a script can be written, and Python reads it."""
    run = conformed(dialect).run
    sent = [record for record in run.clauses if record.exchanges]

    # What cannot be written, or read by Python, raises.
    read = [compile(script(run.run, record).steps, record.clause, "exec") for record in sent]

    assert len(read) > 0.9 * len(run.clauses)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_environment(dialect, announce, suites):
    """A URL, a dialect and credentials in the environment do the same; a path chooses one suite."""
    mock = announce(dialect)
    variables = {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}
    variables["WATCHWORD_RESOURCE_URL"] = mock.facts["resource_url"]
    done = suites("suites/test_auth.py", "--target-url", mock.url, "--dialect", dialect, env=variables)
    wanted = {c.id for c in load_dialect(dialect).clauses if c.topic == "auth" and not c.untested}

    assert 0 == done.code, done.text
    assert wanted == set(done.verdicts)
    assert sorted(mock.credentials) == done.run.run.targets[0]["credentials"]
    assert {"pass"} == {done.verdicts[clause] for clause in EXPIRY[dialect] if clause in wanted}


def test_without_optional_credentials(announce, write_target, suites):
    """A target that gives only what its dialect requires has clauses that are not applicable, and none that is red."""
    mock = announce("rator")
    required = load_dialect("rator").api.required_credentials
    facts = mock.facts | {"credentials": {role: mock.credentials[role] for role in required}}
    done = suites("--target", write_target(facts), "suites/test_brand_keys.py", "suites/test_auth.py")

    assert 0 == done.code, done.text
    assert "not_applicable" == done.verdicts["login.password-foreign"]
    assert "not_applicable" == done.verdicts["token.brand-key-conflicting.password"]
    assert "other_password" in done.record("rator:login.password-foreign").observed
    assert "pass" == done.verdicts["token.brand-key-missing.password"]


def test_without_clock(announce, write_target, suites, serve, request):
    """A server that offers no clock is spared: few bad logins, no waiting for expiry, and the report says why."""
    mock = announce("sensu")
    session = requests.Session()
    request.addfinalizer(session.close)

    def forward(asked):
        found = session.request(asked.method, mock.url + asked.path, data=asked.body, headers=dict(asked.headers))
        kept = {
            k: v for k, v in found.headers.items() if k not in ("Watchword-Control", "Content-Length", "Connection")
        }
        return found.status_code, kept, found.content

    front = serve(forward)
    facts = mock.facts | {"url": front.url, "resource_url": None}
    accept = {"undecided": ["expiry", "password.*"], "reason": "The tokens live long, and accounts are locked soon."}
    path = write_target(facts, limits={"requests_per_second": 500}, accept=accept)
    done = suites("--target", path, "suites/test_auth.py")

    assert 0 == done.code, done.text
    assert "not_observable" == done.verdicts["token.expiry-holds"]
    assert "limits.max_wait" in done.record("sensu:token.expiry-holds").reason
    assert "pass" == done.verdicts["token.password-wrong"]
    assert any("limits.bad_logins" in r.reason for r in done.run.clauses)
    wrong = [v for c, v in done.verdicts.items() if c.startswith(("token.password", "credentials.password"))]
    assert 4 == wrong.count("pass")


def test_default(suites):
    """Without a target, the suites run against a mock of each bundled dialect."""
    done = suites("-k", "valid or accepted")

    assert 0 == done.code, done.text
    assert set(bundled()) == {r.dialect for r in done.run.clauses}
    assert {"pass"} == {r.verdict for r in done.run.clauses}


def test_report_directory(conformed):
    """The report directory holds the page, the records and the JUnit file."""
    done = conformed("sensu")
    files = {path.relative_to(done.folder) for path in done.folder.rglob("*")}

    assert {Path("report.html"), Path("records.jsonl"), Path("junit.xml")} <= files
