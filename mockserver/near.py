"""A mock in this process: what it is assembled of, what there is to steer it by, and the ways into it without a socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast
from urllib.parse import urlsplit

from watchword.mockserver.console.access import Access
from watchword.mockserver.console.asked import BadRequest
from watchword.mockserver.control import ROOT, Application
from watchword.mockserver.http.delivery import Answer
from watchword.mockserver.recipe import Recipe, World, prepare
from watchword.mockserver.service import Service
from watchword.mockserver.spaces import Spaces
from watchword.mockserver.steer.channel import ControlProblem, read
from watchword.mockserver.steer.mock import Mock
from watchword.specs.errors import nearest
from watchword.specs.loader import Dialect
from watchword.specs.values.http import Reply, Request
from watchword.specs.values.profile import WorldData

if TYPE_CHECKING:
    # Most mocks are reached in another way.
    from watchword.mockserver.ways.gateways import Asgi, Wsgi

__all__ = ["Near", "Options", "assemble"]


class Options(Recipe, total=False):
    """What a mock may be told besides where it is: what it is like, see `Recipe`, and how it is used.

    `cors` are the origins whose pages may read the API's replies (`*`: all), `control_cors` those that may use the control
    side. `control_token` is what control requests carry. `public_url` is where clients believe the mock to be. `spaces` are
    names of spaces to begin with, or those with a world each. `reload` gives the world to go back to, and `tell` hears of each
    entry of the journal, from the thread that serves.
    """

    cors: tuple[str, ...]
    control_cors: tuple[str, ...]
    control_token: str | None
    public_url: str | None
    spaces: Iterable[str] | Mapping[str, World]
    reload: Callable[[], WorldData] | None
    tell: Callable[[Mapping[str, Any]], None] | None


_PLACES = ("host", "port", "tls", "origin")
"""What the ways to start a mock take besides."""


class _Making(TypedDict):
    cors: tuple[str, ...]
    public_url: str | None


def assemble(dialect: str | Path | Dialect | Service, access: Access, **options: Unpack[Options]) -> Spaces:
    """Make a mock of a dialect or a service, for those who may use its control side by a rule.

    Raises:
        SpecError: there is no such dialect, profile, fault or world, or its data is wrong.
        TypeError: a service was given and something beside it that it is to be made of.
        TypeError: there is no such option, or names of spaces are to be several.
        ValueError: the fault cannot be had there, no token is to be remembered or to live, or the public URL or the name of a
            space is none.
    """
    for name in options:
        if name not in Options.__annotations__:
            raise TypeError(f"a mock has no option {name!r}; {nearest(name, (*Options.__annotations__, *_PLACES))}")
    if isinstance(options.get("spaces"), str):
        raise TypeError(f"spaces: expected several names of spaces, as in [{options['spaces']!r}]")
    recipe = {name: value for name, value in options.items() if name in Recipe.__annotations__}
    service, reread, lasting = prepare(dialect, **cast(Recipe, recipe))
    tell = options.get("tell")
    alike: _Making = {"cors": options.get("cors", ()), "public_url": _public(options.get("public_url"))}

    def furnished(application: Application) -> Application:
        if lasting is not None:
            application.desk.book.last(lasting)
        return application

    def of_space(service: Service, name: str) -> Application:
        told = None if tell is None else lambda entry: tell({**entry, "space": name})
        return furnished(Application(service, access, tell=told, dated=True, **alike))

    first = Application(service, access, reload=options.get("reload") or reread, tell=tell, **alike)
    router = Spaces(furnished(first), of_space)
    named = options.get("spaces", ())
    for name in named:
        try:
            router.make(name, {"world": named[name]} if isinstance(named, Mapping) else {})
        except BadRequest as bad:
            raise ValueError(f"{bad.detail}; seen {name!r}") from None
    return router


def _public(url: str | None) -> str | None:
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"expected a public URL such as https://auth.example.test, seen {url!r}")
    return url.rstrip("/")


@dataclass(frozen=True, slots=True)
class _Inside:
    """The way to a control side in this process."""

    answer: Callable[[Request, str], Answer]
    origin: str
    root: str

    def ask(self, method: str, page: str, body: Any = None) -> Any:
        """Ask a page."""
        path, _, query = page.partition("?")
        data = b"" if body is None else json.dumps(body).encode()
        headers = () if body is None else (("Content-Type", "application/json"),)
        answer = self.answer(Request(method, self.root + path, query, headers, data), self.origin)
        # What is told about control requests is never late and never broken.
        reply = cast(Reply, answer)
        return read(reply.status, reply.body)


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A mock whose control side asks who comes, as a server's does: test clients are not the only ones to use a gateway."""

    router: Spaces

    @property
    def service(self) -> Service:
        """The service whose clock dates the replies."""
        return self.router.service

    def from_inside(self, request: Request, origin: str) -> Answer:
        """Answer a request."""
        return self.router(request, origin)

    def refused(self, reply: Reply, sentence: str, method: str, target: str) -> Reply:
        """Note what was refused before anybody could look at it as a request."""
        return self.router.refused(reply, sentence, method, target)


