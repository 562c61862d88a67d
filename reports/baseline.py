"""Known deviations: what a target is excused for, why, and until when.

    [[known]]
    clause = "dialect:clause.id"
    reason = "The vendor mends it in the next release."
    owner = "the login team"      # whom to ask
    target = "staging"            # without it, every target
    verdict = "fail"              # the default
    expires = 2027-01-31          # the last day of the excuse
    signature = "0c4f9b1e7a52"    # only this deviation of the clause, as the report shows it

A baseline excuses only what it names. An entry that excuses nothing any more is stale, and has to go.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jsonschema.exceptions import best_match

from watchword.reports.records import ClauseRecord
from watchword.reports.schema import baseline_validator, explain

__all__ = ["Baseline", "BaselineError", "Known", "read_baseline", "signature", "snippet"]


class BaselineError(ValueError):
    """A file of known deviations is wrong: which file, which key, and what is wrong with it."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Known:
    """One known deviation. Empty `target` and `signature` fit all; without `expires` it holds for good."""

    clause: str
    reason: str
    target: str = ""
    verdict: str = "fail"
    expires: date | None = None
    signature: str = ""
    owner: str = ""

    def names(self, record: ClauseRecord) -> bool:
        """Say whether the entry speaks of this clause on this target."""
        return self.clause == record.clause and self.target in ("", record.target)

    def expired(self, today: date) -> bool:
        """Say whether the last day of the excuse is over."""
        return self.expires is not None and today > self.expires

    def excuses(self, record: ClauseRecord, today: date) -> bool:
        """Say whether the entry excuses this very deviation today."""
        return (
            self.names(record)
            and self.verdict == record.verdict
            and not self.expired(today)
            and self.signature in ("", signature(record))
        )

    def __str__(self) -> str:
        return self.clause + (f" on {self.target}" if self.target else "")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The known deviations of a file, in its order."""

    known: tuple[Known, ...] = ()

    def excuses(self, record: ClauseRecord, today: date) -> str:
        """Give the reason for which a record is excused today; the empty string when it is not."""
        return next((entry.reason for entry in self.known if entry.excuses(record, today)), "")

    def stale(self, records: Iterable[ClauseRecord], today: date) -> list[str]:
        """Give a sentence for each entry that excuses nothing any more.

        `records` are those of a whole run: a clause that is not among them counts as one that no longer exists.
        An entry whose clause could not be decided this time is left in peace.
        """
        rows = list(records)
        found = (_stale(entry, [row for row in rows if entry.names(row)], today) for entry in self.known)
        return [sentence for sentence in found if sentence]


def read_baseline(path: Path, *, unfinished: bool = False) -> Baseline:
    """Read a file of known deviations; with `unfinished` also one with entries that nobody has given a reason yet.

    Raises:
        BaselineError: the file cannot be read, is not TOML, or has a key or value that means nothing here.
    """
    try:
        # Some editors begin a file with a byte order mark.
        value = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as trouble:
        raise BaselineError(path, f"cannot be read: {trouble.strerror or trouble}") from trouble
    except UnicodeDecodeError as trouble:
        raise BaselineError(path, "cannot be read: it is not in UTF-8, save it as that") from trouble
    except ValueError as trouble:
        raise BaselineError(path, f"is not TOML: {trouble}") from trouble
    plain = _plain(value)
    wrong = best_match(baseline_validator().iter_errors(_finished(plain) if unfinished else plain))
    if wrong is not None:
        raise BaselineError(path, explain(wrong))
    known = tuple(_known(entry) for entry in value.get("known", ()))
    for number, entry in enumerate(known):
        if any(_alike(entry, other) for other in known[:number]):
            raise BaselineError(path, f"known[{number}].clause: {entry} is listed twice")
    return Baseline(known)


def signature(record: ClauseRecord) -> str:
    """Give the mark of a deviation: twelve hexadecimal digits that stay the same from run to run.

    It is made of the clause and of its differences without what changes between runs: numbers other than status codes,
    tokens, times, the counts in pseudonyms.
    """
    shape = sorted({_shape(text) for text in record.differences or (record.reason,)})
    return hashlib.sha256("\n".join([record.clause, *shape]).encode(errors="replace")).hexdigest()[:12]


def snippet(record: ClauseRecord, entry: Known | None = None) -> str:
    """Write the entry that would excuse a record, for somebody to paste.

    The reason and the owner are left to them, unless `entry` has named the clause before: its words and its last day stay.
    """
    reason, owner = (entry.reason, entry.owner) if entry else ("", "")
    lines = ["[[known]]", f'clause = "{record.clause}"', f"target = {_toml(record.target)}"]
    if record.verdict != "fail":
        lines.append(f'verdict = "{record.verdict}"')
    lines += [f'signature = "{signature(record)}"', f"reason = {_toml(reason)}", f"owner = {_toml(owner)}"]
    return "\n".join([*lines, f"expires = {entry.expires}"] if entry and entry.expires else lines)


def _stale(entry: Known, rows: list[ClauseRecord], today: date) -> str:
    if entry.expired(today):
        return f"{entry}: the excuse ran out on {entry.expires}."
    if not rows:
        return f"{entry}: no such clause was checked."
    if all(row.judgement.verified and row.verdict != entry.verdict for row in rows):
        verdicts = " and ".join(sorted({row.verdict for row in rows}))
        return f"{entry}: listed as {entry.verdict}, but the verdict is now {verdicts}."
    return ""


def _plain(value: Any) -> Any:
    # A date with a time of day is another type of TOML, and stays one that the schema refuses.
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(member) for name, member in value.items()}
    return [_plain(member) for member in value] if isinstance(value, list) else value


def _finished(value: Any) -> Any:
    entries = value.get("known")
    if not isinstance(entries, list):
        return value
    return {**value, "known": [_reasoned(e) if isinstance(e, dict) and _blank(e.get("reason")) else e for e in entries]}


def _reasoned(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**entry, "reason": "to be written"}


def _blank(reason: object) -> bool:
    return reason is None or (isinstance(reason, str) and not reason.strip())


def _known(entry: Mapping[str, Any]) -> Known:
    expires = entry.get("expires")
    return Known(
        **{"reason": "", **entry, "expires": date.fromisoformat(expires) if isinstance(expires, str) else expires}
    )


def _alike(one: Known, other: Known) -> bool:
    return replace(one, reason="", owner="", expires=None) == replace(other, reason="", owner="", expires=None)


_STATUS = r"(?<![\w.:/-])[1-5]\d\d(?![\w:/-]|\.\d)"
_CHANGING = re.compile(rf"(?P<status>{_STATUS})|\b(?=\w*\d)[\w-]{{16,}}(?:\.[\w-]+)*|\d+(?:\.\d+)?")


def _shape(text: str) -> str:
    return _CHANGING.sub(lambda found: found["status"] or "N", text)


def _toml(text: str) -> str:
    escaped = (f"\\u{ord(c):04x}" if c < " " or c in '"\\\x7f' else c for c in text)
    return f'"{"".join(escaped)}"'
