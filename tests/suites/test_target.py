"""Target files, targets from the environment, and what is said when they are wrong."""

from __future__ import annotations

import pytest

from watchword.specs.loader import bundled, load_dialect
from watchword.suites.accept import UnknownName, accepted
from watchword.suites.target import TargetError, from_description, from_environment, read_target

GOOD = """\
[target]
name = "staging"
dialect = "sensu"
url = "http://127.0.0.1:9"

[credentials]
username = "mira"
password = "env:CANARY_PASSWORD"

[limits]
timeout = 1
"""
ENVIRON = {"CANARY_PASSWORD": "Canary77"}


def accepting(table, line, says):
    """A row of mistakes: what stands under [accept] in a file that is right otherwise."""
    return "timeout = 1", f"timeout = 1\n[accept]\n{table}", line, says


MISTAKES = [
    ("timeout = 1", "timeuot = 1", 11, ["timeuot", "'timeout'"]),
    ("[limits]", "[limit]", 10, ["limit", "'limits'"]),
    ("username =", "usrname =", 7, ["usrname", "'username'"]),
    ('password = "env:CANARY_PASSWORD"\n', "", None, ["password", "[credentials]"]),
    ("[credentials]\n", "", None, ["credentials"]),
    ('url = "http://127.0.0.1:9"\n', "", None, ["url"]),
    ('dialect = "sensu"', 'dialect = "sensuu"', 3, ["sensuu", "'sensu'"]),
    ('dialect = "sensu"', 'dialect = "fusio"', None, ["client_id"]),
    ('name = "staging"', "name = 7", 2, ["name", "7"]),
    ('"env:CANARY_PASSWORD"', "7735", 8, ["credentials.password", "text in quotes, not empty"]),
    ("http://127.0.0.1:9", "ftp://127.0.0.1:9", 4, ["url", "http"]),
    ("http://127.0.0.1:9", "127.0.0.1:9", 4, ["url", "write http://127.0.0.1:9 or https://127.0.0.1:9"]),
    ("http://127.0.0.1:9", "staging.example.test/api", 4, ["url", "or https://staging.example.test/api"]),
    ("http://127.0.0.1:9", "http://::1:8080", 4, ["url", "IPv6 address without brackets", "http://[::1]:8080"]),
    ("http://127.0.0.1:9", "http:/127.0.0.1:9", 4, ["url", "http or https URL"]),
    ("http://127.0.0.1:9", "mira:Canary77@127.0.0.1:9", 4, ["url", "http or https URL"]),
    (
        'url = "http://127.0.0.1:9"',
        'url = "http://127.0.0.1:9"\nresource_url = "https://mira:Canary77@127.0.0.1:9"',
        5,
        ["target.resource_url", "[credentials]"],
    ),
    ("http://127.0.0.1:9", "http://mira:Canary77@127.0.0.1:9", None, ["[credentials]"]),
    ("http://127.0.0.1:9", "ftp://mira:Canary77@127.0.0.1:9", 4, ["url"]),
    ("timeout = 1", 'timeout = "ten"', 11, ["limits.timeout", "number", "'ten'"]),
    ("timeout = 1", "timeout = 0", 11, ["limits.timeout", "above 0"]),
    ("timeout = 1", "timeout = 1\nbad_logins = -1", 12, ["limits.bad_logins", "from 0 to 1000000"]),
    ("timeout = 1", "timeout = 1\nbad_logins = 1.5", 12, ["limits.bad_logins", "whole number"]),
    ("timeout = 1", "timeout = 1\nrequests_per_second = 0", 12, ["limits.requests_per_second", "from 0.001"]),
    ('username = "mira"', "username = 12345678", 7, ["credentials.username"]),
    ('username = "mira"', 'username = ""', 7, ["credentials.username"]),
    ('password = "env:CANARY_PASSWORD"', "password = 7700000077", 8, ["credentials.password"]),
    ('password = "env:CANARY_PASSWORD"', 'password = ["Canary77"]', 8, ["credentials.password"]),
    ("[limits]", "[limits", 10, ["TOML"]),
    ('username = "mira"', 'username = "mira"\nusername = "mirb"', None, ["TOML"]),
    ("timeout = 1", 'timeout = 1\n[resource]\npath = "no-slash"', 13, ["resource.path", "slash"]),
    ("timeout = 1", 'timeout = 1\n[resource]\nmethod = "GET"', None, ["path"]),
    (
        "timeout = 1",
        'timeout = 1\n[resource]\nmethod = "GETT"\npath = "/x"',
        13,
        ["resource.method", "'GETT'", "did you mean 'GET'"],
    ),
    ('dialect = "sensu"', 'dialect = "sensu"\nca_file = "no-such.pem"', 4, ["target.ca_file", "no-such.pem"]),
    (
        'dialect = "sensu"',
        'dialect = "sensu"\nclient_certificate = "no.pem"',
        4,
        ["target.client_certificate", "no.pem"],
    ),
    ('dialect = "sensu"', 'dialect = "sensu"\nclient_key = "staging.toml"', 4, ["target.client_key", "certificate"]),
    ('dialect = "sensu"', 'dialect = "sensu"\ninsecure = "yes"', 4, ["target.insecure", "true or false"]),
    ("CANARY_PASSWORD", "CANARY_PASWORD", 8, ["CANARY_PASWORD", "export CANARY_PASWORD"]),
    accepting('undecided = ["expiri"]\nreason = "x"', 13, ["accept.undecided", "'expiri'", "did you mean 'expiry'?"]),
    accepting('undecided = ["renw.*"]\nreason = "x"', 13, ["accept.undecided", "'renw.*'", "did you mean 'renew.*'?"]),
    accepting('undecided = ["fusio:renew.works"]\nreason = "x"', 13, ["of sensu", "did you mean 'renew.works'?"]),
    accepting('undecided = "expiry"\nreason = "x"', 13, ["accept.undecided", "a list of names", "'expiry'"]),
    accepting('undecided = []\nreason = "x"', 13, ["accept.undecided", "a list of names"]),
    accepting('undecided = ["expiry holds"]\nreason = "x"', 13, ["accept.undecided", "topic", "'expiry holds'"]),
    accepting('undecided = ["expiry"]', 12, ["accept", "'reason'", "missing", "why"]),
    accepting('undecided = ["expiry"]\nreason = " "', 14, ["accept.reason", "why"]),
    accepting('reason = "x"', 12, ["accept", "'undecided'", "missing", "names"]),
    accepting('undecidd = ["expiry"]\nreason = "x"', 13, ["undecidd", "'undecided'"]),
]


