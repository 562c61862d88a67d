"""The way to a host: the first of its addresses that takes a connection, a tunnel through a proxy, and TLS on top."""

from __future__ import annotations

import socket
import ssl
from typing import NamedTuple

import h11

from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.names import look_up
from watchword.suites.sending.proxy import Proxy
from watchword.suites.sending.unreachable import FORBIDDING, Unreachable, forbidden

__all__ = ["Reached", "reach", "shake", "tls_detail"]

_LONGEST_HEAD = 64 * 1024


class Reached(NamedTuple):
    """A bare connection, the address it leads to, and those that were tried before it, each with why not (empty: no answer)."""

    connection: socket.socket
    address: str
    passed: tuple[tuple[str, str], ...]


def reach(host: str, port: int, deadline: Deadline, proxy: Proxy | None = None, *, tunnel: bool = False) -> Reached:
    """Open a bare connection to a host, or to the proxy on the way to it; with `tunnel`, one that leads through that proxy.

    Raises:
        Unreachable: nobody is there.
    """
    if proxy is None:
        found = _first(host, port, deadline, "connection")
    else:
        found = _first(proxy.host, proxy.port, deadline, "proxy")
    try:
        found.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy is not None and tunnel:
            _tunnel(found.connection, host, port, proxy, deadline)
    except TimeoutError:
        found.connection.close()
        raise Unreachable("timeout", "no connection within the time limit") from None
    except OSError as trouble:
        found.connection.close()
        raise Unreachable("connection", trouble.strerror or type(trouble).__name__) from None
    except Unreachable:
        found.connection.close()
        raise
    return found


def shake(bare: socket.socket, tls: ssl.SSLContext, host: str, deadline: Deadline) -> ssl.SSLSocket:
    """Begin TLS on a connection, which is closed where that does not succeed.

    Raises:
        Unreachable: the other side does not prove to be `host`, or does not begin.
    """
    try:
        bare.settimeout(deadline.left())
        return tls.wrap_socket(bare, server_hostname=host.partition("%")[0])
    except TimeoutError:
        bare.close()
        raise Unreachable("timeout", "no connection within the time limit") from None
    except ssl.SSLError as trouble:
        bare.close()
        raise Unreachable("tls", tls_detail(trouble)) from None
    except OSError as trouble:
        bare.close()
        raise Unreachable("connection", trouble.strerror or type(trouble).__name__) from None
    except Unreachable:
        bare.close()
        raise


def tls_detail(trouble: ssl.SSLError) -> str:
    """Say in OpenSSL's words what went wrong."""
    return str(
        getattr(trouble, "verify_message", "") or (trouble.reason or "the handshake failed").replace("_", " ").lower()
    )


def _first(host: str, port: int, deadline: Deadline, kind: str) -> Reached:
    found = look_up(host, port, deadline, kind)
    passed: list[tuple[str, str]] = []
    for number, (family, address) in enumerate(found):
        # An address that nobody answers at leaves time for those after it.
        patience = deadline.left() / (len(found) - number)
        try:
            connection = socket.socket(family, socket.SOCK_STREAM)
        except FORBIDDING as trouble:
            raise forbidden(kind, trouble) from None
        try:
            connection.settimeout(patience)
            connection.connect(address)
        except FORBIDDING as trouble:
            connection.close()
            raise forbidden(kind, trouble) from None
        except TimeoutError:
            passed.append((str(address[0]), ""))
        except (OSError, OverflowError) as trouble:
            passed.append((str(address[0]), getattr(trouble, "strerror", None) or "there is no such port"))
        else:
            return Reached(connection, str(address[0]), tuple(passed))
        connection.close()
    problem = passed[-1][1] if passed else "there is no such host"
    if not problem:
        raise Unreachable("timeout", "no connection within the time limit")
    raise Unreachable(kind, problem)


def _tunnel(connection: socket.socket, host: str, port: int, proxy: Proxy, deadline: Deadline) -> None:
    authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}", *(f"{n}: {v}" for n, v in proxy.headers)]
    connection.settimeout(deadline.left())
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
    peer = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    peer.send(h11.Request(method="CONNECT", target=authority, headers=[("Host", authority)]))
    peer.send(h11.EndOfMessage())
    while True:
        try:
            event = peer.next_event()
        except h11.RemoteProtocolError:
            raise Unreachable("proxy", "the proxy does not answer in HTTP") from None
        if isinstance(event, h11.Response):
            if not 200 <= event.status_code < 300:
                raise Unreachable("proxy", f"the proxy answered {event.status_code} to CONNECT")
            return
        if event is h11.NEED_DATA:
            connection.settimeout(deadline.left())
            # One byte at a time: what follows the head belongs to TLS.
            peer.receive_data(connection.recv(1))
