"""What may be named where: dialects in data only, folders by their long names, no machine anywhere."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from watchword.specs.loader import bundled

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("specs", "mockserver", "suites", "reports", "detection")
SCHEMES = ('"oauth2", "openIdConnect"', "http bearer or oauth2")
"""How code speaks of the kinds of security schemes that OpenAPI has; one of them is called as a dialect is."""
MACHINE = re.compile(r"(?<![\w.:/])/(?:work|root|home|Users|mnt|opt|private)/\w")


def tracked(*patterns: str) -> list[Path]:
    """Give the files that are, or are about to be, in the repository."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns]
    names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def mentions(text: str, name: str) -> list[str]:
    """Give the lines in which a name stands as a word, or as a part of a name in CamelCase or snake_case.

    What goes on behind a hyphen is the name of something else, such as a package.
    """
    alone = rf"(?<![A-Za-z])(?<![A-Za-z0-9]-)(?i:{name})(?![a-z])(?!-[A-Za-z])"
    word = re.compile(rf"{alone}|(?<=[a-z0-9]){name.capitalize()}(?![a-z])")
    return [line.strip() for line in text.splitlines() if word.search(line)]


def without_schemes(path: Path) -> str:
    """Give the text of a file without what it says of OpenAPI's security schemes."""
    text = path.read_text("utf-8")
    for words in SCHEMES:
        text = text.replace(words, "")
    return text


def bare_imports(text: str) -> Iterator[str]:
    """Give the modules that are imported by the short name of one of our folders."""
    for node in ast.walk(ast.parse(text)):
        found = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            found = ["." * node.level + (node.module or "")]
        yield from (name for name in found if name.startswith(".") or name.partition(".")[0] in FOLDERS)


@pytest.mark.parametrize("name", sorted(bundled()))
def test_no_code_names_a_dialect(name: str) -> None:
    """Outside the tests, a dialect is named in its own folder only, never in code, templates or schemas."""
    code = [
        path
        for path in tracked("*.py", "*.j2", "*.html", "*.js", "*.css", "*.schema.json")
        if path.relative_to(ROOT).parts[0] not in ("tests", "docs")
    ]

    found = {str(path.relative_to(ROOT)): lines for path in code if (lines := mentions(without_schemes(path), name))}

    assert code
    assert {} == found


@pytest.mark.parametrize(
    "text", ["acme", "ACME_URL", "class AcmeClient", "the Acme server", "newAcme()", "acme2", "x_acme"]
)
def test_mentions_finds_every_spelling(text: str) -> None:
    """A name is found as a word, in any case, and within longer names."""
    assert [text] == mentions(text, "acme")


def test_mentions_leaves_other_words_alone() -> None:
    """A word that only contains the letters of a name is another word."""
    assert [] == mentions("a generator, an iterator, the operators", "rator")
    assert [] == mentions("the packages acme-mock-server, @node-tools/acme-server and plain-acme", "acme")


def test_folders_are_imported_by_their_long_names() -> None:
    """No module imports `specs` where it means `watchword.specs`."""
    found = {
        str(path.relative_to(ROOT)): names
        for path in tracked("*.py")
        if (names := [*bare_imports(path.read_text("utf-8"))])
    }

    assert {} == found


@pytest.mark.parametrize(
    "text", ["import specs", "from reports.records import Run", "import suites.run as r", "from . import x"]
)
def test_bare_imports_are_found(text: str) -> None:
    """Every form of importing by a short name is noticed."""
    assert 1 == len([*bare_imports(text)])


def test_nothing_refers_to_a_machine() -> None:
    """No file names a path that exists on somebody's machine only."""
    found = {}
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        lines = [line.strip()[:120] for line in text.splitlines() if MACHINE.search(line)]
        if lines and path != Path(__file__):
            found[str(path.relative_to(ROOT))] = lines

    assert {} == found
