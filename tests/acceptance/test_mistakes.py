"""A mistake on the command line or in a target file ends the run with 4 and one line: where, what, how to mend it."""

from __future__ import annotations

import shutil

import pytest

from watchword.specs.loader import bundled

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


def test_target_file(tmp_path, suites):
    """A mistake in a target file: the file, the line, the name that was probably meant."""
    path = tmp_path / "wrong.toml"
    path.write_text(GOOD.replace("timeout", "timeuot"), encoding="utf-8")
    told = line_of(suites("--target", path, reports=False))

    assert f"{path}:11: there is no key 'timeuot' in limits" in told
    assert "did you mean 'timeout'" in told


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


def test_generated_requests(tmp_path, suites):
    """A file of generated requests that is none is told of before anything is sent, with what mends it."""
    folder = shutil.copytree(bundled()["sensu"], tmp_path / "sensu")
    (folder / "generated.json").write_text("{", encoding="utf-8")
    path = tmp_path / "staging.toml"
    described = GOOD.replace('"sensu"', f'"{folder}"').replace("env:CANARY_PASSWORD", "Canary5-Perch")
    path.write_text(described, encoding="utf-8")
    done = suites("--target", path, reports=False)

    assert f"{folder / 'generated.json'}: generated requests were expected, and it holds no JSON" in line_of(done)
    assert "hint: write it anew with `watchword faults FOLDER --declare`, or delete it" in done.text
