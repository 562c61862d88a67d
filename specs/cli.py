"""The `watchword` command: subcommands are found when they are asked for, and configuration errors end with 4."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from watchword.specs.errors import SpecError, nearest
from watchword.specs.garbage import unlooked
from watchword.specs.outlet import outlet

if TYPE_CHECKING:
    import importlib.metadata

__all__ = [
    "CONFIGURATION_ERROR",
    "HOMES",
    "INTERRUPTED",
    "SUMMARIES",
    "Command",
    "Commands",
    "ConfigurationError",
    "Group",
    "count",
    "main",
]

CONFIGURATION_ERROR = 4
"""The exit code of a wrong command line, file or address."""
INTERRUPTED = 2
"""The exit code of a run that somebody or something interrupted."""

SUMMARIES: Mapping[str, str] = MappingProxyType(
    {
        "baseline": "Keep the file of known deviations.",
        "check": "",
        "clauses": "Print what the documents say, sentence by sentence.",
        "diff": "Say what changed from one run to another.",
        "doctor": "Look for what stands in the way of a test, before one is made.",
        "export": "Write the records of runs in a format of other tools.",
        "faults": "Measure what the suites notice: every fault, every right server.",
        "gate": "Let the records of runs pass, or not: the exit code says it.",
        "lint": "Look for mistakes in dialects and target files.",
        "mock": "Serve a mock of DIALECT: the name of a bundled dialect, or the folder of another.",
        "new": "Begin a dialect, from nothing or from an OpenAPI document.",
        "report": "Rebuild the reports of a run from its records.",
        "reproduce": "Write the script that repeats what the check of one clause did.",
        "stop": "End the mocks that ready FILEs speak of; without one, that of watchword-mock.json.",
        "test": "Test servers: do they do what the document says?",
        "verdict": "Say whether a client did right at a mock.",
        "vocabulary": "Print the words that dialects are written in.",
        "world": "Begin a world file, which says who lives in a mock and what there is, or look for mistakes in one.",
    }
)
"""How the commands of Watchword introduce themselves, so that the list of them need not import each; empty: not at all."""

HOMES: Mapping[str, str] = MappingProxyType(
    {
        "baseline": "watchword.reports.gatecommand:baseline",
        "check": "watchword.suites.lint:check",
        "clauses": "watchword.specs.command:clauses",
        "diff": "watchword.reports.diffcommand:diff",
        "doctor": "watchword.suites.doctor:doctor",
        "export": "watchword.reports.exportcommand:export",
        "faults": "watchword.detection.command:faults",
        "gate": "watchword.reports.gatecommand:gate",
        "lint": "watchword.suites.lint:lint",
        "mock": "watchword.mockserver.command:mock",
        "new": "watchword.specs.newcommand:new",
        "report": "watchword.reports.command:report",
        "reproduce": "watchword.reports.reproducecommand:reproduce",
        "stop": "watchword.mockserver.background:stop",
        "test": "watchword.suites.command:test",
        "verdict": "watchword.mockserver.verdictcommand:verdict",
        "vocabulary": "watchword.specs.vocabularycommand:vocabulary",
        "world": "watchword.specs.worldcommand:world",
    }
)
"""Where the commands of Watchword are, as its entry points say: to look through all that is installed takes a tenth of a start."""


class ConfigurationError(click.ClickException):
    """Something that the user named cannot be used; the text says what and how to mend it."""

    exit_code = CONFIGURATION_ERROR


def count(number: int, noun: str) -> str:
    """Write a number with its noun, as commands print it."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


_OFFERS = f"{__name__}.offers"


class _ExitCodes(click.Command):
    """A command whose exit codes are Watchword's: click's own 2 means that a run was interrupted."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and, unless told otherwise, exit with the code that its end has."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        with outlet() as out:
            code = self._ended(args, prog_name, complete_var, extra)
        if out.lost:
            click.echo(
                f"Error: standard output cannot be written: {out.lost} (what was printed is not whole)", err=True
            )
            code = INTERRUPTED
        sys.exit(code)

    def _ended(
        self, args: Sequence[str] | None, prog_name: str | None, complete_var: str | None, extra: dict[str, Any]
    ) -> int:
        try:
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except click.UsageError as error:
            error.show()
            return CONFIGURATION_ERROR
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except SpecError as error:
            more = (
                f"\n\n{count(len(error.others), 'more mistake')} beside this one: watchword lint tells all"
                if error.others
                else ""
            )
            click.echo(f"Error: {error}{more}", err=True)
            return CONFIGURATION_ERROR
        except click.Abort:
            click.echo("Interrupted", err=True)
            return INTERRUPTED
        return result if isinstance(result, int) else 0


class Command(_ExitCodes):
    """A command that can also be run by itself."""


class Commands(_ExitCodes, click.Group):
    """A command that has commands of its own."""


class Group(_ExitCodes, click.Group):
    """The subcommands that installed packages offer as entry points; each is imported when it is asked for."""

    @staticmethod
    def _offers(ctx: click.Context) -> dict[str, importlib.metadata.EntryPoint]:
        found: dict[str, importlib.metadata.EntryPoint] | None = ctx.meta.get(_OFFERS)
        if found is None:
            import importlib.metadata

            offers = importlib.metadata.entry_points(group="watchword.commands")
            found = ctx.meta[_OFFERS] = {entry.name: entry for entry in offers}
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of the subcommands."""
        return sorted(self._offers(ctx))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand; None when nobody offers it."""
        if not self._is_offered(ctx, cmd_name):
            return None
        try:
            with unlooked():
                return self._imported(ctx, cmd_name)
        except ImportError as error:
            return _broken(cmd_name, str(error))

    def _is_offered(self, ctx: click.Context, name: str) -> bool:
        return name in HOMES or name in self._offers(ctx)

    def _imported(self, ctx: click.Context, name: str) -> click.Command:
        if name not in HOMES:
            offered: click.Command = self._offers(ctx)[name].load()
            return offered
        module, _, attribute = HOMES[name].partition(":")
        own: click.Command = getattr(importlib.import_module(module), attribute)
        return own

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of the subcommands, and import only those whose introduction is not in `SUMMARIES`."""
        listed = ((name, self._listed(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, command) for name, command in listed if command is not None and not command.hidden]
        if rows:
            width = formatter.width - 6 - max(len(name) for name, _ in rows)
            with formatter.section("Commands"):
                formatter.write_dl([(name, command.get_short_help_str(width)) for name, command in rows])

    def _listed(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in SUMMARIES and self._offers(ctx)[name].value.startswith("watchword."):
            return click.Command(name, short_help=SUMMARIES[name], hidden=not SUMMARIES[name])
        return self.get_command(ctx, name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand that the arguments begin with, or say which one was probably meant."""
        if args and not args[0].startswith("-") and not self._is_offered(ctx, args[0]):
            raise click.UsageError(f"there is no command {args[0]!r}: {nearest(args[0], self._offers(ctx))}", ctx)
        return super().resolve_command(ctx, args)


def _broken(name: str, reason: str) -> click.Command:
    """Stand in for a subcommand that cannot be imported, so that the others keep working."""

    def refuse() -> None:
        raise click.ClickException(f"the command {name} cannot be loaded: {reason}")

    return click.Command(name, callback=refuse, short_help=f"Cannot be loaded: {reason}.")


@click.group("watchword", cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="watchword", message="%(prog)s %(version)s")
def main() -> None:
    """Tell whether an auth API does what its document says, and run a server that does."""
