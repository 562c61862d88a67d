"""The options of a run: how pytest gets to know them, how they may be written, and what they say.

Laws:
1. To pytest their names begin with `--watchword-`: a project that has Watchword merely installed may have a `--target` of
   its own, and so may its plugins.
2. In a run of the suites the short names are understood. They are spelled out before anybody else reads them, so that
   even there they collide with nobody's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

__all__ = ["Options", "add_options", "is_run_of_suites", "names_suites", "read_options", "spelled_out", "strays"]

_FOLDER = Path(__file__).resolve().parent
_PACKAGE = "watchword.suites"

# Three of them belong to `watchword.reports.plugin`, which knows nothing of what makes a run one of the suites.
_PATHS = ("--target", "--report-dir", "--baseline", "--history")
_VALUES = (*_PATHS, "--target-url", "--dialect", "--repeat", "--topic")
_FLAGS = ("--plan",)


def _long(name: str) -> str:
    return f"--watchword-{name.removeprefix('--')}"


_LONG = {name: _long(short) for short in (*_VALUES, *_FLAGS) for name in (short, _long(short))}
_ALONE = frozenset(map(_long, _FLAGS))
_LEADING = frozenset(map(_long, _PATHS))


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. A text is empty where nothing is said; `keyword` is the choice made with `-k`.

    `disconnected` tells that pytest-socket was asked to let no test open a connection.
    """

    targets: tuple[Path, ...]
    url: str
    dialect: str
    repeat: int
    topics: tuple[str, ...]
    plan: bool
    strict: bool
    keyword: str
    collect_only: bool
    processes: bool
    disconnected: bool

    @property
    def names_targets(self) -> bool:
        """Whether a server is named; otherwise those are asked who can start one."""
        return bool(self.targets or self.url)


def add_options(parser: pytest.Parser) -> None:
    """Make the options known to pytest."""
    group = parser.getgroup(
        "watchword",
        "Watchword: conformance of auth APIs (in a run of the suites the names do without 'watchword-', as in --target)",
    )
    group.addoption(
        "--watchword-target",
        action="append",
        default=[],
        metavar="FILE",
        help="a TOML file that describes a server under test (repeatable)",
    )
    group.addoption(
        "--watchword-target-url",
        default="",
        metavar="URL",
        help="the base URL of a server under test; credentials come from WATCHWORD_<ROLE> variables",
    )
    group.addoption(
        "--watchword-dialect",
        default="",
        metavar="NAME",
        help="the dialect of the URL, or the only one to test without a target",
    )
    group.addoption(
        "--watchword-repeat",
        type=int,
        default=1,
        metavar="N",
        help="check each clause N times; a rule that is broken once is broken",
    )
    group.addoption(
        "--watchword-topic",
        action="append",
        default=[],
        metavar="NAME",
        help="of the topics that a dialect has named itself, only this one (repeatable)",
    )
    group.addoption("--watchword-plan", action="store_true", help="print what would be sent, and send nothing")


def read_options(config: pytest.Config) -> Options:
    """Read the options of a command line that pytest has parsed; paths are those from where it was started."""
    said = config.option
    return Options(
        targets=tuple(config.invocation_params.dir / name for name in said.watchword_target),
        url=said.watchword_target_url,
        dialect=said.watchword_dialect,
        repeat=said.watchword_repeat,
        topics=tuple(said.watchword_topic),
        plan=said.watchword_plan,
        strict=_is_strict(config),
        keyword=said.keyword,
        collect_only=said.collectonly,
        processes=bool(getattr(said, "numprocesses", None)),
        disconnected=_is_disconnected(said),
    )


def _is_disconnected(said: Any) -> bool:
    # The options of pytest-socket: what is allowed or forced wins over what is forbidden.
    asked = getattr(said, "disable_socket", False)
    return bool(asked and not said.force_enable_socket and not said.allow_hosts)


def _is_strict(config: pytest.Config) -> bool:
    # `--strict` is pytest's own switch, which turns on its ini option of that name; a project whose ini file has it
    # turned on has not asked for stricter verdicts. In pytest 8 it is an option like any other.
    switched = getattr(config.option, "strict", False) is True
    return switched or "strict=true" in (getattr(config.option, "override_ini", None) or ())


def names_suites(words: Iterable[str], folder: Path) -> bool:
    """Tell whether one of the words names the suites: their package, or a path into it from that folder."""
    for word in words:
        name = word.partition("::")[0].removeprefix("-p")
        # Most words are something else, and need not be looked for on a disk.
        if name.split(".")[:2] == _PACKAGE.split(".") or (_FOLDER.name in name and _is_inside(folder / name)):
            return True
    return False


def _is_inside(path: Path) -> bool:
    found = path.resolve()
    return found == _FOLDER or _FOLDER in found.parents


def is_run_of_suites(words: Sequence[str], *folders: Path) -> bool:
    """Tell whether a command line leads to the suites: it names them, or it is given in the checkout they lie in.

    `folders` are where it is given, first, and the root that pytest has found.
    """
    around = _FOLDER.parent
    return names_suites(words, folders[0]) or any(around in (found, *found.parents) for found in map(_real, folders))


def _real(folder: Path) -> Path:
    return folder.resolve()


def spelled_out(words: Iterable[str]) -> list[str]:
    """Write our options by their long names, each in one word with its value."""
    return [word for word, _ in _spelled_out(words)]


def strays(words: Iterable[str], folder: Path) -> bool:
    """Tell whether a path that stands behind its option leads pytest away from the folder it is started in.

    pytest looks for its settings before it knows the options of plugins, and takes such a path for one to tests: with
    `--target /etc/staging.toml` it would look in /etc, and collect by its defaults whatever lies around.
    """
    for _, path in _spelled_out(words):
        found = folder / path if path else None
        if found is not None and found.exists():
            place = found if found.is_dir() else found.parent
            if place.resolve() != folder.resolve():
                return True
    return False


def _spelled_out(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give each word as it is spelled out, and beside it the path that stood behind the option in a word of its own."""
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield word, ""
            yield from ((left, "") for left in rest)
            return
        name, joined, _ = word.partition("=")
        long = _LONG.get(name)
        if long is None or joined or long in _ALONE:
            yield (long or name) + word[len(name) :], ""
            continue
        value = next(rest, None)
        if value is None:
            yield long, ""
        else:
            yield f"{long}={value}", value if long in _LEADING else ""
