"""`watchword mock`: serve a dialect until told to stop."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click

from watchword.mockserver.background import READY_FILE, detach
from watchword.mockserver.http.address import AddressError, bind_several
from watchword.mockserver.launch import Place, Running, start
from watchword.mockserver.near import Options
from watchword.mockserver.orders.book import PURPOSES
from watchword.mockserver.readyfile import announced, clear_stale
from watchword.mockserver.recipe import world_file
from watchword.mockserver.sharing.store import Store, StoreError
from watchword.mockserver.signals import Signals
from watchword.mockserver.state.world import REMEMBERED
from watchword.mockserver.telling import lines, print_entry, print_faults
from watchword.mockserver.tls import Certificates, NoTrustme, make_certificates
from watchword.mockserver.workers import divide
from watchword.mockserver.worldfile import WorldFile
from watchword.specs.cli import Command, ConfigurationError
from watchword.specs.loader import Dialect, load_dialect

__all__ = ["mock"]

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
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


def _endpoints(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {}
    for text in given:
        name, equals, path = text.partition("=")
        if not equals or not name or not path:
            raise click.BadParameter(f"expected NAME=PATH such as token=/oauth/token; seen {text!r}")
        if name in found:
            raise click.BadParameter(f"{name} is given twice")
        found[name] = False if path == "false" else path
    return found


def _url(context: click.Context, option: click.Parameter, given: str | None) -> str | None:
    parts = urlsplit(given or "http://mock.test")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise click.BadParameter(f"expected a URL such as https://auth.example.test; seen {given!r}")
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
@click.option(
    "--endpoint",
    "endpoints",
    multiple=True,
    metavar="NAME=PATH",
    callback=_endpoints,
    help="Another path for an endpoint, or false to have none: token=/oauth/token, revocation=false; may be repeated.",
)
@click.option("--fault", help="A fault to have from the start, by its name; `list` prints them all and serves nothing.")
@click.option(
    "--for",
    "purpose",
    type=click.Choice(tuple(PURPOSES)),
    help="With --fault list: only faults of operations for that.",
)
@click.option(
    "--world", type=_FILE, help="A YAML file that says who lives in the mock, or the name of one of the dialect's."
)
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
    "--remember",
    default=REMEMBERED,
    show_default=True,
    type=click.IntRange(1, 10_000_000),
    help="Tokens of each kind to keep; beyond that the oldest are forgotten, those that are over first.",
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
@click.option("--public-url", callback=_url, help="Where clients believe the mock to be; JWTs name it as their issuer.")
@click.option(
    "--tls", is_flag=True, help="Serve https, with certificates made on the spot, and print how to trust them."
)
@click.option(
    "--mutual-tls", is_flag=True, help="The same, and clients have to show a certificate that is made for them."
)
@click.option(
    "--tls-dir", type=_FOLDER, help="With TLS: the folder for the files that clients want; else one of their own."
)
@click.option("--tls-name", multiple=True, help="With TLS: a name beside localhost that the certificate is for, too.")
@click.option(
    "--store",
    envvar="WATCHWORD_STORE",
    help="A Valkey or Redis server, as redis://HOST:PORT/NUMBER, that keeps the mock's world: all that are started alike serve one.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="With --store: how many processes serve the mock.",
)
@click.option(
    "--wait",
    is_flag=True,
    help=f"Go on in the background, and end the command once the mock listens; see `watchword stop`. [ready file: {READY_FILE}]",
)
@click.option("--log", is_flag=True, help="Print a line for each request: what was answered, and what mends a refusal.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def mock(
    dialect: str,
    host: str,
    port: int,
    profile: str,
    endpoints: dict[str, str | bool],
    fault: str | None,
    purpose: str | None,
    world: Path | None,
    ready_file: Path | None,
    access_token_lifetime: int | None,
    refresh_token_lifetime: int | None,
    remember: int,
    cors: tuple[str, ...],
    control_cors: tuple[str, ...],
    control_token: str | None,
    public_url: str | None,
    tls: bool,
    mutual_tls: bool,
    tls_dir: Path | None,
    tls_name: tuple[str, ...],
    store: str | None,
    workers: int,
    wait: bool,
    log: bool,
    quiet: bool,
) -> None:
    """Serve a mock of DIALECT: the name of a bundled dialect, or the folder of another.

    A world file is read again when it changes, and on SIGHUP. Without one, SIGHUP ends the mock.
    """
    if fault == "list":
        print_faults(dialect, purpose)
        return
    if purpose is not None:
        raise click.UsageError("--for goes with --fault list")
    if workers > 1 and store is None:
        raise ConfigurationError(
            f"--workers {workers} wants --store: each process would have a world of its own, and know nothing of the others' tokens"
        )
    tls = tls or mutual_tls or tls_dir is not None or bool(tls_name)
    detached = None
    if wait:
        ready_file = ready_file or READY_FILE
        detached = detach(ready_file)
    signals = click.get_current_context().with_resource(Signals(rereads=world is not None))
    if ready_file is not None:
        clear_stale(ready_file)
    loaded = load_dialect(dialect).placed(endpoints)
    source = None if world is None else WorldFile(world_file(loaded, world), loaded.api)
    options: Options = {
        "profile": profile,
        "world": None if source is None else source.read(),
        "fault": fault,
        "access_token_lifetime": access_token_lifetime,
        "refresh_token_lifetime": refresh_token_lifetime,
        "remember": remember,
        "cors": cors,
        "control_cors": control_cors,
        "control_token": control_token,
        "public_url": public_url,
        "reload": None if source is None else source.read,
        "tell": print_entry if log and not quiet else None,
    }
    name = "" if store is None else _world_name(loaded, options, world)
    with contextlib.ExitStack() as stack:
        certificates = stack.enter_context(_certified(tls_dir, [host, *tls_name], mutual_tls)) if tls else None
        place, is_first, signals = _placed(stack, signals, store, name, host, port, workers)
        running = stack.enter_context(_started(loaded, host, port, certificates, place, options))
        if not is_first:
            _keep()
            signals.wait()
            return
        if ready_file is not None:
            stack.enter_context(_told_of(running, ready_file))
        if not quiet:
            click.echo("\n".join(lines(running)))
        if detached is not None:
            detached.ready()
            stack.callback(detached.end)
        _keep()
        if source is None:
            signals.wait()
        else:
            source.follow(running.settle, signals)


def _keep() -> None:
    # What is there now stays to the end: it is not to be looked through again and again, in the middle of a reply.
    gc.collect()
    gc.freeze()


def _world_name(dialect: Dialect, options: Options, world: Path | None) -> str:
    """Give the name that a world has in a store: mocks that are started alike have the same."""
    from importlib.metadata import version

    text = "" if world is None else world_file(dialect, world).read_text(encoding="utf-8")
    settings = ("profile", "fault", "access_token_lifetime", "refresh_token_lifetime", "remember")
    alike = json.dumps([version("watchword"), [options[setting] for setting in settings], text])  # type: ignore[literal-required]
    return f"{dialect.name}-{hashlib.sha256(alike.encode()).hexdigest()[:12]}"


def _placed(
    stack: contextlib.ExitStack, signals: Signals, store: str | None, name: str, host: str, port: int, workers: int
) -> tuple[Place | None, bool, Signals]:
    """Become as many processes as are asked for; gives the place of this one, whether it is the first, and its signals."""
    if store is None:
        return None, True, signals
    try:
        found = Store(store, name)
        # What is wrong is told once, before there are several processes to tell it.
        found.check()
        place = Place(found)
        if workers == 1:
            return place, True, signals
        own = divide(bind_several(host, port, workers))
    except (AddressError, StoreError) as error:
        raise ConfigurationError(str(error)) from error
    stack.callback(own.end)
    if not own.is_first:
        # The socket of those of the first process is the first one's, too.
        signals = stack.enter_context(Signals())
    return replace(place, listening=own.listening), own.is_first, signals


def _started(
    dialect: Dialect, host: str, port: int, certificates: Certificates | None, place: Place | None, options: Options
) -> Running:
    try:
        return start(dialect, host, port, tls=certificates, place=place, **options)
    except (AddressError, StoreError, ValueError) as error:
        raise ConfigurationError(str(error)) from error


@contextlib.contextmanager
def _told_of(running: Running, ready_file: Path) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(announced(running, ready_file))
        except OSError as error:
            raise ConfigurationError(f"the ready file {ready_file} cannot be written: {error.strerror}") from error
        yield


@contextlib.contextmanager
def _certified(folder: Path | None, names: Sequence[str], mutual: bool) -> Iterator[Certificates]:
    try:
        certificates = make_certificates(folder, names=names, mutual=mutual)
    except NoTrustme as error:
        raise ConfigurationError(str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"the certificates cannot be written to {folder}: {error.strerror}") from error
    except ValueError as error:
        raise ConfigurationError(f"a certificate cannot be for {' or '.join(names)}: {error}") from error
    with contextlib.closing(certificates):
        yield certificates
