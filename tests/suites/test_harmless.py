"""Watchword in the environment of a project that has options of its own by the names of ours."""

from __future__ import annotations

import pytest

from tests.forked import Forks, forking

pytest_plugins = ["pytester"]

NAMES = ("target", "target-url", "dialect", "repeat", "plan", "baseline", "report-dir")
OWN = f"""
def pytest_addoption(parser):
    for name in {NAMES!r}:
        parser.addoption(f"--{{name}}", default="none")
"""
TARGET = """
[target]
dialect = "sensu"
url = "http://127.0.0.1:9"
[credentials]
username = "mira"
password = "made-up"
"""
PLAN = ("--pyargs", "watchword.suites", "--plan", "-k", "token.password-wrong", "-p", "no:cacheprovider")


@pytest.fixture
def project(pytester: pytest.Pytester, forks: Forks, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Give a project with options of its own and a test that looks at their values."""
    pytester.makeconftest(OWN)
    pytester.makepyfile(
        "def test_own(pytestconfig): assert 'theirs' == pytestconfig.getoption('--target') == pytestconfig.option.target"
    )
    (pytester.path / "staging.toml").write_text(TARGET, "utf-8")
    return forking(pytester, forks, monkeypatch)


def test_their_options_are_theirs(project: pytest.Pytester) -> None:
    """A project that registers all the short names for itself runs as it does without Watchword."""
    done = project.runpytest_subprocess("--target", "theirs", "--repeat=2", "-W", "error")

    done.assert_outcomes(passed=1)


def test_a_plugin_of_theirs(project: pytest.Pytester) -> None:
    """So does one whose option comes from a plugin that pytest loads before the others."""
    (project.path / "conftest.py").rename(project.path / "their_plugin.py")
    project.syspathinsert()
    done = project.runpytest_subprocess("-p", "their_plugin", "--target", "theirs")

    done.assert_outcomes(passed=1)


def test_a_run_of_the_suites_beside_them(project: pytest.Pytester) -> None:
    """In a run of the suites the short names are ours, although the project around has them, too."""
    done = project.runpytest_subprocess(*PLAN, "--target", "staging.toml")

    assert 0 == done.ret
    done.stdout.fnmatch_lines(
        ["sensu:token.password-wrong (must, documented)", "127.0.0.1:9: 2 requests for 1 clauses,*"]
    )


def test_a_target_among_other_settings(project: pytest.Pytester) -> None:
    """A target file in the folder of another project does not bring that project's settings with it."""
    other = project.mkdir("other")
    (project.path / "staging.toml").rename(other / "staging.toml")
    (other / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n", "utf-8")
    done = project.runpytest_subprocess(*PLAN, "--target", "other/staging.toml")

    assert 0 == done.ret
    done.stdout.fnmatch_lines([f"rootdir: {project.path}", "127.0.0.1:9: 2 requests for 1 clauses,*"])


def test_a_path_that_cannot_be_joined(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the same path would lead pytest astray each time, one line says how to write it."""
    other = project.mkdir("other")
    (project.path / "staging.toml").rename(other / "staging.toml")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--target other/staging.toml")
    done = project.runpytest_subprocess(*PLAN)

    (line,) = [line for line in done.stderr.lines if line]

    assert 4 == done.ret
    assert line.startswith("ERROR: a path that stands behind an option in PYTEST_ADDOPTS leads pytest away")
    assert line.endswith("such as --target=FILE")
