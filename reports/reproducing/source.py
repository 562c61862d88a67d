"""The source text that a reproduction script needs of our own: the functions that it names, and what those need."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["needed"]

_FOLDER = Path(__file__).parent
_FILES = (_FOLDER.parent / "derivations.py", _FOLDER / "runtime.py", _FOLDER / "assertions.py")


@functools.cache
def _definitions() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Give by name what the files define and import: its text, and the names that stand in it, in the order of the files."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for file in _FILES:
        text = file.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0]: (f"import {alias.name}", frozenset()) for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not (node.module or "").startswith(("watchword", "__future__")):
                line = f"from {node.module} import"
                found |= {alias.name: (f"{line} {alias.name}", frozenset()) for alias in node.names}
            elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AnnAssign):
                name = node.target.id if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else ""
                name = name or getattr(node, "name", "")
                found[name] = (_text(text, node), _names(node))
    return found


def _text(text: str, node: ast.stmt) -> str:
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def _names(node: ast.AST) -> frozenset[str]:
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def needed(names: Iterable[str]) -> str:
    """Give the source text of these definitions and of all that they need, the imports first."""
    known = _definitions()
    wanted: set[str] = set()
    left = [name for name in names if name in known]
    while left:
        name = left.pop()
        if name not in wanted:
            wanted.add(name)
            left += known[name][1] & known.keys()
    texts = [known[name][0] for name in known if name in wanted]
    imports = [text for text in texts if text.startswith(("import ", "from "))]
    return _joined(imports) + "\n\n\n" + "\n\n\n".join(text for text in texts if text not in imports)


def _joined(imports: Iterable[str]) -> str:
    """Write what is imported from one module in one line."""
    found: dict[str, list[str]] = {}
    for line in sorted(imports):
        head, _, name = line.rpartition(" import ") if line.startswith("from ") else (line, "", "")
        found.setdefault(head, []).append(name)
    plain = [line for line in found if line.startswith("import ")]
    return "\n".join([*plain, *(f"{line} import {', '.join(found[line])}" for line in found if line not in plain)])
