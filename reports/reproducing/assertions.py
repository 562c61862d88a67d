"""What the replies of a right server hold: one function for each way in which a reply can be wrong.

Each gives what was seen instead, and the empty text where it holds. Replies come by their number. The functions stand in
reproduction scripts as they stand here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from watchword.reports.derivations import claimed, claims, speaks_of, told_alike
from watchword.reports.reproducing.runtime import LOST, Stop, at, reply

__all__ = ["ASSERTIONS"]


def status(number: int, accepted: list[Any]) -> str:
    """The reply has one of these statuses; `4xx` is any of its hundred, `default` any at all."""
    seen = reply(number).status
    words = {str(one).lower() for one in accepted}
    return "" if words & {str(seen), f"{seen // 100}xx", "default"} else f"status {seen}"


def answered(number: int) -> str:
    """There is a reply."""
    if number in LOST:
        return "no reply"
    reply(number)
    return ""


def refused(number: int) -> str:
    """The reply is no success."""
    seen = reply(number).status
    return f"status {seen}" if 200 <= seen < 300 else ""


def serves(number: int, names: list[str]) -> str:
    """The reply is a success, and carries a token where it is to carry one."""
    seen = reply(number).status
    if not 200 <= seen < 300:
        return f"status {seen}"
    return has(number, names) if names else ""


def media_type(number: int, accepted: list[str], of_status: int | None = None) -> str:
    """The content type is one of these; with a status, only that of a reply with it."""
    if of_status not in (None, reply(number).status):
        return ""
    seen = "".join(reply(number).lines("Content-Type")[:1]).partition(";")[0].strip().lower()
    return "" if seen in accepted else f"content type {seen or 'none'}"


def has_header(number: int, name: str, text: str) -> str:
    """There is such a header, with a text in it; of a challenge, the text is its scheme, its error or a parameter."""
    value = ", ".join(reply(number).lines(name))
    if not reply(number).lines(name):
        return f"no header {name}"
    if not text or not name.lower().endswith("-authenticate"):
        return "" if text.lower() in value.lower() else f"{name}: {value}"[:160]
    word = re.escape(text)
    found = re.search(rf'(^|[\s,])({word}(?=[\s,]|$)|error="?{word}"?)', value, re.IGNORECASE)
    return "" if found else f"{name}: {value}"[:160]


def is_json(number: int) -> str:
    """The body is JSON."""
    return "" if reply(number).json is not None else f"{len(reply(number).body)} bytes that are not JSON"


def is_empty(number: int) -> str:
    """There is no body."""
    return f"{len(reply(number).body)} bytes" if reply(number).body else ""


def has(number: int, names: list[str]) -> str:
    """One of these members is there and not empty."""
    members = reply(number).members
    return "" if any(members.get(name) not in (None, "") for name in names) else f"no {' and no '.join(names)}"


def lacks(number: int, names: list[str]) -> str:
    """None of these members has a value."""
    found = [name for name in names if reply(number).members.get(name) not in (None, "")]
    return f"a member {' and '.join(found)}" if found else ""


def is_kind(value: Any, kind: str) -> bool:
    """Tell whether a value is of a JSON type."""
    if isinstance(value, bool) or value is None:
        return kind == ("null" if value is None else "boolean")
    kinds = {str: "string", int: "integer number", float: "number", dict: "object", list: "array"}
    return kind in kinds[type(value)].split() or (kind == "integer" and isinstance(value, float) and value.is_integer())


def typed(number: int, names: list[str], kind: str) -> str:
    """What stands in the member is of this JSON type."""
    found = [reply(number).members[name] for name in names if name in reply(number).members]
    return f"{type(found[0]).__name__} in {names[0]}" if found and not is_kind(found[0], kind) else ""


def equals(number: int, names: list[str], value: Any, ignore_case: bool) -> str:
    """The member has this very value."""
    found = [reply(number).members[name] for name in names if name in reply(number).members]
    if not found or (found[0] == value and type(found[0]) is type(value)):
        return ""
    alike = ignore_case and str(found[0]).lower() == str(value).lower()
    return "" if alike else f"{names[0]} {found[0]!r}"[:160]


def one_of(number: int, names: list[str], values: list[Any]) -> str:
    """The member has one of these values."""
    found = [reply(number).members.get(name) for name in names]
    return "" if any(one in values for one in found) else f"{names[0]} {found[0]!r}"[:160]


def lists(number: int, names: list[str], value: str) -> str:
    """The member is a list with this value in it."""
    found: Any = next((reply(number).members[name] for name in names if name in reply(number).members), [])
    return "" if isinstance(found, list) and value in found else f"{names[0]} {found!r}"[:160]


def fills(number: int, spared: list[str]) -> str:
    """No list is empty but those that may be."""
    empty = [name for name, value in reply(number).members.items() if value == [] and name not in spared]
    return f"nothing in {' and '.join(empty)}" if empty else ""


def secure_url(number: int, names: list[str], bare: bool, local: bool) -> str:
    """The member is an https URL, of nothing but a path where it is to be bare; where both are local, http will do."""
    url = next((reply(number).members[name] for name in names if name in reply(number).members), None)
    parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
    host = parts.hostname or ""
    here = host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
    secure = parts.scheme == "https" or (parts.scheme == "http" and local and here)
    return "" if host and secure and not parts.fragment and not (bare and parts.query) else f"{names[0]} {url!r}"[:160]


def keeps(number: int, path: list[Any], keyword: str, argument: Any, of_status: int) -> str:
    """What stands at a path of a reply with this status keeps to a word of JSON Schema."""
    if reply(number).status != of_status:
        return ""
    value = at(number, *path)
    size = float(len(value) if isinstance(value, str | list | dict) else value if isinstance(value, int | float) else 0)
    if keyword == "type":
        kept = any(is_kind(value, kind) for kind in ([argument] if isinstance(argument, str) else argument))
    elif keyword == "required":
        kept = all(name in value for name in argument)
    elif keyword in ("enum", "const"):
        kept = value in (argument if keyword == "enum" else [argument])
    elif keyword == "pattern":
        kept = re.search(argument, str(value)) is not None
    elif keyword in ("minLength", "minItems", "minimum"):
        kept = size >= argument
    elif keyword in ("maxLength", "maxItems", "maximum"):
        kept = size <= argument
    elif keyword in ("exclusiveMinimum", "exclusiveMaximum"):
        kept = size > argument if keyword == "exclusiveMinimum" else size < argument
    else:
        raise Stop(f"no word of this script tells what {keyword} means")
    where = ".".join(map(str, path)) or "the body"
    return "" if kept else f"{where} does not keep to {keyword} {str(argument)[:60]}"


def hides(number: int, secret: str) -> str:
    """The secret stands nowhere in the reply, nor in what its tokens claim."""
    text = reply(number).body.decode("utf-8", "replace")
    told = "\n".join([text, *(value for _, value in reply(number).headers), *claimed(at(number))])
    return "the secret" if re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", told) else ""


def alike(number: int, other: int, again: int | None = None, names: list[str] | None = None) -> str:
    """Both replies are refusals with the same status and the same body, as far as bodies stay the same from time to time."""
    one, two = reply(number), reply(other)
    if 200 <= one.status < 300 or 200 <= two.status < 300 or one.status != two.status:
        return f"status {one.status} and status {two.status}"
    seen = [one, two] if again is None else [one, two, reply(again)]
    known, unknown = names or ["", ""]
    texts = [each.body.decode("utf-8", "replace") for each in seen]
    return "" if told_alike(texts, [known, unknown, unknown][: len(seen)]) else "two different bodies"


def differ(number: int, path: list[Any], other: int, other_path: list[Any]) -> str:
    """Two values differ."""
    return "twice the same" if at(number, *path) == at(other, *other_path) else ""


def same(number: int, path: list[Any], other: int, other_path: list[Any]) -> str:
    """Two values are the same."""
    one, two = at(number, *path), at(other, *other_path)
    return "" if one == two else f"{one!r} and then {two!r}"[:160]


def names(number: int, token: list[Any], subject: str) -> str:
    """The reply names the user, or, where there is a path to one, its token does."""
    told = claims(at(number, *token)) if token else reply(number).members
    return "" if speaks_of(told, subject) else "somebody else, or nobody"


def end(number: int, moment: list[Any], span: list[Any]) -> float | None:
    """Give when a token ends by the words of its reply; None where they do not tell."""
    for path, start in ((moment, 0.0), (span, reply(number).replied)):
        try:
            told = at(number, *path)
        except Stop:
            continue
        if isinstance(told, int | float) and not isinstance(told, bool):
            return start + told
    return None


def ahead(number: int, moment: list[Any], span: list[Any]) -> str:
    """The expiry is told, and lies in the future."""
    told = end(number, moment, span)
    if told is None:
        return "no expiry that is a number"
    over = reply(number).sent - told
    return f"an expiry that was over by {over:.0f} s" if over >= 0 else ""


def in_seconds(number: int, moment: list[Any], span: list[Any]) -> str:
    """The expiry is told in seconds: a moment since 1970, or a span from now on."""
    told = end(number, moment, span)
    if told is None:
        return "no expiry that is a number"
    years = (told - reply(number).sent) / 31_622_400
    return f"an expiry {years:.0f} years away" if abs(years) > 10 else ""


def matches(number: int, moment: list[Any], span: list[Any], token: list[Any]) -> str:
    """The expiry is the one that stands in the token."""
    told, inside = end(number, moment, span), at(number, *token)
    if told is None:
        return "no expiry that is a number"
    room = 1.0 if moment[0] in reply(number).members else 3.0
    return f"{abs(told - inside):.0f} s between the two" if abs(told - inside) > room else ""


def extends(number: int, moment: list[Any], span: list[Any], other: int, later: list[Any], spans: list[Any]) -> str:
    """The second expiry is no earlier than the first."""
    first, second = end(number, moment, span), end(other, later, spans)
    if first is None or second is None:
        return "no expiry that is a number"
    return f"one {first - second:.0f} s earlier" if first - second > 1 else ""


def same_end(number: int, moment: list[Any], span: list[Any], other: int, later: list[Any], spans: list[Any]) -> str:
    """Both replies tell the same expiry."""
    first, second = end(number, moment, span), end(other, later, spans)
    if first is None or second is None:
        return "no expiry that is a number"
    return f"{abs(first - second):.0f} s between the two" if abs(first - second) > 3 else ""


def scopes(number: int, path: list[Any]) -> set[str]:
    """Give the scopes that a reply lists."""
    told = at(number, *path)
    return set(re.split(r"[,\s]+", told.strip())) - {""} if isinstance(told, str) else set()


def same_scopes(number: int, path: list[Any], other: int, other_path: list[Any]) -> str:
    """Both replies list the same scopes."""
    one, two = scopes(number, path), scopes(other, other_path)
    return "" if one == two else f"{' '.join(sorted(one))} and then {' '.join(sorted(two))}"


def no_other_scopes(number: int, path: list[Any], asked: list[str]) -> str:
    """The reply lists no scope beyond those that were asked for."""
    beyond = [s for s in scopes(number, path) if not any(s == a or s.startswith(f"{a}.") for a in asked)]
    return f"also {' '.join(sorted(beyond))}" if beyond else ""


ASSERTIONS: Mapping[str, Callable[..., str]] = MappingProxyType(
    {
        one.__name__: one
        for one in (
            status,
            answered,
            refused,
            serves,
            media_type,
            has_header,
            is_json,
            is_empty,
            has,
            lacks,
            typed,
            equals,
            one_of,
            lists,
            fills,
            secure_url,
            keeps,
            hides,
            alike,
            differ,
            same,
            names,
            ahead,
            in_seconds,
            matches,
            extends,
            same_end,
            same_scopes,
            no_other_scopes,
        )
    }
)
"""Every assertion by the name that records have for it."""
