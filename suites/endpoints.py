"""Where a target has its endpoints, as its file says: by name, or by the issuer whose metadata name them."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from watchword.specs.errors import SpecError
from watchword.specs.loader import Dialect
from watchword.specs.placing import Endpoints, of_issuer
from watchword.specs.values.api import ISSUER, Api
from watchword.suites.targettext import TargetError, TargetText, check_address

__all__ = ["below", "check_issuer", "is_this_machine", "origin_of", "placed"]


_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> str:
    """Give scheme, host and port of a URL, as they are written there."""
    parts = urlsplit(url.strip())
    return f"{parts.scheme}://{parts.netloc}"


def below(base: str, url: object) -> str | None:
    """Give the path of a URL below a base URL; None where it is none, has more than a path, or is at another place."""
    if not isinstance(url, str) or any(mark in url for mark in "?#@"):
        return None
    try:
        parts, own = urlsplit(url), urlsplit(base)
        here, there = ((p.scheme, p.hostname, p.port or _PORTS.get(p.scheme)) for p in (own, parts))
    except ValueError:
        return None
    prefix = own.path.rstrip("/")
    return parts.path[len(prefix) :] if here == there and parts.path.startswith(f"{prefix}/") else None


def is_this_machine(host: str) -> bool:
    """Tell whether a host is this very machine: what is sent there goes over no network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def check_issuer(place: str, issuer: str, api: Api) -> None:
    """Look at the identifier of an issuer as people write them. `place` begins what is said of it.

    Raises:
        TargetError: it can be none (RFC 8414 section 2), or the dialect knows no metadata.
    """
    check_address(place, issuer)
    if "?" in issuer or "#" in issuer:
        raise TargetError(place, f"{issuer!r} has a query or a fragment", "an issuer is a URL without either")
    if not any(op.base == ISSUER for op in api.operations.values()):
        raise TargetError(place, f"{api.name} describes no metadata of an issuer", "leave it out, and say url instead")


def placed(file: TargetText, dialect: Dialect, issuer: str) -> Dialect:
    """Give the dialect as a target file has it. `issuer` is what its metadata are asked of.

    Raises:
        TargetError: there is no such endpoint, a path is none, or two endpoints come to lie at one.
    """
    endpoints: Endpoints = file.raw.get("endpoints", {})
    try:
        return dialect.placed({**of_issuer(dialect.api, issuer), **endpoints})
    except SpecError as trouble:
        # Where one is wrong by itself, what is said names its line.
        keys = [key for key, where in endpoints.items() if _is_misplaced(dialect, key, where)]
        place = f"{file.line_of(keys[0])}: endpoints.{keys[0]}" if keys else file.line_of("endpoints")
        raise TargetError(place, trouble.problem, trouble.hint) from trouble


def _is_misplaced(dialect: Dialect, name: str, where: str | bool) -> bool:
    try:
        dialect.placed({name: where})
    except SpecError:
        return True
    return False