class Near(Mock):
    """A mock in this process, or one space of it, at an origin; `below` is the path of the space, `own` its own origin.

    `inside` answers requests of this process, where that is not the router's own affair.
    """

    def __init__(
        self,
        router: Spaces,
        origin: str,
        below: str = "",
        application: Application | None = None,
        own: str | None = None,
        inside: Callable[[Request, str], Answer] | None = None,
    ) -> None:
        self._answer = inside or router.from_inside
        super().__init__(_Inside(self._answer, origin, below + ROOT))
        self.router = router
        self.origin = own or origin
        self.application = application or router.first
        self._below = "" if own else below
        self._files: Mapping[str, str] = {}

    @property
    def service(self) -> Service:
        """The service behind the mock, for those who want more than its control side gives."""
        return self.application.service

    @property
    def url(self) -> str:
        """The base URL of the mocked API."""
        return self.origin + self._below + self.service.dialect.api.bases["url"]

    @property
    def resource_url(self) -> str:
        """The base URL of the protected operations; that of the API when it has only one."""
        bases = self.service.dialect.api.bases
        return self.origin + self._below + bases.get("resource_url", bases["url"])

    @property
    def control_url(self) -> str:
        """The URL below which the mock's own side is."""
        return self.origin + self._below + ROOT

    @property
    def control_token(self) -> str | None:
        """The token that control requests carry, where other machines can reach the mock."""
        return self.application.access.token

    @property
    def credentials(self) -> dict[str, str]:
        """The announced credentials by role."""
        return self.service.credentials

    @property
    def ca_file(self) -> str | None:
        """The certificate that clients have to trust; None without TLS of the mock's own making."""
        return self._files.get("ca_file")

    @property
    def client_certificate(self) -> str | None:
        """The file with a certificate and its key that clients have to show; None where none is wanted."""
        return self._files.get("client_certificate")

    @property
    def asgi(self) -> Asgi:
        """The whole mock as an ASGI application."""
        from watchword.mockserver.ways.gateways import Asgi

        return Asgi(_Guarded(self.router))

    @property
    def wsgi(self) -> Wsgi:
        """The whole mock as a WSGI application."""
        from watchword.mockserver.ways.gateways import Wsgi

        return Wsgi(_Guarded(self.router))

    def space(
        self,
        name: str | None = None,
        *,
        profile: str | None = None,
        world: Mapping[str, Any] | None = None,
        port: int | None = None,
    ) -> Near:
        """Give a space of this mock: a world of its own; see `Mock.space`."""
        return cast(Near, super().space(name, profile=profile, world=world, port=port))

    def _within(self, name: str) -> Near:
        try:
            application = self.router.application(name)
        except BadRequest as bad:
            raise ControlProblem(bad.status, bad.detail) from None
        found = Near(
            self.router, self.origin, f"{ROOT}spaces/{name}", application, self.router.origin(name), self._answer
        )
        found._files = self._files
        return found
