"""Everything public, and every test, says in one sentence what it is for."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("specs", "mockserver", "suites", "reports")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public(node: Documented, name: str) -> Iterator[tuple[str, Documented]]:
    """Give a module or class and the public classes, functions and methods in it, each with its full name."""
    yield name, node
    for child in node.body:
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or child.name.startswith("_"):
            continue
        inner = f"{name}:{child.name}"
        if isinstance(child, ast.ClassDef):
            yield from public(child, inner)
        else:
            yield inner, child


def parsed(path: Path) -> tuple[str, ast.Module]:
    """Give a module's name and tree."""
    return str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def test_what_is_public_is_documented() -> None:
    """Each module, public class, function and method of the four packages has a docstring."""
    modules = [parsed(path) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [name for path, tree in modules for name, node in public(tree, path) if not ast.get_docstring(node)]

    assert modules
    assert [] == found


def test_every_test_states_a_fact() -> None:
    """Each test, fixture and helper of a test module has a docstring, and that of a test is one line."""
    modules = [parsed(path) for path in sorted((ROOT / "tests").rglob("*.py"))]
    found = []
    for path, tree in modules:
        for name, node in public(tree, path):
            text = ast.get_docstring(node) or ""
            one_line = not name.rpartition(":")[2].startswith("test_") or "\n" not in text
            found += [] if text and one_line else [name]

    assert modules
    assert [] == found
