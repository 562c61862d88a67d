"""What is left out where a tool is missing: told loudly, and refused where every tool is asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import TOOLS

TESTS = """
import pytest

@pytest.mark.needs("openssl")
def test_marked(): pass

def test_asking(tool): tool("openssl")

def test_needing_nothing(): pass
"""
ELSEWHERE = """
import pytest

def test_not_applicable(): pytest.skip("this is none of the project's own tests")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Give a folder with tests that need a tool, the conftest of the tests here, and other tests beside them."""
    for name, text in {"tests/test_tools.py": TESTS, "suites/test_elsewhere.py": ELSEWHERE}.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, "utf-8")
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path / "tests")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("options", "code", "last"),
    [
        (
            ["--numprocesses", "1"],
            0,
            ["LEFT OUT: 2 tests did not run", "   2  openssl is missing: apt-get install openssl"],
        ),
        (
            ["--all-tools"],
            1,
            ["FAILED tests/test_tools.py::test_asking - Failed: openssl is missing: apt-get install openssl"],
        ),
    ],
    ids=["told", "refused"],
)
def test_a_missing_tool(options: list[str], code: int, last: list[str], checkout: Path) -> None:
    """Tests without their tool are counted below everything else, and are failures where every tool is asked for."""
    words = [sys.executable, "-m", "pytest", "-q", "-ra", *options]
    done = subprocess.run(
        words, cwd=checkout, env={"PATH": "", "COLUMNS": "200"}, capture_output=True, text=True, check=False
    )

    assert code == done.returncode, done.stdout + done.stderr
    assert set(last) <= set(done.stdout.splitlines())
    assert code or last == done.stdout.splitlines()[-2:]


def test_an_environment_without_watchword(checkout: Path) -> None:
    """Where Watchword is not installed, pytest in the checkout says so in one line, with the remedy."""
    shutil.copy(Path(__file__).parent.parent / "conftest.py", checkout)
    blocked = "import sys, pytest; sys.modules['watchword.specs'] = None; sys.exit(pytest.main())"
    done = subprocess.run([sys.executable, "-c", blocked], cwd=checkout, capture_output=True, text=True, check=False)

    assert 4 == done.returncode
    assert "" == done.stdout
    assert 1 == len(done.stderr.splitlines())
    assert ". .venv/bin/activate" in done.stderr


def test_ci_installs_what_a_test_may_want() -> None:
    """Each tool that is one of Debian's is in the list of `.ci/run`, under the name of its command and its package."""
    listed = (Path(__file__).parent.parent / ".ci" / "run").read_text("utf-8")
    debian = {tool: line.split()[-1] for tool, line in TOOLS.items() if line.startswith("apt-get ")}

    assert debian == dict(re.findall(r"\[([\w-]+)\]=([\w-]+)", listed))
