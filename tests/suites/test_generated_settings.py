"""Whatever stands in a target file: a target, or one line that repeats no credential."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from watchword.suites.target import Target, TargetError, from_environment, read_target

SECRET = "Canary-Quarry-7"
TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=20),
    st.sampled_from(
        [
            "sensu",
            "rator",
            "http://127.0.0.1:9",
            "http://[",
            "http://a:99999",
            "//",
            "env:",
            "env:NO_SUCH",
            "\x00",
            "é" * 9,
        ]
    ),
)
VALUES = st.one_of(
    TEXTS,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.lists(TEXTS, max_size=2),
    st.sampled_from([10**400, -1, 0]),
)
KEYS = [("target", key) for key in ("name", "dialect", "url", "resource_url", "control_url", "ca_file", "undreamt")]
KEYS += [("credentials", key) for key in ("username", "password", "client_id", "other_username", "undreamt")]
KEYS += [
    ("limits", key) for key in ("requests_per_second", "bad_logins", "max_wait", "timeout", "firewall", "undreamt")
]
KEYS += [("resource", key) for key in ("method", "path")] + [("accept", key) for key in ("undecided", "reason")]


def written(value):
    """Write a value as TOML has it."""
    if isinstance(value, float):
        return {"inf": "inf", "-inf": "-inf", "nan": "nan"}.get(repr(value), repr(value))
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    # JSON leaves DEL as it is, which TOML does not allow.
    return json.dumps(value).replace("\x7f", "\\u007f") if not isinstance(value, str) else quoted(value)


def quoted(text):
    """Write a string of TOML, with escapes for all that is not plain."""
    plain = (c if " " <= c <= "~" and c not in '"\\' else f"\\U{ord(c):08x}" for c in text)
    return f'"{"".join(plain)}"'


def told(read):
    """What comes of reading: a target whose repr shows no credential, or one line."""
    try:
        target = read()
    except TargetError as trouble:
        text = str(trouble)
        assert text.isprintable(), text
        return text
    assert isinstance(target, Target)
    return repr(target)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, min_size=1, max_size=3))
@example(changes={("target", "url"): f"http://mira:{SECRET}@127.0.0.1:9"})
@example(changes={("target", "dialect"): "\x00"})
@example(changes={("target", "ca_file"): "\x00"})
def test_target_files(changes, tmp_path):
    """Odd values of any key."""
    content = {
        "target": {"name": "staging", "dialect": "sensu", "url": "http://127.0.0.1:9"},
        "credentials": {"username": "mira", "password": SECRET},
    }
    for (table, key), value in changes.items():
        content.setdefault(table, {})[key] = value
    lines = []
    for table, keys in content.items():
        lines += [f"[{table}]", *(f"{key} = {written(value)}" for key, value in keys.items())]
    path = tmp_path / "target.toml"
    path.write_text("\n".join(lines), encoding="utf-8")

    assert SECRET not in told(lambda: read_target(path, {}))


@settings(max_examples=100, deadline=None)
@given(url=TEXTS, dialect=TEXTS)
@example(url=f"http://mira:{SECRET}@127.0.0.1:9", dialect="sensu")
def test_command_lines(url, dialect):
    """Odd addresses and dialects of a command line."""
    environ = {"WATCHWORD_USERNAME": "mira", "WATCHWORD_PASSWORD": SECRET}

    assert SECRET not in told(lambda: from_environment(url, dialect, environ))


@pytest.mark.parametrize(
    "limit",
    [
        "timeout = nan",
        "timeout = inf",
        "timeout = 1e300",
        "max_wait = nan",
        "max_wait = 1e9",
        "requests_per_second = nan",
        "requests_per_second = inf",
        "requests_per_second = 1e-300",
        f"requests_per_second = {10**400}",
        f"bad_logins = {10**400}",
    ],
)
def test_limits_that_no_clock_can_keep(limit, tmp_path):
    """A limit that is no number, or longer than anybody waits, is refused where it stands."""
    path = tmp_path / "target.toml"
    lines = ["[target]", 'dialect = "sensu"', 'url = "http://127.0.0.1:9"', "[credentials]", 'username = "mira"']
    path.write_text("\n".join([*lines, f'password = "{SECRET}"', "[limits]", limit]), encoding="utf-8")

    assert told(lambda: read_target(path, {})).startswith(f"{path}:8: limits.{limit.split(' ')[0]}: ")
