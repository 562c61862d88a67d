"""`watchword export`: the records of runs in a format of other people's tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import click

from watchword.reports.exits import Exit
from watchword.reports.formats.annotations import workflow_commands
from watchword.reports.formats.badge import Withheld, badge, shields
from watchword.reports.formats.ctrf import ctrf
from watchword.reports.formats.har import har
from watchword.reports.formats.markdown import markdown
from watchword.reports.formats.sarif import sarif
from watchword.reports.junit import junit
from watchword.reports.merging import merged
from watchword.reports.reading import FILE, RECORDS, Refused, read, write
from watchword.reports.records import Run

__all__ = ["FORMATS", "export"]

FORMATS: Mapping[str, Callable[[Run], str]] = MappingProxyType(
    {
        "badge": badge,
        "ctrf": ctrf,
        "github": workflow_commands,
        "har": har,
        "junit": junit,
        "markdown": markdown,
        "sarif": sarif,
        "shields": shields,
    }
)
"""What writes each format, by the name that the command has for it."""


@click.command(short_help="Write the records of runs in a format of other tools.")
@click.argument("records", nargs=-1, required=True, type=RECORDS)
@click.option("--to", "name", type=click.Choice(list(FORMATS)), required=True, help="The format.")
@click.option("--output", "-o", type=FILE, help="The file to write (without it: the standard output).")
def export(records: tuple[Path, ...], name: str, output: Path | None) -> None:
    """Write RECORDS, each a records.jsonl or the directory that holds one, in another format.

    \b
    badge     an SVG image that says for whom, what and when
    ctrf      the common test report format, JSON
    github    annotations: workflow commands, to be printed by a step
    har       the exchanges, masked, for tools that open what a browser recorded
    junit     JUnit XML
    markdown  a summary, as for the file that GITHUB_STEP_SUMMARY names
    sarif     SARIF 2.1.0, for code scanning
    shields   a badge as the JSON of a shields.io endpoint

    Exits with 0 whatever the verdicts are, with 4 when the records are broken or the file cannot be written, and with 7
    when a badge is withheld because the run is not whole.
    """
    run = merged([read(path) for path in records])
    try:
        text = FORMATS[name](run)
    except Withheld as trouble:
        click.echo(f"No badge: {trouble}.", err=True)
        click.get_current_context().exit(Exit.TOO_LITTLE)
    except ValueError as trouble:
        raise Refused(f"{records[0]}: {trouble}") from trouble
    if output is None:
        click.echo(text.encode(), nl=False)
    else:
        write(output, text)
        click.echo(f"{name}: {output}")
