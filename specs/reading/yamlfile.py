"""Strict YAML: the values of a file together with the line on which each of them stands.

Laws:
1. What the file does not say unmistakably is an error: duplicate keys, keys that are not text (an unquoted `200:`), tags,
   anchors that loop.
2. Scalars follow YAML 1.2: `on`, `off`, `yes` and `no` are text, and so are dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from watchword.specs.errors import SpecError

__all__ = ["At", "YamlFile", "read_yaml"]

At = tuple[str | int, ...]
"""Where a value stands in its file: keys and indexes from the top."""

_Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: _TRUTH.get(text, text),
    "tag:yaml.org,2002:int": lambda text: int(text, 0),
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:timestamp": str,
    "tag:yaml.org,2002:merge": str,
    "tag:yaml.org,2002:value": str,
}

# Parsers differ in how they give up on nesting: by the stack, or by a limit of their own and in words of their own.
# An anchor or a tag that is quoted in another complaint has no spaces, and is not taken for these.
_TOO_DEEP = re.compile(r"nesting (depth|level)|nested too|too deep|recursion (depth|limit)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """One file: its path, its text, its value, and the line of every value in it."""

    path: Path
    text: str
    value: Any
    lines: dict[At, int] = field(repr=False)

    def line(self, at: At) -> int | None:
        """Give the line of the value at `at`, or of the nearest thing around it that has one."""
        while at not in self.lines and at:
            at = at[:-1]
        return self.lines.get(at)

    def error(self, at: At, problem: str, hint: str = "") -> SpecError:
        """Make the error that points at the value at `at`."""
        return SpecError(self.path, self.line(at), problem, hint)


def read_yaml(path: Path) -> YamlFile:
    """Read a YAML file strictly.

    Raises:
        SpecError: the file cannot be read, is not YAML, or breaks one of the laws above.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as trouble:
        raise SpecError(path, None, f"cannot be read: {trouble}") from trouble
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as trouble:
        mark = trouble.problem_mark or trouble.context_mark
        raise SpecError(path, mark.line + 1 if mark else None, _complaint(trouble.problem)) from trouble
    except yaml.YAMLError as trouble:
        raise SpecError(path, None, _complaint(str(trouble))) from trouble
    except RecursionError:
        raise SpecError(path, None, "is nested too deeply") from None
    if root is None:
        raise SpecError(path, 1, "is empty")
    lines: dict[At, int] = {}
    try:
        value = _value(path, root, (), lines, ())
    except RecursionError:
        raise SpecError(path, None, "is nested too deeply") from None
    return YamlFile(path, text, value, lines)


def _complaint(words: str | None) -> str:
    return "is nested too deeply" if words and _TOO_DEEP.search(words) else f"is not YAML: {words}"


def _value(path: Path, node: yaml.Node, at: At, lines: dict[At, int], inside: tuple[int, ...]) -> Any:
    if id(node) in inside:
        raise SpecError(path, node.start_mark.line + 1, "an alias refers to the value it stands in")
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.CollectionNode) and not node.tag.endswith((":map", ":seq")):
        raise SpecError(path, node.start_mark.line + 1, f"the tag {node.tag} is not used here", "remove the tag")
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(path, key_node)
            if key in result:
                raise SpecError(path, key_node.start_mark.line + 1, f"the key {key!r} stands here twice", "keep one")
            lines[(*at, key)] = key_node.start_mark.line + 1
            result[key] = _value(path, value_node, (*at, key), lines, (*inside, id(node)))
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_value(path, n, (*at, i), lines, (*inside, id(node))) for i, n in enumerate(node.value)]
    return _scalar(path, node)


def _key(path: Path, node: yaml.Node) -> str:
    # The parser in C says '' of a plain scalar, the one in Python None.
    plain = not getattr(node, "style", None)
    if not isinstance(node, yaml.ScalarNode) or (plain and node.tag.endswith((":int", ":float", ":null"))):
        raise SpecError(
            path,
            node.start_mark.line + 1,
            f"the key {node.value!r} is not text",
            f'write it in quotes: "{node.value}":' if isinstance(node, yaml.ScalarNode) else "use a plain word as key",
        )
    return str(node.value)


def _scalar(path: Path, node: yaml.Node) -> Any:
    convert = _SCALARS.get(node.tag)
    if convert is None:
        raise SpecError(path, node.start_mark.line + 1, f"the tag {node.tag} is not used here", "remove the tag")
    try:
        return convert(node.value)
    except ValueError:
        # What only YAML 1.1 takes for a number (sexagesimals, say) is text.
        return node.value
