"""Where the mock listens: a bound socket, and what its address looks like in a URL."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket

__all__ = ["AddressError", "bind", "bind_several", "is_loopback", "is_loopback_name", "origin_of"]

_PORTS = range(65536)


class AddressError(Exception):
    """The mock cannot listen where it was told to: which address, why not, and what to do."""

    def __init__(self, host: str, port: int, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.host = host
        self.port = port
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        return f"cannot listen on {self.host} port {self.port}: {self.problem}" + (
            f"\n\nhint: {self.hint}" if self.hint else ""
        )


def bind_several(host: str, port: int, count: int) -> list[socket.socket]:
    """Bind so many sockets to one port, as `bind` does; each gets a part of the connections.

    Raises:
        AddressError: as `bind` says, or the system has no such sockets.
    """
    if not hasattr(socket, "SO_REUSEPORT"):
        raise AddressError(host, port, "this system lets no two processes listen on a port")
    # Others of this user could share the port, too, if it was not asked for alone at first.
    with bind(host, port) as alone:
        port = alone.getsockname()[1]
    return [bind(host, port, several=True) for _ in range(count)]


def bind(host: str, port: int, *, several: bool = False) -> socket.socket:
    """Bind a socket to a host's first address; port 0 takes a free one. IPv4 goes before IPv6.

    With `several`, others that are bound in this way may have the same port.

    Raises:
        AddressError: the host has no address here, or the port is taken, forbidden or out of range.
    """
    if port not in _PORTS:
        # Some systems would take what is left of a greater one.
        raise AddressError(host, port, "a port is a number from 0 to 65535")
    try:
        # An empty host would mean every address, which nobody should get by leaving something out. Text is read as a name in
        # any script, for which Python loads its tables, even where it is plain.
        named = host or "?"
        found = socket.getaddrinfo(
            named.encode() if named.isascii() else named, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise AddressError(
            host, port, "the host name cannot be resolved", "name an address of this machine, such as 127.0.0.1"
        ) from error
    family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A port that a mock has left a moment ago is free; on Windows the option would let two of them share it.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if several:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
        # Two sockets can be bound to a port as long as neither listens.
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise _explained(host, port, error) from error
    listening.setblocking(False)
    return listening


def _explained(host: str, port: int, error: Exception) -> AddressError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return AddressError(host, port, "something else listens there", "name another port; --port 0 takes a free one")
    if number in (errno.EACCES, errno.EPERM):
        return AddressError(
            host, port, "this port is not for ordinary users", "name a port from 1024 up; --port 0 takes a free one"
        )
    if number == errno.EADDRNOTAVAIL:
        return AddressError(host, port, "this machine does not have that address", "127.0.0.1 is always there")
    return AddressError(host, port, str(getattr(error, "strerror", None) or error))


def is_loopback(listening: socket.socket) -> bool:
    """Tell whether only this machine can reach a socket."""
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def is_loopback_name(host: str) -> bool:
    """Tell whether a host, as a URL has it, is a loopback address or `localhost`."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def origin_of(listening: socket.socket, host: str, scheme: str = "http") -> str:
    """Write the origin under which a socket, bound for `host`, is reached from this machine."""
    port = listening.getsockname()[1]
    address = ipaddress.ip_address(listening.getsockname()[0].partition("%")[0])
    if address.is_unspecified:
        host = "127.0.0.1" if address.version == 4 else "::1"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
