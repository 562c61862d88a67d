"""`watchword mock`: serve a dialect until told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from watchword.mockserver.console.curl import login_line
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.http.address import AddressError
from watchword.mockserver.launch import Running, start
from watchword.mockserver.near import Options
from watchword.mockserver.orders.book import PURPOSES, BadOrder
from watchword.mockserver.orders.kinds import KINDS
from watchword.mockserver.readyfile import announced
from watchword.mockserver.service import Service
from watchword.mockserver.worldfile import WorldFile
from watchword.specs.cli import Command, ConfigurationError
from watchword.specs.loader import Dialect, load_dialect

__all__ = ["mock"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_SHORTEST = 8
_SECONDS = click.IntRange(1, 10 * 366 * 86400)


def _origins(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for value in given:
        parts = urlsplit(value)
        if value == "*" and option.name == "cors":
            continue
        if value != f"{parts.scheme}://{parts.netloc}" or parts.scheme not in ("http", "https") or not parts.netloc:
            star = ", or *" if option.name == "cors" else ""
            raise click.BadParameter(f"expected an origin such as http://localhost:3000{star}; seen {value!r}")
    return given


def _token(context: click.Context, option: click.Parameter, given: str | None) -> str | None:
    if given is not None and (len(given) < _SHORTEST or not given.isascii() or not given.isprintable() or " " in given):
        raise click.BadParameter(f"expected at least {_SHORTEST} printable ASCII characters without spaces")
    return given


@click.command(cls=Command)
@click.argument("dialect")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@click.option(
    "--profile", default="documented", show_default=True, help="What to be like where the document leaves it open."
)
@click.option("--fault", help="A fault to have from the start, by its name; `list` prints them all and serves nothing.")
@click.option(
    "--for",
    "purpose",
    type=click.Choice(tuple(PURPOSES)),
    help="With --fault list: only faults of operations for that.",
)
@click.option("--world", type=_FILE, help="A YAML file that says who lives in the mock.")
@click.option(
    "--ready-file", type=_FILE, help="Write URLs and credentials, as JSON, to this file once the mock listens."
)
@click.option(
    "--access-token-lifetime", type=_SECONDS, help="Seconds that access tokens live, in place of the profile's."
)
@click.option(
    "--refresh-token-lifetime", type=_SECONDS, help="Seconds that refresh tokens live, in place of the profile's."
)
@click.option(
    "--cors",
    multiple=True,
    callback=_origins,
    help="An origin whose pages may read the replies of the API, or * for all; may be repeated.",
)
@click.option(
    "--control-cors", multiple=True, callback=_origins, help="An origin whose pages may use the control side, too."
)
@click.option(
    "--control-token",
    envvar="WATCHWORD_CONTROL_TOKEN",
    callback=_token,
    help="What control requests have to carry; made up off loopback when it is left out.",
)
@click.option("--log", is_flag=True, help="Print a line for each request: what was answered, and what mends a refusal.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def mock(
    dialect: str,
    host: str,
    port: int,
    profile: str,
    fault: str | None,
    purpose: str | None,
    world: Path | None,
    ready_file: Path | None,
    access_token_lifetime: int | None,
    refresh_token_lifetime: int | None,
    cors: tuple[str, ...],
    control_cors: tuple[str, ...],
    control_token: str | None,
    log: bool,
    quiet: bool,
) -> None:
    """Serve a mock of DIALECT: the name of a bundled dialect, or the folder of another.

    A world file is read again when it changes, and on SIGHUP.
    """
    if fault == "list":
        _print_faults(dialect, purpose)
        return
    if purpose is not None:
        raise click.UsageError("--for goes with --fault list")
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    loaded = load_dialect(dialect)
    source = None if world is None else WorldFile(world, loaded.api)
    service = Service(
        loaded,
        profile,
        None if source is None else source.read(),
        fault=_fault(loaded, fault),
        access_token_lifetime=access_token_lifetime,
        refresh_token_lifetime=refresh_token_lifetime,
    )
    options: Options = {
        "cors": cors,
        "control_cors": control_cors,
        "control_token": control_token,
        "reload": None if source is None else source.read,
        "tell": _print_entry if log and not quiet else None,
    }
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(start(service, host, port, **options))
        except AddressError as error:
            raise ConfigurationError(str(error)) from error
        if fault is not None and service.fault is None:
            try:
                running.application.desk.book.last(fault)
            except BadOrder as error:
                raise ConfigurationError(str(error)) from error
        if ready_file is not None:
            try:
                stack.enter_context(announced(running, ready_file))
            except OSError as error:
                raise ConfigurationError(f"the ready file {ready_file} cannot be written: {error.strerror}") from error
        if not quiet:
            click.echo("\n".join(_lines(running)))
        if source is None:
            _wait(end)
        else:
            source.follow(running.router.settle, end)


def _fault(dialect: Dialect, name: str | None) -> Fault | None:
    if name is None or name.partition("@")[0] in KINDS:
        return None
    # The catalogue wants the register, which a mock that tells the truth does without.
    from watchword.mockserver.faults.catalogue import find_fault

    return find_fault(dialect, name)


def _print_faults(dialect: str, purpose: str | None) -> None:
    from watchword.mockserver.orders.groups import grouped

    groups = list(grouped(load_dialect(dialect), None if purpose is None else PURPOSES[purpose]))
    width = max(len(name) for _, rows in groups for name, _ in rows)
    for group, rows in groups:
        click.echo(f"{group}:")
        click.echo("\n".join(f"  {name:{width}}  {says}" for name, says in rows))
        click.echo()
    click.echo(f"{sum(len(rows) for _, rows in groups)} faults")


def _print_entry(entry: Mapping[str, Any]) -> None:
    served = entry["condition"] is None
    line = f"{time.strftime('%H:%M:%S', time.gmtime(entry['at']))} #{entry['id']} {entry['status']} {entry['method']} {entry['path']}"
    if not served:
        line += f"  {entry['condition']}: {entry['hint']}"
    # What a client sends may hold control characters, which a terminal would obey.
    shown = "".join(c if c.isprintable() else "?" for c in line)
    click.secho(shown, fg=None if served else "red" if entry["status"] >= 500 else "yellow")


def _wait(end: threading.Event) -> None:
    # On Windows, a wait without a limit cannot be interrupted.
    while not end.wait(None if os.name == "posix" else 0.25):
        pass


def _lines(running: Running) -> Iterator[str]:
    service = running.service
    yield f"{service.dialect.api.title} ({service.dialect.name}), profile {service.profile.name}"
    if service.fault is not None:
        yield f"  fault         {service.fault.name}: {service.fault.says}"
    for order in running.faults.list():
        yield f"  fault         {order.fault}: {order.says}"
    yield f"  url           {running.url}"
    if running.resource_url != running.url:
        yield f"  resource_url  {running.resource_url}"
    yield f"  control       {running.control_url}"
    if running.control_token is not None:
        # One that was chosen is known, and may be in use elsewhere.
        chosen = running.application.access.chosen
        yield f"                Authorization: Bearer {'the token that was given' if chosen else running.control_token}"
    yield "Accounts, made for this mock:"
    width = max(map(len, running.credentials), default=0)
    for role, value in running.credentials.items():
        yield f"  {role:{width}}  {value}"
    line = login_line(service.dialect.api, running.credentials, running.origin)
    if line is not None:
        yield "Log in:"
        yield f"  {line}"