@pytest.fixture
def target_file(tmp_path):
    """Write a target file."""
    path = tmp_path / "staging.toml"

    def write(text):
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(("before", "after", "line", "says"), MISTAKES)
def test_mistake(before, after, line, says, target_file):
    """A mistake in a target file is told in one line: the file, the line where there is one, and what was meant."""
    path = target_file(GOOD.replace(before, after))
    with pytest.raises(TargetError) as caught:
        read_target(path, ENVIRON)
    told = str(caught.value)

    assert before in GOOD
    assert "\n" not in told
    assert str(path) in told
    assert all(word in told for word in says), told
    assert "Canary77" not in told
    assert "7700000077" not in told
    assert line is None or f"{path}:{line}" in told or f"line {line}" in told, told


@pytest.mark.parametrize(
    "url", ["HTTP://127.0.0.1:9", " http://127.0.0.1:9", "http://127.0.0.1:9/ ", "http://127.0.0.1:9//"]
)
def test_an_address_as_people_write_it(url, target_file):
    """Blanks around an address, slashes behind it and a scheme in capitals do no harm."""
    target = read_target(target_file(GOOD.replace("http://127.0.0.1:9", url)), ENVIRON)

    assert url.strip().rstrip("/") == target.url
    assert target.url == target.resource_url


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_an_encoding(encoding, target_file):
    """A byte order mark is no part of a file; in another encoding than UTF-8 it cannot be read, and that is said."""
    path = target_file("")
    path.write_bytes(GOOD.replace("staging", "größe").replace("\n", "\r\n").encode(encoding))
    if encoding == "utf-8-sig":
        assert "größe" == read_target(path, ENVIRON).name
        return
    with pytest.raises(TargetError, match="cannot be read: it is not in UTF-8"):
        read_target(path, ENVIRON)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", None])
def test_unreadable(content, tmp_path):
    """What is not text, or not a file, cannot be read."""
    path = tmp_path / "odd"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(TargetError, match="cannot be read"):
        read_target(path, {})


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("stagin.toml", "did you mean 'staging.toml'?"),
        ("staging", "did you mean 'staging.toml'?"),
        ("nothing-like-it.toml", "valid names: staging.toml"),
        ("nowhere/staging.toml", "there is no such folder either"),
    ],
)
def test_missing(name, says, target_file):
    """A file that is not there is answered with the one that was probably meant, or with what there is."""
    path = target_file(GOOD).parent / name
    with pytest.raises(TargetError) as caught:
        read_target(path, ENVIRON)

    assert f"{path}: cannot be read: No such file or directory ({says})" == str(caught.value)


STARTED = {
    "name": "mock",
    "dialect": "sensu",
    "url": "http://127.0.0.1:9",
    "credentials": {"username": "a", "password": "b"},
}


@pytest.mark.parametrize("key", sorted(STARTED))
def test_a_description_that_lacks_something(key):
    """Of a started server the plugin that started it has to say four things; which one is missing is named."""
    with pytest.raises(TargetError, match=f"lacks '{key}' .the plugin that started it"):
        from_description({name: value for name, value in STARTED.items() if name != key})


def test_values(target_file):
    """A right file: what it says, what is taken from the environment, what is left to defaults."""
    target = read_target(target_file(GOOD), ENVIRON)

    assert ("staging", "sensu", "http://127.0.0.1:9") == (target.name, target.dialect.name, target.url)
    assert target.url == target.resource_url
    assert {"username": "mira", "password": "Canary77"} == dict(target.credentials)
    assert (None, None, 0.0, 1) == (
        target.limits.requests_per_second,
        target.limits.bad_logins,
        target.limits.max_wait,
        target.limits.timeout,
    )


