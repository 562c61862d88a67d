"""What a mock needs of what is installed with it: a client developer wants a mock, not the libraries of the suites."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from watchword import specs

ANSWERING = """
import contextlib, json, os, sys
before = set(sys.modules)
opened = []
sys.addaudithook(lambda event, facts: opened.append(str(facts[0])) if event == "open" else None)
import click
from watchword.specs.cli import main
main.get_command(click.Context(main), "mock")
from watchword.mockserver import start
with start("sensu") as mock:
    early = set(sys.modules) - before
    from urllib.request import urlopen
    urlopen(mock.control_url + "health").close()
    with contextlib.suppress(OSError):
        urlopen(mock.url + "/auth")
    {more}
others = {{name.partition(".")[0] for name in set(sys.modules) - before}} - sys.stdlib_module_names
print(json.dumps([sorted(others), sorted(early), [name for name in opened if name.endswith((".yaml", ".json"))]]))
"""
NEEDED = {"click", "httptools", "uvloop", "watchword", "yaml"}
"""What serves: the command line, HTTP, the loop, and the reader of dialects."""
PAGE = {"jinja2", "markdown_it", "markupsafe", "mdurl"}
"""What its page is made with."""


SPARED = {
    "csv",
    "email",
    "encodings.idna",
    "importlib.metadata",
    "shutil",
    "tempfile",
    "watchword.specs.reading.clauses",
    "zipfile",
}
"""What starts without: what looks up entry points, reads dates of mails, names in any script or registers, and makes folders
that come and go."""
SPECS = Path(specs.__file__).parent

LOOKED_AT = 'urlopen(mock.control_url).close(); urlopen(mock.control_url + "description").close()'


class Started(NamedTuple):
    """What a mock in a fresh process imported of others, what it had imported when it listened, and the data that it opened."""

    others: set[str]
    early: set[str]
    data: list[str]


def started(folder: Path, more: str = "") -> Started:
    """Start a mock in a fresh process, as its command does, and ask it."""
    code = ANSWERING.format(more=more)
    environ = {**os.environ, "XDG_CACHE_HOME": str(folder), "LOCALAPPDATA": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    others, early, data = json.loads(done.stdout)
    # Cython's modules go by names of their own.
    return Started({name for name in others if "cython" not in name}, set(early), data)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache in which it is noted that the dialect was held against its schemas, as after the first start."""
    folder = tmp_path_factory.mktemp("cache")
    started(folder, LOOKED_AT)
    return folder


@pytest.fixture(scope="module")
def serving(cache: Path) -> Started:
    """A mock that has been asked for nothing but what it serves."""
    return started(cache)


def test_a_mock_imports_what_it_serves_with(serving: Started) -> None:
    """A mock that answers imports nothing of what the suites, the reports and the pytest plugins are made with."""
    assert set() == serving.others - NEEDED


def test_a_page_imports_what_it_is_made_with(cache: Path) -> None:
    """A mock that is looked at imports what makes pages, and nothing besides."""
    assert set() == started(cache, LOOKED_AT).others - NEEDED - PAGE


def test_a_mock_starts_without_what_only_some_need(serving: Started) -> None:
    """Before it listens, a mock imports nothing of what takes long to load and is of use to few."""
    assert set() == serving.early & SPARED


def test_a_mock_reads_its_own_dialect_once(serving: Started) -> None:
    """Of all dialects, a mock opens the one that it serves, of that the two files that say how, and each of them once."""
    read = [Path(name).relative_to(SPECS) for name in serving.data if Path(name).is_relative_to(SPECS)]

    assert ["sensu/openapi.yaml", "sensu/profiles.yaml"] == sorted(
        str(path) for path in read if path.parts[0] != "schemas"
    )
