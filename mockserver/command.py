"""`watchword mock`: serve a dialect until told to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import click

from watchword.mockserver.console.curl import login_line
from watchword.mockserver.faults.fault import Fault
from watchword.mockserver.http.address import AddressError
from watchword.mockserver.launch import Running, start
from watchword.mockserver.readyfile import announced
from watchword.mockserver.service import Service
from watchword.specs.cli import Command, ConfigurationError
from watchword.specs.loader import Dialect, load_dialect, load_world

__all__ = ["mock"]

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=Command)
@click.argument("dialect")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@click.option(
    "--profile", default="documented", show_default=True, help="What to be like where the document leaves it open."
)
@click.option("--fault", help="A lie to tell, by its name; `list` prints them all and serves nothing.")
@click.option("--world", type=_FILE, help="A YAML file that says who lives in the mock.")
@click.option(
    "--ready-file", type=_FILE, help="Write URLs and credentials, as JSON, to this file once the mock listens."
)
def mock(
    dialect: str,
    host: str,
    port: int,
    profile: str,
    fault: str | None,
    world: Path | None,
    ready_file: Path | None,
) -> None:
    """Serve a mock of DIALECT: the name of a bundled dialect, or the folder of another."""
    if fault == "list":
        _print_faults(dialect)
        return
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    loaded = load_dialect(dialect)
    service = Service(loaded, profile, load_world(world, loaded.api) if world else None, fault=_fault(loaded, fault))
    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(start(service, host, port))
        except AddressError as error:
            raise ConfigurationError(str(error)) from error
        if ready_file is not None:
            try:
                stack.enter_context(announced(running, ready_file))
            except OSError as error:
                raise ConfigurationError(f"the ready file {ready_file} cannot be written: {error.strerror}") from error
        click.echo("\n".join(_lines(running)))
        _wait(end)


def _fault(dialect: Dialect, name: str | None) -> Fault | None:
    if name is None:
        return None
    # The catalogue wants the register, which a mock that tells the truth does without.
    from watchword.mockserver.faults.catalogue import find_fault

    return find_fault(dialect, name)


def _print_faults(dialect: str) -> None:
    from watchword.mockserver.faults.catalogue import catalogue

    faults = catalogue(load_dialect(dialect)).values()
    width = max(len(fault.name) for fault in faults)
    click.echo("\n".join(f"{fault.name:{width}}  {fault.stage:9}  {fault.says}" for fault in faults))
    click.echo(f"{len(faults)} faults")


def _wait(end: threading.Event) -> None:
    # On Windows, a wait without a limit cannot be interrupted.
    while not end.wait(None if os.name == "posix" else 0.25):
        pass


def _lines(running: Running) -> Iterator[str]:
    service = running.service
    yield f"{service.dialect.api.title} ({service.dialect.name}), profile {service.profile.name}"
    if service.fault is not None:
        yield f"  fault         {service.fault.name}: {service.fault.says}"
    yield f"  url           {running.url}"
    if running.resource_url != running.url:
        yield f"  resource_url  {running.resource_url}"
    yield f"  control       {running.control_url}"
    if running.control_token is not None:
        yield f"                Authorization: Bearer {running.control_token}"
    yield "Accounts, made for this mock:"
    width = max(map(len, running.credentials), default=0)
    for role, value in running.credentials.items():
        yield f"  {role:{width}}  {value}"
    line = login_line(service.dialect.api, running.credentials, running.origin)
    if line is not None:
        yield "Log in:"
        yield f"  {line}"