def test_secret_free_repr(target_file):
    """The repr of a target holds no credential."""
    assert "Canary77" not in repr(read_target(target_file(GOOD), ENVIRON))


def test_slashes(target_file):
    """A slash at the end of a base URL is not doubled."""
    target = read_target(target_file(GOOD.replace("127.0.0.1:9", "127.0.0.1:9/api//")), ENVIRON)

    assert "http://127.0.0.1:9/api" == target.base("url")


def test_default_name(target_file):
    """A target without a name is called by its host."""
    assert "127.0.0.1:9" == read_target(target_file(GOOD.replace('name = "staging"\n', "")), ENVIRON).name


def test_dialect_folder(target_file):
    """A dialect may be the folder of one."""
    folder = bundled()["sensu"]
    target = read_target(target_file(GOOD.replace('dialect = "sensu"', f'dialect = "{folder.as_posix()}"')), ENVIRON)

    assert folder == target.dialect.folder


def test_resource(target_file):
    """A protected operation of the target file takes the place of the dialect's, of which only the way in stays."""
    target = read_target(target_file(GOOD + '[resource]\npath = "/here"\n'), ENVIRON)
    operation = target.resource_operation

    assert operation is not None
    assert ("GET", "/here", {}, ()) == (operation.method, operation.path, operation.replies, operation.scopes)
    assert ("access_token",) == operation.roles


VARIABLES = {"WATCHWORD_USERNAME": "mira", "WATCHWORD_PASSWORD": "Canary77"}


def test_environment():
    """Credentials come from one variable a role; those the dialect does not know are left alone."""
    target = from_environment("http://127.0.0.1:9/", "sensu", VARIABLES | {"WATCHWORD_CLIENT_ID": "unused"})

    assert {"username": "mira", "password": "Canary77"} == dict(target.credentials)
    assert "http://127.0.0.1:9" == target.url


@pytest.mark.parametrize(
    ("url", "dialect", "environ", "says"),
    [
        ("127.0.0.1:9", "sensu", VARIABLES, ["--target-url", "http://"]),
        ("http://", "sensu", VARIABLES, ["--target-url"]),
        ("http://127.0.0.1:9", "sensuu", VARIABLES, ["--dialect", "'sensu'"]),
        ("http://127.0.0.1:9", "sensu", {}, ["WATCHWORD_USERNAME"]),
        ("http://127.0.0.1:9", "rator", VARIABLES, ["WATCHWORD_CLIENT_ID"]),
        ("http://mira:Canary77@127.0.0.1:9", "sensu", VARIABLES, ["--target-url"]),
    ],
)
def test_wrong_environment(url, dialect, environ, says):
    """What is wrong with a URL, a dialect or the variables is told in one line without a secret."""
    with pytest.raises(TargetError) as caught:
        from_environment(url, dialect, environ)

    assert all(word in str(caught.value) for word in says), str(caught.value)
    assert "Canary77" not in str(caught.value)


def test_accept(target_file):
    """What may stay undecided is named by topic, clause, condition, guarantee or presumption, and the reason is kept."""
    names = [
        "refresh",
        "token.works",
        "renew.after-expiry",
        "sensu:token.works",
        "password.*",
        "expiry.holds",
        "expiry",
    ]
    table = f"[accept]\nundecided = {names}\nreason = 'as agreed'\n"
    target = read_target(target_file(GOOD + table), ENVIRON)
    found = [c for c in target.dialect.clauses if c.id in target.accepted]

    assert {"as agreed"} == set(target.accepted.values())
    assert {"token.password-wrong", "renew.after-expiry", "token.works", "token.expiry-holds"} <= set(target.accepted)
    assert "resource.access-token-expired" in target.accepted
    assert [c for c in target.dialect.clauses if c.topic == "refresh" and not c.untested] == [
        c for c in found if c.topic == "refresh"
    ]
    assert "token.username-unknown" not in target.accepted


@pytest.mark.parametrize("dialect", sorted(bundled()))
def test_expiry_can_be_accepted(dialect):
    """In every dialect one word stands for all that is about expired tokens, and for nothing that can be seen at once."""
    clauses = [c for c in load_dialect(dialect).clauses if not c.untested]
    found = accepted(["expiry"], "as agreed", clauses)
    about = {c.id: {*c.when, c.guarantee or c.observe} for c in clauses}
    waits = {
        "access_token.expired",
        "refresh_token.expired",
        "expiry.holds",
        "renew.works_after_expiry",
        "refusals.after_expiry",
    }

    assert {name for name, checks in about.items() if checks & waits} == set(found)


def test_a_dot_is_no_wildcard():
    """In a name only the star fits anything."""
    clauses = load_dialect("sensu").clauses
    with pytest.raises(UnknownName):
        accepted(["renew_works"], "", clauses)
    with pytest.raises(UnknownName):
        accepted(["renew.work."], "", clauses)

    assert ["renew.works"] == [name for name in accepted(["renew.wo*s"], "", clauses) if name.startswith("renew.wo")]
