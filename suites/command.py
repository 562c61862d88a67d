"""`watchword test`: the suites against servers, by a pytest that knows no settings, plugins or conftest but those of a run.

Whatever project the command is given in, the verdicts are the server's: nothing that belongs to the project has a say.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from watchword.reports.records import EXIT_MEANING
from watchword.specs.cli import Command
from watchword.specs.errors import nearest
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.outlet import Outlet
from watchword.specs.vocabulary import TOPICS
from watchword.suites.arguments import targets_of

__all__ = ["test"]

_PACKAGE = "watchword.suites"
_REPORTS = Path("reports", "out")
_REST = f"{_PACKAGE}.rest"

_PLUGINS = (
    "watchword.reports.plugin",
    "watchword.suites.plugin",
    "watchword.mockserver.plugin",
)
_HTML = "--html"
# For --html, which people know from elsewhere; the extra `suites` brings it.
_OF_HTML = {"metadata": "pytest_metadata", "html": "pytest_html"}
_BARE = (
    f"--config-file={os.devnull}",
    # So the ids of the checks are the same wherever the command is given.
    f"--rootdir={Path(__file__).resolve().parent.parent}",
    "--noconftest",
    "--import-mode=importlib",
    "-pno:cacheprovider",
    "--no-header",
    "-ra",
    "--pyargs",
)
_CODES = "\n".join(f"  {int(code)}  {meaning}" for code, meaning in EXIT_MEANING.items())


class _Heard:
    """A plugin that ends a run, as an interruption does, when nobody can read any more what it prints."""

    @staticmethod
    def pytest_runtest_logfinish() -> None:
        """Raise what an interruption raises, so that no other check begins."""
        out = sys.stdout
        out.flush()
        if isinstance(out, Outlet) and out.lost:
            raise KeyboardInterrupt


class _ThenPytest(Command):
    """A command whose words behind `--` are pytest's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep pytest's words apart, and tell somebody who forgot the `--` where it belongs."""
        end = args.index("--") if "--" in args else len(args)
        ctx.meta[_REST] = args[end + 1 :]
        try:
            return super().parse_args(ctx, args[:end])
        except click.NoSuchOption as error:
            name = error.option_name
            raise click.UsageError(
                f"{error.format_message()} (if it is one of pytest's own, put it behind --: {ctx.command_path} … -- {name})",
                ctx,
            ) from error

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Give the pieces of the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- PYTEST OPTIONS]"]


@click.command(
    cls=_ThenPytest, short_help="Test servers: do they do what the document says?", epilog=f"\b\nExit codes:\n{_CODES}"
)
@click.argument("file", nargs=-1)
@click.option(
    "-k", "keyword", metavar="EXPRESSION", help="Only the clauses whose ids match, as in 'renew and expired'."
)
@click.option("--topic", "topics", multiple=True, metavar="NAME", help="Only the clauses of this topic (repeatable).")
@click.option("--url", metavar="URL", help="A server without a FILE; WATCHWORD_<ROLE> variables hold its credentials.")
@click.option("--dialect", metavar="NAME", help="The dialect of --url, or that of the only mock to test.")
@click.option("--plan", is_flag=True, help="Print what would be sent, and send nothing.")
@click.option("--report-dir", metavar="DIR", help=f"Where the reports go.  [default: {_REPORTS}]")
@click.option("--baseline", metavar="FILE", help="A TOML file of known deviations, which do not make the run fail.")
@click.option("--history", metavar="FILE", help="A file that gets a line a run; the page shows the trend.")
@click.option(
    "--repeat", metavar="N", type=click.IntRange(1), default=1, help="Check each clause N times; broken once is broken."
)
@click.option("--strict", is_flag=True, help="Let broken recommendations count.")
@click.pass_context
def test(
    ctx: click.Context,
    file: tuple[str, ...],
    keyword: str | None,
    topics: tuple[str, ...],
    url: str | None,
    dialect: str | None,
    plan: bool,
    report_dir: str | None,
    baseline: str | None,
    history: str | None,
    repeat: int,
    strict: bool,
) -> int:
    """Run the conformance suites against the servers that FILEs describe.

    With neither FILE nor --url, they run against Watchword's own mocks, one of each bundled dialect.

    The project that surrounds you has no say: its pytest settings, conftest and plugins are left alone. What stands
    behind -- is handed to pytest as it is, such as -v, -x, --html=page.html, or -p NAME for a plugin of yours.
    """
    rest: list[str] = ctx.meta[_REST]
    _see_that_it_fits(rest, file, url, dialect, topics)
    words = [f"--watchword-target={name}" for name in file]
    words += [f"--watchword-target-url={url}"] if url else []
    words += [f"--watchword-dialect={dialect}"] if dialect else []
    words += [f"--watchword-baseline={baseline}"] if baseline else []
    words += [f"--watchword-history={history}"] if history else []
    words += [f"--watchword-repeat={repeat}"]
    # A plan leaves no reports, so no place is made for them.
    words += ["--watchword-plan"] if plan else [f"--watchword-report-dir={report_dir or _REPORTS}"]
    words += ["--strict"] if strict else []
    words += ["-k", keyword] if keyword else []
    own = [topic for topic in topics if topic not in TOPICS]
    words += [f"--watchword-topic={topic}" for topic in own]
    suites = [f"{_PACKAGE}.test_{topic}" for topic in topics if topic in TOPICS]
    suites = (suites + [f"{_PACKAGE}.test_others"] * bool(own)) or [_PACKAGE]
    if not file and not url:
        click.echo("No server is named, so Watchword's own mocks are tested.", err=True)
    with _alone(), _terminable():
        import pytest

        plugins = [*_PLUGINS, *(_OF_HTML if _has_html() else ()), _Heard()]
        return int(pytest.main([*_BARE, *words, *suites, *rest], plugins=plugins))


def _has_html() -> bool:
    return all(importlib.util.find_spec(module) for module in _OF_HTML.values())


def _see_that_it_fits(
    rest: list[str], file: tuple[str, ...], url: str | None, dialect: str | None, topics: tuple[str, ...]
) -> None:
    """Refuse what pytest would refuse in words of its own, or not at all."""
    if any(word.startswith(("-n", "--numprocesses")) for word in rest):
        raise click.UsageError("the suites count logins and refusals, so they run in one process: leave out -n")
    if any(word.partition("=")[0] == _HTML for word in rest) and not _has_html():
        from watchword.suites.judging.workshop import REMEDY

        raise click.UsageError(f"{_HTML} wants pytest-html, which is not installed: {REMEDY}")
    targets = targets_of(file, url, dialect)
    if own := [topic for topic in topics if topic not in TOPICS]:
        dialects = [t.dialect for t in targets] or [load_dialect(n) for n in ([dialect] if dialect else bundled())]
        known = {*TOPICS, *(clause.topic for one in dialects for clause in one.clauses)}
        for topic in own:
            if topic not in known:
                raise click.UsageError(f"there is no topic {topic!r}: {nearest(topic, known)}")


@contextmanager
def _alone() -> Iterator[None]:
    """Keep from pytest what the environment says to it, and the plugins that happen to be installed."""
    before = dict(os.environ)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        # Hypothesis, which makes up requests, keeps tables of Unicode, else in the folder where it is started.
        with tempfile.TemporaryDirectory() as kept:
            os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", kept)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let a request to end, which is how CI systems cancel a job, be an interruption: the reports are made of what there is."""
    try:
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    except ValueError:  # not in the main thread, which alone hears of signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
