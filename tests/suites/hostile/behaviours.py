"""Behaviours of servers that mean no good, or know no better: what each of them puts on the wire.

A behaviour is given a connection on which a request has just been read, and the reply that a right server would give.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Answer = Callable[[Any, bytes], None]
"""Answers one request: (connection, the right reply)."""

LATER = b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Behaviour:
    """One behaviour. `proof` holds of the bytes that a bare client sees, `outcome` is what the suites have to make of it.

    The outcome is a status, or the kind of trouble; after `again`, that of a second request that follows the first.
    """

    answer: Answer
    proof: Callable[[bytes], bool]
    outcome: int | str
    again: int | str | None = None
    method: str = "GET"


def head_of(reply: bytes, *more: str, without: str = "content-length") -> bytes:
    """The head of a reply without a field, and with others."""
    lines = reply.partition(b"\r\n\r\n")[0].split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(without.encode())]
    return b"\r\n".join([*kept, *(line.encode("latin-1") for line in more), b"", b""])


def body_of(reply: bytes) -> bytes:
    """The body of a reply."""
    return reply.partition(b"\r\n\r\n")[2]


def chunk(data: bytes) -> bytes:
    """One chunk."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def sends(make: Callable[[bytes], bytes]) -> Answer:
    """Sends what is made of the right reply, and stays open."""
    return lambda connection, right: connection.sendall(make(right))


def breaks(make: Callable[[bytes], bytes]) -> Answer:
    """Sends what is made of the right reply, and closes."""

    def answer(connection: Any, right: bytes) -> None:
        connection.sendall(make(right))
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def stalls(make: Callable[[bytes], bytes]) -> Answer:
    """Sends what is made of the right reply, and then nothing until the other side has had enough."""

    def answer(connection: Any, right: bytes) -> None:
        connection.sendall(make(right))
        while connection.recv(65536):
            pass

    return answer


def endless(first: Callable[[bytes], bytes], block: bytes, pause: float = 0.0) -> Answer:
    """Sends a beginning, and then the same block for ever; with a pause between two of them."""

    def answer(connection: Any, right: bytes) -> None:
        connection.sendall(first(right))
        while True:
            connection.sendall(block)
            if pause:
                # Ends at once when the other side closes.
                connection.settimeout(pause)
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1):
                        return

    return answer


def resets(make: Callable[[bytes], bytes]) -> Answer:
    """Sends what is made of the right reply, and resets the connection."""

    def answer(connection: Any, right: bytes) -> None:
        connection.sendall(make(right))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return answer


def closes_after_first(connection: Any, right: bytes) -> None:
    """Answers rightly, and closes without a word when the second request has been read."""
    if connection.served:
        connection.shutdown(socket.SHUT_RDWR)
    else:
        connection.sendall(right)


def chunked(right: bytes, *more: str) -> bytes:
    """The head of a reply in chunks."""
    return head_of(right, "Transfer-Encoding: chunked", *more)


