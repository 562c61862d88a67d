"""What `watchword mock` prints: what runs, a line a request, the catalogue of faults."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import click

from watchword.mockserver.console.curl import login_line
from watchword.mockserver.launch import Running
from watchword.mockserver.orders.book import PURPOSES
from watchword.mockserver.orders.groups import grouped
from watchword.specs.loader import load_dialect

__all__ = ["lines", "print_entry", "print_faults"]


def print_faults(dialect: str, purpose: str | None) -> None:
    """Print the faults of a dialect in groups, or those of operations with a purpose.

    Raises:
        SpecError: there is no such dialect, or its data is wrong.
    """
    groups = list(grouped(load_dialect(dialect), None if purpose is None else PURPOSES[purpose]))
    width = max(len(name) for _, rows in groups for name, _ in rows)
    for group, rows in groups:
        click.echo(f"{group}:")
        click.echo("\n".join(f"  {name:{width}}  {says}" for name, says in rows))
        click.echo()
    click.echo(f"{sum(len(rows) for _, rows in groups)} faults")


def print_entry(entry: Mapping[str, Any]) -> None:
    """Print an entry of the journal, with what mends a refusal, in colour where the terminal has it."""
    served = entry["condition"] is None
    space = f" [{entry['space']}]" if "space" in entry else ""
    at = time.strftime("%H:%M:%S", time.gmtime(entry["at"]))
    line = f"{at}{space} #{entry['id']} {entry['status']} {entry['method']} {entry['path']}"
    if not served:
        line += f"  {entry['condition']}: {entry['hint']}"
    # What a client sends may hold control characters, which a terminal would obey.
    shown = "".join(c if c.isprintable() else "?" for c in line)
    click.secho(shown, fg=None if served else "red" if entry["status"] >= 500 else "yellow")


def lines(running: Running) -> Iterator[str]:
    """Say what runs, where, for whom, and how to log in."""
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
    certificates = running.certificates
    if certificates is not None:
        yield "Trust it, in the shell that clients are started from:"
        yield from (f"  {line}" for line in certificates.lines)
        if certificates.client_certificate is not None:
            yield f"Clients show this certificate: {certificates.client_certificate}"
    yield "Accounts, made for this mock:"
    width = max(map(len, running.credentials), default=0)
    for role, value in running.credentials.items():
        yield f"  {role:{width}}  {value}"
    line = login_line(service.dialect.api, running.credentials, running.origin)
    if line is not None:
        yield "Log in:"
        yield f"  {line if certificates is None else line.replace('curl', f'curl {certificates.curl}', 1)}"
