"""`watchword faults`: the detection matrix, measured and held against its laws."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from watchword.detection.declare import changes, declaration, requests
from watchword.detection.laws import Breach, breaches
from watchword.detection.offers import by_operation, offers
from watchword.detection.run import cores, run
from watchword.reports.detection.matrix import Matrix, Sheet
from watchword.reports.exits import Exit
from watchword.reports.files import replace
from watchword.specs.cli import Command, ConfigurationError, count
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.reading.generated import FILE
from watchword.suites.judging.workshop import caveat, shortage

__all__ = ["faults"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=Command, short_help="Measure what the suites notice: every fault, every right server.")
@click.argument("dialect", nargs=-1)
@click.option("--json", "json_file", type=_FILE, help="Write the figures to this file.")
@click.option("--html", "html_file", type=_FILE, help="Write a heat map of faults by clauses, with all evidence.")
@click.option("--jobs", type=click.IntRange(1), default=cores, show_default="one a core", help="Processes to work in.")
@click.option(
    "--declare",
    is_flag=True,
    help="Write what was found into the dialects' faults.yaml and generated.json, and say what changed.",
)
def faults(dialect: tuple[str, ...], json_file: Path | None, html_file: Path | None, jobs: int, declare: bool) -> int:
    """Try the suites on mocks that have one fault each, and on all profiles, which have none; nothing leaves this process.

    DIALECT is the name of a bundled dialect or the folder of another; without one, all bundled dialects are measured.
    The exit code is 1 when a fault survives, a right server raises an alarm or another law is broken, and 7 when that is not
    so and some clauses could not be checked.
    """
    for path in (json_file, html_file):
        if path is not None and not path.absolute().parent.is_dir():
            raise ConfigurationError(f"{path} cannot be written: there is no folder {path.parent}")
    dialects = [load_dialect(name) for name in dialect or tuple(bundled())]
    matrix = _measured(dialects, jobs, evidence=html_file is not None)
    broken = {sheet.dialect: breaches(sheet) for sheet in matrix.sheets}
    if declare and not matrix.partial:
        for one, sheet in zip(dialects, matrix.sheets, strict=True):
            _declare(one, sheet)
            broken[sheet.dialect] = [b for b in broken[sheet.dialect] if b.law != "misdeclared"]
    click.echo("\n".join(_lines(dialects, matrix, broken, declare)))
    if json_file is not None:
        _write(json_file, json.dumps(matrix.as_json(), indent=2) + "\n", "figures")
    if html_file is not None:
        from watchword.reports.detection.heatmap import render

        _write(html_file, render(matrix), "heat map")
    unchecked = sum(len(sheet.unchecked) for sheet in matrix.sheets)
    if unchecked:
        click.echo(f"warning: {caveat(unchecked)}; a fault that nothing else notices survives here", err=True)
    if matrix.partial:
        return Exit.INTERRUPTED
    if any(broken.values()):
        return Exit.BROKEN
    return Exit.TOO_LITTLE if unchecked else Exit.CONFORMING


def _measured(dialects: Sequence[Dialect], jobs: int, evidence: bool) -> Matrix:
    with click.progressbar(length=1, label="Measuring", file=sys.stderr, width=0, item_show_func=str) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(1, f"{done} of {total}")

        return run(dialects, jobs, evidence=evidence, progress=progress)


def _declare(dialect: Dialect, sheet: Sheet) -> None:
    path = dialect.folder / "faults.yaml"
    before = dialect.declared
    _write(path, declaration(sheet), "declarations")
    if not shortage() and (made := requests(dialect)):
        _write(dialect.folder / FILE, made, "generated requests")
    if before is not None:
        click.echo("".join(f"  {line}\n" for line in changes(sheet, before)), nl=False)


def _broken(dialect: Dialect, sheet: Sheet, found: Sequence[Breach]) -> Iterator[str]:
    """Tell which laws are broken: the survivors by operation, each with the rows that the register seems to lack."""

    def told(breach: Breach) -> str:
        return f"{sheet.dialect}:{breach.law}: {breach.what}: {breach.detail}"

    yield from (told(breach) for breach in found if breach.law != "survived")
    for name, survivors in by_operation([breach for breach in found if breach.law == "survived"], dialect):
        yield f"{sheet.dialect}: {count(len(survivors), 'survivor')} {f'at {name}' if name else 'at no operation'}"
        yield from map(told, survivors)
        if rows := offers(survivors, dialect):
            yield f"\nRows for {dialect.folder / 'clauses.yaml'}, to be reviewed:\n"
            yield "\n".join(rows) + "\n"


def _lines(dialects: Sequence[Dialect], matrix: Matrix, broken: dict[str, list[Breach]], declare: bool) -> list[str]:
    lines: list[str] = []
    for dialect, sheet in zip(dialects, matrix.sheets, strict=True):
        lines += _broken(dialect, sheet, broken[sheet.dialect])
    for sheet in matrix.sheets:
        survived, alarms = len(sheet.survived), sum(len(profile.alarms) for profile in sheet.profiles)
        lines.append(
            f"{sheet.dialect}: {count(len(sheet.rows), 'fault')}, {len(sheet.rows) - survived} killed, {survived} survived; "
            f"{count(len(sheet.profiles), 'right server')}, {count(alarms, 'false alarm')}; "
            f"{count(len(sheet.columns), 'clause')}, {len(sheet.unguarded)} unguarded"
            + ("" if sheet.declared or declare else "; nothing is declared, see --declare")
        )
    alarms = sum(len(alarm["clauses"]) for alarm in matrix.false_alarms)
    lines.append(
        f"{'cut short: ' if matrix.partial else ''}{count(matrix.faults, 'fault')}: "
        f"{matrix.faults - len(matrix.survived)} killed, {len(matrix.survived)} survived, "
        f"{count(alarms, 'false alarm')}, in {matrix.seconds:.0f} s"
    )
    return lines


def _write(path: Path, text: str, what: str) -> None:
    try:
        replace(path, text)
    except OSError as trouble:
        raise ConfigurationError(f"{path} cannot be written: {trouble.strerror or trouble}") from trouble
    click.echo(f"{what}: {path}")
