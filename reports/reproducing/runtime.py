"""What a reproduction script sends requests with: the standard library of Python, and nothing of ours.

A request goes out to the letter: nothing is added but what makes it one, no redirect is followed, no cookie is kept.
Everything here stands in scripts as it stands here.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import sys
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

from watchword.reports.derivations import claims

__all__ = [
    "Reply",
    "Stop",
    "at",
    "basic",
    "conclude",
    "form",
    "inpath",
    "jsontext",
    "reply",
    "secret",
    "send",
    "wait",
]

REPLIES: list[Reply] = []
LOST: list[int] = []
CLOCK: list[str] = []


class Stop(Exception):
    """The rest cannot be tried; the text says why."""


class Reply:
    """A reply. `sent` and `replied` are when its request was sent and it was there, in seconds since 1970."""

    sent = replied = 0.0

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def lines(self, name: str) -> list[str]:
        """Give every value of a header."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def members(self) -> dict[str, Any]:
        """The members of the body's JSON object; none where it is no object."""
        value = self.json
        return value if isinstance(value, dict) else {}


def secret(name: str) -> str:
    """Take a secret from the environment, or end with what is missing."""
    value = os.environ.get(name)
    if value is None:
        print(f"{name} is not set. This script needs it in the environment: export {name}='…'", file=sys.stderr)
        sys.exit(2)
    return value


def send(
    says: str, method: str, url: str, headers: list[tuple[str, str]], body: bytes | str = b"", *, served: bool = False
) -> Reply:
    """Send a request and print what it was for and how it was answered; where it has to be `served`, see that it was."""
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = (
        http.client.HTTPSConnection(parts.hostname or "", port, timeout=60, context=tls())
        if secure
        else http.client.HTTPConnection(parts.hostname or "", port, timeout=60)
    )
    sent = now()
    try:
        target = url.split("://", 1)[1].partition("/")
        connection.putrequest(method, target[1] + target[2] or "/", skip_accept_encoding=True)
        connection.putheader("User-Agent", "watchword (reproduction)")
        connection.putheader("Accept-Encoding", "identity")
        for name, value in headers:
            connection.putheader(name, value.encode("latin-1"))
        if content or method in ("POST", "PUT", "PATCH"):
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content or None)
        answer = connection.getresponse()
        found = Reply(answer.status, answer.getheaders(), answer.read())
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        print(f"{len(REPLIES) + 1}  {says}: no reply")
        why = str(trouble) or type(trouble).__name__
        LOST.append(len(REPLIES) + 1)
        raise Stop(f"there is no reply to request {len(REPLIES) + 1} ({why})") from trouble
    finally:
        connection.close()
    REPLIES.append(found)
    announced = found.lines("Watchword-Control")
    if announced and parts.hostname in ("127.0.0.1", "localhost", "::1") and not secure:
        # What was sent before the clock was known was sent just now.
        sent = sent if CLOCK else 0.0
        CLOCK[:] = [f"http://{parts.netloc}{announced[0]}clock"]
    found.replied = now()
    found.sent = sent or found.replied
    print(f"{len(REPLIES)}  {says}: {found.status}")
    if served and not 200 <= found.status < 300:
        raise Stop(
            f"request {len(REPLIES)} is a right one and was answered {found.status}, so the rest would show nothing"
        )
    return found


def tls() -> ssl.SSLContext:
    """Give what connections trust: what the system trusts or SSL_CERT_FILE names; anybody with WATCHWORD_INSECURE=1."""
    context = ssl.create_default_context()
    if os.environ.get("WATCHWORD_INSECURE"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if os.environ.get("WATCHWORD_CLIENT_CERTIFICATE"):
        context.load_cert_chain(os.environ["WATCHWORD_CLIENT_CERTIFICATE"], os.environ.get("WATCHWORD_CLIENT_KEY"))
    return context


def reply(number: int) -> Reply:
    """Give the reply to a request by its number, counted from 1."""
    if number > len(REPLIES):
        raise Stop(f"request {number} was not sent")
    return REPLIES[number - 1]


def at(number: int, *path: Any) -> Any:
    """Give what stands at a path in the JSON of a reply; within a JWT, the path goes on in its claims."""
    found = reply(number).json
    for step in path:
        found = claims(found) if isinstance(found, str) else found
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            raise Stop(f"reply {number} has no {'.'.join(map(str, path))}") from None
    return found


def basic(pair: str) -> str:
    """Code a user and a password for Basic."""
    return base64.b64encode(pair.encode()).decode()


def form(value: object) -> str:
    """Code a value for a form or a query."""
    return quote_plus(str(value))


def inpath(text: str) -> str:
    """Code a text for a path."""
    return quote(text, safe="")


def jsontext(text: str) -> str:
    """Code a text for a JSON string."""
    return json.dumps(text)[1:-1]


def clock(advance: float | None = None) -> float | None:
    """Give the time of a Watchword mock on this machine, set ahead first; None where the target is none."""
    if not CLOCK:
        return None
    parts = urlsplit(CLOCK[0])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=60)
    try:
        if advance is None:
            connection.request("GET", parts.path)
        else:
            connection.request("POST", parts.path, json.dumps({"advance": advance}))
        return float(json.loads(connection.getresponse().read())["now"])
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()


def now() -> float:
    """Give the time in seconds since 1970: the target's, where it is a mock with a clock of its own."""
    told = clock()
    return time.time() if told is None else told


def wait(reason: str, seconds: float, until: float | None = None) -> None:
    """Wait: so many seconds, or until a moment that a reply has named; a mock's clock is set ahead instead."""
    left = seconds if until is None else max(0.0, until - now())
    if clock(left) is None and left > 0:
        print(f"   waiting {left:.0f} s until {reason}", flush=True)
        time.sleep(left)


def conclude(check: Callable[[], None], *held: tuple[str, Callable[[], str]], times: int = 1) -> None:
    """Make a check, several times where a deviation shows only sometimes, and say what was expected and what was seen.

    Ends with exit code 1 when a deviation shows, 0 when none does, 2 when nobody can tell.
    """
    told, stops = 0, []
    for _ in range(times):
        REPLIES.clear()
        LOST.clear()
        try:
            check()
        except Stop as stop:
            stops.append(str(stop))
        except (ValueError, IndexError, TypeError, AttributeError) as trouble:
            stops.append(f"request {len(REPLIES) + 1} cannot be made of what the replies gave ({trouble})")
        deviating = False
        for expected, holds in held:
            try:
                seen = holds()
            except Stop as stop:
                stops.append(str(stop))
                continue
            told += 1
            deviating = deviating or bool(seen)
            print(f"\nexpected  {expected}\nseen      {seen or 'just that'}")
        if deviating:
            print("\nThe deviation shows.")
            sys.exit(1)
    if told:
        print("\nThe deviation does not show.")
        sys.exit(0)
    print(f"\nNobody can tell: {stops[0] if stops else 'nothing here is judged by a machine'}.")
    sys.exit(2)
