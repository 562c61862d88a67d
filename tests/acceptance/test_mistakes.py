"""A mistake on the command line or in a target file ends the run with 4 and one line: where, what, how to mend it."""

from __future__ import annotations

import pytest

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


def line_of(done):
    """The one line in which a run says what is wrong."""
    lines = [line for line in done.text.splitlines() if line.strip()]

    assert 4 == done.code, done.text
    assert "Traceback" not in done.text
    assert 1 == len([line for line in lines if line.startswith("ERROR: ")]), done.text
    return next(line for line in lines if line.startswith("ERROR: "))


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("timeout = 1", "timeuot = 1", 11, ["timeuot", "timeout"]),
        ("[limits]", "[limit]", 10, ["limit", "limits"]),
        ("username =", "usrname =", 7, ["usrname", "username"]),
        ('password = "env:CANARY_PASSWORD"\n', "", None, ["password"]),
        ("[credentials]\n", "", None, ["credentials"]),
        ('url = "http://127.0.0.1:9"\n', "", None, ["url"]),
        ('dialect = "sensu"', 'dialect = "sensuu"', 3, ["sensuu", "sensu"]),
        ('dialect = "sensu"', 'dialect = "fusio"', None, ["client_id"]),
        ('name = "staging"', "name = 7", 2, ["name", "7"]),
        ("http://127.0.0.1:9", "ftp://127.0.0.1:9", 4, ["url", "http"]),
        ("http://127.0.0.1:9", "http://mira:Canary77@127.0.0.1:9", None, ["[credentials]"]),
        ("timeout = 1", 'timeout = "ten"', 11, ["limits.timeout", "number"]),
        ("timeout = 1", "timeout = 0", 11, ["limits.timeout", "above 0"]),
        ("timeout = 1", "timeout = 1\nbad_logins = -1", 12, ["limits.bad_logins"]),
        ("timeout = 1", "timeout = 1\nbad_logins = 1.5", 12, ["limits.bad_logins"]),
        ('username = "mira"', "username = 12345678", 7, ["credentials.username"]),
        ('username = "mira"', 'username = ""', 7, ["credentials.username"]),
        ("[limits]", "[limits", 10, ["TOML"]),
        ('username = "mira"', 'username = "mira"\nusername = "mirb"', None, ["TOML"]),
        ("timeout = 1", 'timeout = 1\n[resource]\npath = "no-slash"', 13, ["resource.path", "slash"]),
        ("timeout = 1", 'timeout = 1\n[resource]\nmethod = "GETT"\npath = "/x"', 13, ["resource.method", "GET"]),
    ],
)
def test_target_file(before, after, line, says, tmp_path, suites):
    """A mistake in a target file: the file, the line where there is one, the name that was probably meant."""
    assert before in GOOD
    path = tmp_path / "wrong.toml"
    path.write_text(GOOD.replace(before, after), encoding="utf-8")
    told = line_of(suites("--target", path, env={"CANARY_PASSWORD": "Canary77"}, reports=False))

    assert str(path) in told
    assert all(word in told for word in says), told
    assert "Canary77" not in told
    assert line is None or f"{path}:{line}" in told or f"line {line}" in told, told


def test_wrong_value_of_a_credential(tmp_path, suites):
    """The value of a credential of the wrong type is not repeated."""
    path = tmp_path / "wrong.toml"
    path.write_text(GOOD.replace('"env:CANARY_PASSWORD"', "7766554433"), encoding="utf-8")
    done = suites("--target", path, reports=False)

    assert "credentials.password" in line_of(done)
    assert "7766554433" not in done.text


def test_unset_variable(tmp_path, suites):
    """A variable that is not set is named, with the line of the shell that sets it."""
    path = tmp_path / "staging.toml"
    path.write_text(GOOD, encoding="utf-8")
    told = line_of(suites("--target", path, reports=False))

    assert "CANARY_PASSWORD is not set" in told
    assert "export CANARY_PASSWORD" in told
    assert "credentials.password" in told


def test_missing_file(tmp_path, suites):
    """A target file that is not there is named."""
    told = line_of(suites("--target", tmp_path / "nowhere.toml", reports=False))

    assert f"{tmp_path / 'nowhere.toml'}: cannot be read: No such file or directory" in told


def test_folder_as_file(tmp_path, suites):
    """A folder is no target file."""
    assert "cannot be read" in line_of(suites("--target", tmp_path, reports=False))


def test_binary_file(tmp_path, suites):
    """A file that is not text is no target file."""
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")

    assert "cannot be read" in line_of(suites("--target", path, reports=False))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--repeat", "0"], ["--repeat", "1 or more"]),
        (["--target-url", "http://127.0.0.1:9"], ["--dialect"]),
        (["--target-url", "127.0.0.1:9", "--dialect", "sensu"], ["--target-url", "127.0.0.1:9", "http://"]),
        (["--target-url", "http://127.0.0.1:9", "--dialect", "sensuu"], ["sensuu", "sensu"]),
        (["--target-url", "http://127.0.0.1:9", "--dialect", "sensu"], ["WATCHWORD_USERNAME"]),
        (["--dialect", "sensuu"], ["sensuu", "sensu", "--target"]),
        (["-n", "2"], ["-n"]),
        (["--baseline", "nowhere.toml"], ["--baseline", "nowhere.toml"]),
    ],
)
def test_options(arguments, says, suites):
    """An option that is wrong or lacks another: which, and what it wants."""
    told = line_of(suites(*arguments, reports=False))

    assert all(word in told for word in says), told


def test_settings_are_found(tmp_path, suites):
    """A target file far from the checkout does not lead pytest away from the checkout's settings."""
    path = tmp_path / "staging.toml"
    path.write_text(GOOD.replace("env:CANARY_PASSWORD", "made-up"), encoding="utf-8")
    done = suites("--target", path, "--collect-only", "-q", reports=False)

    assert 0 == done.code, done.text
    assert "suites/test_auth.py::test_auth[sensu:token.valid-credentials]" in done.out
    assert "tests/" not in done.out
