"""What a mock needs of what is installed with it: a client developer wants a mock, not the libraries of the suites."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ANSWERING = """
import contextlib, sys
from urllib.request import urlopen
before = set(sys.modules)
import watchword.mockserver.command
from watchword.mockserver import start
with start("sensu") as mock:
    urlopen(mock.control_url + "health").close()
    with contextlib.suppress(OSError):
        urlopen(mock.url + "/auth")
    {more}
print(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}} - sys.stdlib_module_names))
"""
NEEDED = {"click", "httptools", "uvloop", "watchword", "yaml"}
"""What serves: the command line, HTTP, the loop, and the reader of dialects."""
PAGE = {"jinja2", "markdown_it", "markupsafe", "mdurl"}
"""What its page is made with."""


LOOKED_AT = 'urlopen(mock.control_url).close(); urlopen(mock.control_url + "description").close()'


def imported(folder: Path, more: str) -> set[str]:
    """Start a mock in a fresh process, and give the packages of others that it imported."""
    code = ANSWERING.format(more=more)
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder), "LOCALAPPDATA": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    # Cython's modules go by names of their own.
    return {name for name in ast.literal_eval(done.stdout) if "cython" not in name}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which it is noted that the dialect was held against its schemas, as after the first start."""
    folder = tmp_path_factory.mktemp("cache")
    imported(folder, LOOKED_AT)
    return folder


@pytest.mark.parametrize(("more", "needed"), [("", NEEDED), (LOOKED_AT, NEEDED | PAGE)], ids=["serving", "page"])
def test_a_mock_imports_what_it_serves_with(cache: Path, more: str, needed: set[str]) -> None:
    """A mock that answers imports nothing of what the suites, the reports and the pytest plugins are made with."""
    assert set() == imported(cache, more) - needed
