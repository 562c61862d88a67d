"""What a run says is true, and helps: of logins that are served in another way only, of brands, of figures of a server."""

from __future__ import annotations

import shutil
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.acceptance.office import USERS
from watchword.specs.loader import bundled
from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.session import TargetSession
from watchword.suites.target import read_target

WAYS = {
    "JSON": ({"media": "application/json"}, "JSON where a form belongs"),
    "in the body": ({"basic": False}, "the credentials travel as members of the body"),
    "both": (
        {"basic": False, "media": "application/json"},
        "members of the body and the body is right but in the other",
    ),
    "without codes": ({"media": "application/json", "coded": False}, "JSON where a form belongs"),
}


@pytest.mark.parametrize("name", WAYS)
def test_served_in_another_way(name, office, suites):
    """A right login that is served in another way only is a broken rule: told, recorded and reported as that, and exit 1."""
    ways, says = WAYS[name]
    server, path = office(**ways)
    done = suites("--target", path)
    record = done.record("rator:login.accepted")
    page = (done.folder / "report.html").read_text(encoding="utf-8")
    failures = ET.parse(done.folder / "junit.xml").findall(".//failure")

    assert (1, 1) == (done.code, done.run.end.exit), done.text
    assert {"login.accepted": "fail"} == done.verdicts
    assert says in done.text
    assert "this is the broken rule, rator:login.accepted" in done.text
    assert "credentials are refused" not in done.text
    assert ["probe", "verify"] == [e.step for e in record.exchanges]
    assert [200 if e.step == "verify" else 400 for e in record.exchanges if e.reply][-1:] == [200]
    assert "rator:login.accepted" in page
    assert [] != failures
    assert {} == {user: count for user, count in server.failed.items() if user in USERS}
    assert not any(secret in done.text for secret, _ in USERS.values())


@pytest.mark.parametrize("coded", [True, False])
@pytest.mark.parametrize("role", ["password", "client_secret", "username"])
def test_a_typo_is_a_typo(role, coded, office, suites):
    """A wrong credential is told as that, costs its account one failed login, and no rule is called broken."""
    server, path = office({role: "Typo"}, basic=None, media=None, coded=coded)
    done = suites("--target", path)

    assert 6 == done.code, done.text
    assert role in done.text.partition("credentials are refused: check")[2].partition("\n")[0]
    assert server.failed["mira"] <= 1


def test_no_more_logins_than_may_fail(office, suites):
    """Where an account may see one failed login, a right one that was refused is not tried in another way."""
    server, path = office(limits={"bad_logins": 1}, media="application/json")
    done = suites("--target", path)

    assert 6 == done.code, done.text
    assert set() == set(server.tokens)


def test_the_brand_of_the_other_user(office, suites):
    """An other user of another brand is told which brand he has to belong to."""
    _, path = office({"other_username": "jonas", "other_password": USERS["jonas"][0]})
    done = suites("--target", path)

    assert 6 == done.code, done.text
    assert (
        "check other_username, other_password; the other user has to belong to the brand of brand_key, 'BRAND1'"
        in done.text
    )


@pytest.mark.parametrize(
    ("counts", "says"),
    [
        (min, "status 200 with an access token; brand_key counted, and not other_brand_key"),
        (max, "status 200 with an access token; other_brand_key counted, and not brand_key"),
        (
            lambda keys, default: keys[0] if len(keys) == 1 else default,
            "status 400, error code 'invalid_request'; neither key counted, although each of them alone is served",
        ),
    ],
)
def test_which_key_counted(counts, says, office, request):
    """Where a request carries two brand keys, the record says which of them counted."""
    _, path = office({"other_brand_key": "BRAND2"}, counts=counts)
    session = TargetSession(read_target(path), Masker())
    request.addfinalizer(session.close)
    judged = check(session, session.target.dialect.clause("token.brand-key-conflicting.client"))

    assert ("observed", says) == (judged.verdict, judged.seen)


def test_a_lifetime_is_the_one_that_was_told(office, request):
    """The lifetime of a token is told as the reply has it, to the second."""
    _, path = office()
    session = TargetSession(read_target(path), Masker())
    request.addfinalizer(session.close)
    clause = next(c for c in session.target.dialect.clauses if c.observe == "access_token.lifetime")

    assert "172800 s, by the reply" == check(session, clause).seen


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_account_of_a_directory(status, tmp_path, announce, serve, write_target, suites, request):
    """Where an operation serves built-in accounts only, one of a directory breaks no rule there; the reason says what it is."""
    folder = tmp_path / "directory"
    shutil.copytree(bundled()["sensu"], folder)
    (folder / "faults.yaml").unlink()
    profiles = folder / "profiles.yaml"
    profiles.write_text(profiles.read_text(encoding="utf-8").replace("provider_id: basic", "provider_id: openldap"))
    mock = announce(folder)
    session = requests.Session()
    request.addfinalizer(session.close)

    def forward(asked):
        if asked.path.startswith("/auth/test"):
            return status, {}, b"Request unauthorized\n"
        found = session.request(asked.method, mock.url + asked.path, data=asked.body, headers=dict(asked.headers))
        hidden = ("Content-Length", "Connection")
        return found.status_code, {k: v for k, v in found.headers.items() if k not in hidden}, found.content

    front = serve(forward)
    facts = mock.facts | {"dialect": str(folder), "url": front.url, "resource_url": None}
    done = suites("--target", write_target(facts), "-k", "credentials or token.valid")
    tested = [r for r in done.run.clauses if r.operation == "testCredentials"]

    assert 0 == done.code, done.text
    assert {"not_applicable"} == {record.verdict for record in tested}
    assert {
        "testCredentials serves built-in accounts only, and this one is none: "
        "the provider.provider_id of its token is 'openldap'"
    } == {record.reason for record in tested}
    assert [] == [asked for asked in front.asked if asked.path.startswith("/auth/test")]
