"""The addresses of a host, looked up within the time that an exchange may take.

The resolver of the system knows no time limit of ours: a name server that does not answer holds it up for as long as its own
settings say. It is asked in a thread of its own, which is left behind where it takes too long; whoever asks for the same name
meanwhile waits for the same answer, so that never more than one look-up of a name is under way.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from concurrent.futures import Future
from typing import Any

from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.unreachable import FORBIDDING, Unreachable, forbidden

__all__ = ["Address", "look_up"]

Address = tuple[int, tuple[Any, ...]]
"""A family of addresses, and an address of it as sockets take it."""

_NO_SUCH_HOST = "there is no such host"
_under_way: dict[tuple[str, int], Future[list[Address]]] = {}
_lock = threading.Lock()


def look_up(host: str, port: int, deadline: Deadline, kind: str = "connection") -> list[Address]:
    """Give the addresses of a host, in the order in which they are to be tried. `kind` is that of the trouble.

    Raises:
        Unreachable: it has none, or none is known within the time limit.
    """
    try:
        if _is_address(host):
            return _asked(host, port)
        return _answer(host, port).result(deadline.left())
    except TimeoutError:
        raise Unreachable("timeout", "its name was not looked up within the time limit") from None
    except FORBIDDING as trouble:
        raise forbidden(kind, trouble) from None
    except (OSError, UnicodeError, OverflowError) as trouble:
        raise Unreachable(kind, getattr(trouble, "strerror", None) or _NO_SUCH_HOST) from None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _asked(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, address) for family, _, _, _, address in found]


def _answer(host: str, port: int) -> Future[list[Address]]:
    with _lock:
        answer = _under_way.get((host, port))
        if answer is not None:
            return answer
        answer = _under_way[host, port] = Future()
    threading.Thread(target=_ask, args=(host, port, answer), daemon=True).start()
    return answer


def _ask(host: str, port: int, answer: Future[list[Address]]) -> None:
    try:
        found = _asked(host, port)
    except (OSError, *FORBIDDING, UnicodeError, OverflowError) as trouble:
        outcome: list[Address] | Exception = trouble
    else:
        outcome = found
    with _lock:
        # Whoever asks from now on wants to know what is true then.
        del _under_way[host, port]
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