@lru_cache
def zeros(size: int, layers: int = 1, raw: bool = False) -> bytes:
    """So many zeros, compressed so many times."""
    if raw:
        machine = zlib.compressobj(9, zlib.DEFLATED, -15)
        return b"".join(machine.compress(b"\0" * 2**20) for _ in range(size // 2**20)) + machine.flush()
    data = gzip.compress(b"\0" * size, 9)
    for _ in range(layers - 1):
        data = gzip.compress(data, 9)
    return data


def prepare() -> None:
    """Make what takes its time to make."""
    zeros(BOMB)
    zeros(BOMB, 2)
    zeros(BOMB, raw=True)


def coded(right: bytes, coding: str, body: bytes) -> bytes:
    """A reply with a coded body."""
    return head_of(right, f"Content-Encoding: {coding}", f"Content-Length: {len(body)}") + body


def with_body(right: bytes, body: bytes) -> bytes:
    """A reply with another body."""
    return head_of(right, f"Content-Length: {len(body)}") + body


def line(status: str) -> Callable[[bytes], bytes]:
    """The right reply with another status line."""
    return lambda right: re.sub(rb"^[^\r]*", status.encode(), right, count=1)


def has(text: bytes) -> Callable[[bytes], bool]:
    """Whether something stands in what was seen."""
    return lambda seen: text in seen


def only(most: int) -> Callable[[bytes], bool]:
    """Whether hardly anything was seen."""
    return lambda seen: len(seen) <= most


def more_than(least: int) -> Callable[[bytes], bool]:
    """Whether a lot was seen."""
    return lambda seen: len(seen) > least


def unfinished(seen: bytes) -> bool:
    """Whether the head never came to its end."""
    return b"\r\n\r\n" not in seen


BOMB = 128 * 2**20
MEMBERS = json.dumps({f"access_token_{number}": "x" * 20 for number in range(60_000)}).encode()
TOKEN = json.dumps({"access_token": "t" * 1_000_000}).encode()
ELSEWHERE = "http://127.0.0.1:9/elsewhere"

BEHAVIOURS: dict[str, Behaviour] = {
    # -- right, and unusual
    "103 before the reply": Behaviour(
        sends(lambda right: b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + right), has(b"103 Early"), 200, 200
    ),
    "102 before the reply": Behaviour(
        sends(lambda right: b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + right), has(b"102 Processing"), 200, 200
    ),
    "100 before the reply": Behaviour(
        sends(lambda right: b"HTTP/1.1 100 Continue\r\n\r\n" + right), has(b"100 Continue"), 200, 200
    ),
    "chunks with extensions and trailers": Behaviour(
        sends(
            lambda right: (
                chunked(right)
                + b'd;name="v"\r\n'
                + body_of(right)[:13]
                + b"\r\n"
                + chunk(body_of(right)[13:])
                + b"0\r\nX-Sum: 1\r\n\r\n"
            )
        ),
        has(b"X-Sum"),
        200,
        200,
    ),
    "gzip although nobody asked": Behaviour(
        sends(lambda right: coded(right, "gzip", gzip.compress(body_of(right)))), has(b"\x1f\x8b"), 200, 200
    ),
    "deflate without a header": Behaviour(
        sends(lambda right: coded(right, "deflate", zlib.compress(body_of(right))[2:-4])), has(b"deflate"), 200, 200
    ),
    "bare line feeds": Behaviour(
        sends(lambda right: right.replace(b"\r\n", b"\n")), lambda seen: b"\r" not in seen, 200, 200
    ),
    "a folded header": Behaviour(
        sends(lambda right: head_of(right, "X-Long: a\r\n  b", without="\0") + body_of(right)),
        has(b"a\r\n  b"),
        200,
        200,
    ),
    "the same length twice": Behaviour(
        sends(lambda right: head_of(right, f"Content-Length: {len(body_of(right))}", without="\0") + body_of(right)),
        lambda seen: seen.count(b"Content-Length") == 2,
        200,
        200,
    ),
    "a length beside chunks": Behaviour(
        sends(lambda right: chunked(right, "Content-Length: 3") + chunk(body_of(right)) + b"0\r\n\r\n"),
        has(b"Content-Length: 3"),
        200,
        200,
    ),
    "HTTP/1.0": Behaviour(breaks(line("HTTP/1.0 200 OK")), has(b"HTTP/1.0"), 200, 200),
    "no reason": Behaviour(sends(line("HTTP/1.1 200")), has(b"200\r\n"), 200, 200),
    "the body of HEAD": Behaviour(sends(lambda right: right), has(b"ok"), 200, 200, method="HEAD"),
    "closed after each reply, in silence": Behaviour(breaks(lambda right: right), has(b"ok"), 200, 200),
    "closed when a second request has come": Behaviour(closes_after_first, has(b"ok"), 200, 200),
    "a second reply that nobody asked for": Behaviour(sends(lambda right: right + LATER), has(b"500 Late"), 200, 200),
    "more than its length": Behaviour(sends(lambda right: right + b"and some more"), has(b"some more"), 200, 200),
    "204 with a body": Behaviour(sends(line("HTTP/1.1 204 No Content")), has(b"204"), 204, 204),
    "a redirect to another origin": Behaviour(
        sends(lambda right: line("HTTP/1.1 307 Go")(head_of(right, f"Location: {ELSEWHERE}", "Content-Length: 0"))),
        has(b"elsewhere"),
        307,
        307,
    ),
    "a redirect to nowhere": Behaviour(
        sends(lambda right: line("HTTP/1.1 302 Go")(head_of(right, "Location: http://[::1", "Content-Length: 0"))),
        has(b"[::1"),
        302,
        302,
    ),
    "a clock that leads elsewhere": Behaviour(
        sends(lambda right: head_of(right, "Watchword-Control: //127.0.0.1:9/", without="\0") + body_of(right)),
        has(b"Watchword-Control"),
        200,
        200,
    ),
    "escapes in a header": Behaviour(
        sends(lambda right: head_of(right, "X-Note: \x1b[31mred", without="\0") + body_of(right)),
        has(b"\x1b["),
        200,
        200,
    ),
    "status 999": Behaviour(sends(line("HTTP/1.1 999 Odd")), has(b"999"), 999, 999),
    # -- no bounds of size
    "an endless body in chunks": Behaviour(endless(chunked, chunk(b"x" * 65536)), more_than(5_000_000), 200),
    "an endless body without a length": Behaviour(endless(head_of, b"x" * 65536), more_than(5_000_000), 200),
    "a body of 10 GB": Behaviour(
        endless(lambda right: head_of(right, "Content-Length: 10000000000"), b"x" * 65536), more_than(5_000_000), 200
    ),
    "a gzip bomb": Behaviour(sends(lambda right: coded(right, "gzip", zeros(BOMB))), has(b"\x1f\x8b"), 200),
    "a gzip bomb in gzip": Behaviour(
        sends(lambda right: coded(right, "gzip, gzip", zeros(BOMB, 2))), has(b"gzip, gzip"), 200
    ),
    "a deflate bomb": Behaviour(
        sends(lambda right: coded(right, "deflate", zeros(BOMB, raw=True))), has(b"deflate"), 200
    ),
    "codings over codings": Behaviour(
        sends(lambda right: coded(right, ", ".join(["gzip"] * 50), b"x")), has(b"gzip, gzip"), "protocol"
    ),
    "a header of 4 MB": Behaviour(
        sends(lambda right: head_of(right, "X-Big: " + "x" * 4_000_000) + b"ok"), more_than(4_000_000), "protocol"
    ),
    "a head without end": Behaviour(
        endless(lambda right: right.partition(b"\r\n\r\n")[0] + b"\r\n", b"X-More: and more\r\n" * 1000),
        more_than(5_000_000),
        "protocol",
    ),
    "thousands of cookies": Behaviour(
        sends(lambda right: head_of(right, *(f"Set-Cookie: c{n}=1" for n in range(2500)))), has(b"c2499"), "protocol"
    ),
    "thousands of members": Behaviour(sends(lambda right: with_body(right, MEMBERS)), has(b"_59999"), 200, 200),
    "a token of 1 MB": Behaviour(sends(lambda right: with_body(right, TOKEN)), more_than(1_000_000), 200, 200),
    "JSON as deep as the sea": Behaviour(sends(lambda right: with_body(right, b"[" * 500_000)), has(b"[[["), 200, 200),
    "a chunk extension without end": Behaviour(
        endless(lambda right: chunked(right) + b"5;", b"x" * 65536), more_than(5_000_000), "protocol"
    ),
    "trailers without end": Behaviour(
        endless(lambda right: chunked(right) + b"0\r\n", b"X-More: and more\r\n" * 1000),
        more_than(5_000_000),
        "protocol",
    ),
    "a storm of 100s": Behaviour(
        endless(lambda right: b"", b"HTTP/1.1 100 Continue\r\n\r\n"), has(b"100 Continue\r\n\r\n" * 1), "protocol"
    ),
    # -- no bounds of time
    "silence": Behaviour(stalls(lambda right: b""), only(0), "timeout"),
    "a head that drips": Behaviour(endless(lambda right: b"HTTP/1.1 200 OK\r\nX: ", b"x", 0.05), unfinished, "timeout"),
    "a body that drips": Behaviour(
        endless(lambda right: head_of(right, "Content-Length: 100000"), b"x", 0.05), has(b"\r\n\r\nx"), "timeout"
    ),
    "trailers that drip": Behaviour(
        endless(lambda right: chunked(right) + b"0\r\nX: ", b"x", 0.05), has(b"0\r\nX: x"), "timeout"
    ),
    "100s that drip": Behaviour(
        endless(lambda right: b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05), has(b"100 Continue"), "timeout"
    ),
    "a stall in the head": Behaviour(stalls(lambda right: right[:30]), only(30), "timeout"),
    "a stall in the body": Behaviour(stalls(lambda right: right[:-3]), has(b"\r\n\r\n"), "timeout"),
    # -- what breaks off
    "closed without a word": Behaviour(breaks(lambda right: b""), only(0), "connection"),
    "reset without a word": Behaviour(resets(lambda right: b""), only(0), "connection"),
    "cut in the status line": Behaviour(breaks(lambda right: right[:9]), only(9), "connection"),
    "cut after the status": Behaviour(breaks(lambda right: right[:12]), only(12), "connection"),
    "cut in the head": Behaviour(breaks(lambda right: right[:40]), unfinished, "connection"),
    "cut before the end of the head": Behaviour(
        breaks(lambda right: right.partition(b"\r\n\r\n")[0] + b"\r\n"), unfinished, "connection"
    ),
    "cut in the body": Behaviour(breaks(lambda right: right[:-3]), has(b"\r\n\r\n"), "connection"),
    "cut in a body of JSON without a length": Behaviour(
        breaks(lambda right: head_of(right) + body_of(right)[:-3]), has(b"\r\n\r\n"), "connection"
    ),
    "cut in a chunk": Behaviour(
        breaks(lambda right: chunked(right) + chunk(body_of(right))[:-8]), has(b"chunked"), "connection"
    ),
    "cut before the last chunk": Behaviour(
        breaks(lambda right: chunked(right) + chunk(body_of(right))), has(b"chunked"), "connection"
    ),
    "reset in the body": Behaviour(
        resets(lambda right: head_of(right, "Content-Length: 999999") + b"x"), lambda seen: True, "connection"
    ),
    # -- no HTTP
    "another protocol": Behaviour(sends(lambda right: b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), has(b"SSH"), "protocol"),
    "HTTP/2": Behaviour(
        sends(lambda right: b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d\0\x04"), has(b"\x12\x04"), "protocol"
    ),
    "a TLS alert": Behaviour(breaks(lambda right: b"\x15\x03\x01\0\x02\x02F\r\n\r\n"), has(b"\x15\x03"), "protocol"),
    "HTTP/0.9": Behaviour(breaks(lambda right: b"<html>ok</html>\r\n\r\n"), has(b"<html>"), "protocol"),
    "101 that nobody asked for": Behaviour(
        sends(lambda right: b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        has(b"101"),
        "protocol",
    ),
    "two lengths": Behaviour(
        sends(lambda right: head_of(right, "Content-Length: 5", without="\0") + body_of(right)),
        lambda seen: seen.count(b"Content-Length") == 2,
        "protocol",
    ),
    "a length that is none": Behaviour(
        sends(lambda right: head_of(right, "Content-Length: -1") + body_of(right)), has(b"-1"), "protocol"
    ),
    "a chunk size that is none": Behaviour(sends(lambda right: chunked(right) + b"zz\r\n"), has(b"zz"), "protocol"),
    "NUL in a header": Behaviour(
        sends(lambda right: head_of(right, "X-Nul: a\0b", without="\0") + body_of(right)), has(b"\0"), "protocol"
    ),
    "a space before the colon": Behaviour(
        sends(lambda right: head_of(right, "X-Space : a", without="\0") + body_of(right)), has(b"X-Space :"), "protocol"
    ),
    "status 42": Behaviour(sends(line("HTTP/1.1 042 Odd")), has(b"042"), "protocol"),
    "a coding that nobody knows": Behaviour(
        sends(lambda right: coded(right, "br", b"\x8b\x02\x80ok\x03")), has(b"br"), "protocol"
    ),
    "gzip that is none": Behaviour(sends(lambda right: coded(right, "gzip", b'{"ok": 1}')), has(b"gzip"), "protocol"),
    "gzip that breaks off": Behaviour(
        sends(lambda right: coded(right, "gzip", gzip.compress(body_of(right))[:-9])), has(b"gzip"), "protocol"
    ),
}
