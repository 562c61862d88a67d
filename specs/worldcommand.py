"""`watchword world`: begin a world file, and look for mistakes in one."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from watchword.specs.cli import CONFIGURATION_ERROR, Command, Commands, ConfigurationError, count
from watchword.specs.errors import SpecError
from watchword.specs.loader import Dialect, load_dialect, load_world, world_dialect
from watchword.specs.values.profile import Account, Client

__all__ = ["look_at", "world"]


@click.group(cls=Commands)
def world() -> None:
    """Begin a world file, which says who lives in a mock and what there is, or look for mistakes in one."""


@world.command(cls=Command)
@click.argument("dialect")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def new(dialect: str, file: Path | None) -> None:
    """Write a world file for DIALECT, with names like those of its own world and fresh passwords.

    It goes to FILE, which must not be there yet, or to the terminal.
    """
    text = "\n".join(_lines(load_dialect(dialect), file or Path("FILE"))) + "\n"
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from error
    click.echo(f"Serve it:  watchword mock {dialect} --world {file}")


@world.command(cls=Command)
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dialect", help="The dialect, where the file itself does not name it.")
def check(file: tuple[Path, ...], dialect: str | None) -> int:
    """Look for mistakes in world files; the exit code is 4 when there is one."""
    wrong = 0
    for path in file:
        try:
            click.echo(f"ok  {path}: {look_at(path, dialect)}")
        except SpecError as trouble:
            wrong += 1
            click.echo(f"Error: {trouble}", err=True)
    return CONFIGURATION_ERROR if wrong else 0


def look_at(path: Path, dialect: str | None = None) -> str:
    """Read a world file, and say what is in it.

    Raises:
        SpecError: the file is wrong, or nobody says of which dialect it is.
    """
    loaded = load_dialect(dialect or world_dialect(path))
    read = load_world(path, loaded.api)
    return (
        f"{loaded.name}, {count(len(read.accounts), 'account')}, {count(len(read.clients), 'client')}, "
        f"{count(len(read.resources), 'resource')}"
    )


def _lines(dialect: Dialect, file: Path) -> Iterator[str]:
    data = dialect.world
    yield f"# A world of {dialect.name}: who lives in the mock, and what there is besides the API's own operations."
    yield f"# Serve it:      watchword mock {dialect.name} --world {file}"
    yield f"# Look it over:  watchword world check {file}"
    yield "# A mock that runs reads the file again whenever it changes."
    yield f"dialect: {_value(dialect.name)}"
    if data.brands:
        yield ""
        yield "# The brand keys that there are. The first is the one that the mock announces."
        yield f"brands: {_value(data.brands)}"
    if data.scopes:
        yield ""
        yield "# The scopes that there are. Accounts and clients have all of them unless they say otherwise."
        yield f"scopes: {_value(data.scopes)}"
    yield ""
    yield "# The first of each kind is the one that the mock announces. Of these keys only username and password are needed:"
    yield "# kind is user or operator, id is what JWTs may tell, email a name that some releases take, enabled: false shuts an account."
    yield "accounts:"
    for account in data.accounts:
        yield from _item(_of_account(account, data.brands, data.scopes))
    if data.clients:
        yield ""
        yield "# The applications. grants limits what one may use, owner is in whose name one acts when nobody logs in."
        yield "clients:"
        for client in data.clients:
            yield from _item(_of_client(client, data.scopes))
    protected = dialect.api.with_purpose("resource")
    if protected:
        like = protected[0]
        yield ""
        yield f"# Replies of your own, below {dialect.api.bases[like.base] or '/'}, to whoever has an access token, as {like.name} wants it."
        yield "# Keys: path, method, status, json or text, headers, scopes (what the token needs), open: true (no token is needed)."
        yield "# A value $name in json stands for what {name} is in the path, $subject for the user; in text, too."
        yield "resources:"
        yield "  - path: /greetings/{name}"
        yield "    json: {greeting: hello, to: $name, from: $subject}"
        yield "  - path: /motd"
        yield "    open: true"
        yield "    text: Mind the gap."


def _item(pairs: dict[str, Any]) -> Iterator[str]:
    for index, (key, value) in enumerate(pairs.items()):
        yield f"  {'- ' if index == 0 else '  '}{key}: {_value(value)}"


def _value(value: Any) -> str:
    # JSON is YAML; what needs no quotation marks is easier to read without.
    plain = isinstance(value, str) and value.replace("-", "").replace(".", "").isalnum() and value[0].isalpha()
    if plain and yaml.safe_load(value) == value:
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _of_account(account: Account, brands: tuple[str, ...], scopes: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"username": account.username, "password": secrets.token_urlsafe(9)}
    if account.kind != "user":
        found["kind"] = account.kind
    if account.id != account.username:
        found["id"] = account.id
    if account.email:
        found["email"] = account.email
    return found | _differing(account.brands, brands, account.scopes, scopes, account.enabled)


def _of_client(client: Client, scopes: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {"client_id": client.client_id, "client_secret": secrets.token_urlsafe(24)}
    if client.grants:
        found["grants"] = client.grants
    if client.owner is not None:
        found["owner"] = client.owner
    return found | _differing((), (), client.scopes, scopes, client.enabled)


def _differing(
    brands: tuple[str, ...],
    all_brands: tuple[str, ...],
    scopes: tuple[str, ...],
    all_scopes: tuple[str, ...],
    enabled: bool,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if brands != all_brands:
        found["brands"] = brands
    if scopes != all_scopes:
        found["scopes"] = scopes
    if not enabled:
        found["enabled"] = False
    return found
