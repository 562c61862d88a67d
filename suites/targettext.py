"""A target file as it stands: its text, its tables, what its schema says of them, and on which line each key is."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from watchword.specs.errors import nearest
from watchword.specs.reading.complaint import complaint
from watchword.specs.reading.yamlfile import At

__all__ = ["TargetError", "TargetText", "Tls", "check_address", "read_text", "read_tls"]

_SUCH_AS = "such as http://127.0.0.1:8080"
_ADDRESSES = ("url", "resource_url", "control_url", "issuer")


class TargetError(Exception):
    """A target is described wrongly: where, what was expected and seen, how to mend it."""

    def __init__(self, place: str, problem: str, hint: str = "") -> None:
        line = f"{place}: {problem}" + (f" ({hint})" if hint else "")
        # What a file holds reaches a terminal: a line break or a control character of its own would do things there.
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))


@dataclass(frozen=True, slots=True)
class Tls:
    """What connections with TLS want: files of certificates to trust and to show, and whether anybody is believed."""

    ca_file: str | None = None
    client_certificate: str | None = None
    client_key: str | None = None
    insecure: bool = False


@functools.cache
def _validator() -> Draft202012Validator:
    text = (Path(__file__).parent / "target.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


@dataclass(frozen=True, slots=True)
class TargetText:
    """A target file that was read: where it is, its text, its tables. The repr holds no credential."""

    path: Path
    text: str = field(repr=False)
    raw: Mapping[str, Any] = field(repr=False)

    def line_of(self, key: str) -> str:
        """Name the file and the line of a key or table; the file alone where no line begins with it."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if re.match(rf"\s*\[?{re.escape(key)}\]?\s*(=|$)", line):
                return f"{self.path}:{number}"
        return str(self.path)


def read_text(path: Path) -> TargetText:
    """Read a target file and check it by its schema.

    Raises:
        TargetError: it cannot be read, is no TOML, breaks the schema, or an address in it is none.
    """
    try:
        # Some editors begin a file with a byte order mark.
        text = path.read_text(encoding="utf-8-sig")
        raw = tomllib.loads(text)
    except FileNotFoundError as trouble:
        raise TargetError(str(path), f"cannot be read: {trouble.strerror}", _meant(path)) from trouble
    except OSError as trouble:
        raise TargetError(str(path), f"cannot be read: {trouble.strerror or trouble}") from trouble
    except UnicodeDecodeError as trouble:
        raise TargetError(str(path), "cannot be read: it is not in UTF-8", "save it as that") from trouble
    except tomllib.TOMLDecodeError as trouble:
        raise TargetError(str(path), f"is not TOML: {trouble}") from trouble
    found = TargetText(path, text, raw)
    own = raw.get("target")
    for key in _ADDRESSES:
        value = own.get(key) if isinstance(own, dict) else None
        if isinstance(value, str):
            check_address(f"{found.line_of(key)}: target.{key}", value)
    _check(found)
    return found


def check_address(place: str, value: str) -> None:
    """Look at an address as people write them. `place` begins what is said of it.

    Raises:
        TargetError: it is no http or https URL, or credentials stand in it.
    """
    url = value.strip()
    shown = "what is there" if "@" in url else repr(value)
    scheme, mark, rest = url.partition("://")
    if not mark or scheme.lower() not in ("http", "https") or not re.match(r"[^/?#]", rest):
        bare = not mark and re.match(r"[\w\[]", url) and "@" not in url
        hint = f"write http://{url} or https://{url}" if bare else _SUCH_AS
        raise TargetError(place, f"{shown} is not an http or https URL", hint)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise TargetError(place, "the URL has no host that can be one", _SUCH_AS) from None
    if parts.username is not None or parts.password is not None:
        raise TargetError(place, "the URL holds a user or a password", "credentials belong under [credentials]")
    if parts.netloc.count(":") > 1 and "[" not in parts.netloc:
        raise TargetError(place, f"{shown} has an IPv6 address without brackets", "such as http://[::1]:8080")


def read_tls(file: TargetText) -> Tls:
    """Read what a target file says of TLS.

    Raises:
        TargetError: a file that it names is not there, or a key has no certificate.
    """
    own = file.raw["target"]
    found: dict[str, str] = {}
    for key in ("ca_file", "client_certificate", "client_key"):
        path = file.path.parent / own.get(key, "")
        if key in own and not path.is_file():
            raise TargetError(f"{file.line_of(key)}: target.{key}", f"there is no file {path}")
        found |= {key: str(path)} if key in own else {}
    if "client_key" in found and "client_certificate" not in found:
        raise TargetError(
            f"{file.line_of('client_key')}: target.client_key",
            "a key without its certificate",
            "name that with target.client_certificate",
        )
    return Tls(**found, insecure=own.get("insecure", False))


def _meant(path: Path) -> str:
    """Say which file was probably meant by a name that there is not."""
    if not path.parent.is_dir():
        return "there is no such folder either"
    there = [found.name for found in path.parent.glob("*.toml")]
    return nearest(path.name, there) if there else "there is no *.toml in that folder"


def _check(file: TargetText) -> None:
    wrong = complaint(_validator(), file.raw, hidden=lambda at: _is_secret(at, file.raw))
    if wrong is None:
        return
    where = ".".join(map(str, wrong.at))
    # An entry of a list stands below its key.
    key = next((step for step in reversed(wrong.at) if isinstance(step, str)), "")
    place = file.line_of(key) if key else str(file.path)
    raise TargetError(place, wrong.problem if wrong.of_key else f"{where}: {wrong.problem}", wrong.hint)


def _is_secret(at: At, raw: Mapping[str, Any]) -> bool:
    """Tell of a value that it is not to be repeated. Credentials are secrets even when of the wrong type, or in a URL."""
    value: Any = raw
    for step in at:
        value = value[step]
    return at[:1] == ("credentials",) or "@" in str(value)
