"""Records: what the check of each clause left behind, as values and as lines of JSON.

A run is a file of JSON lines: one `run` record, one `clause` record a clause, one `end` record. Everything in them is
masked already. A file without an `end` line is a run that was cut short. `record.schema.json` describes one line.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NotRequired, TypedDict

from watchword.reports.exits import EXIT_MEANING, Exit
from watchword.reports.verdict import Shown, Verdict

__all__ = [
    "EXIT_MEANING",
    "RECORDS_FILE",
    "VERDICTS",
    "VERIFIED",
    "BrokenRecords",
    "ClauseRecord",
    "EndRecord",
    "ExchangeRecord",
    "Exit",
    "ReplyRecord",
    "RequestRecord",
    "Run",
    "RunRecord",
    "TargetRecord",
    "Untested",
    "legible",
    "read_lines",
    "read_run",
    "write_line",
]

RECORDS_FILE = "records.jsonl"
"""The name under which a run's records lie in its report directory."""

VERDICTS: tuple[str, ...] = tuple(Verdict)
"""Every verdict, the one that wants attention most first."""

VERIFIED: frozenset[str] = frozenset(verdict for verdict in Verdict if verdict.verified)
"""The verdicts that rest on evidence about the target; the others say why there is none."""


# XML 1.0 has no way to write these, and HTML calls most of them errors. The marks that turn the direction of writing
# are legal in both, but let a reply rewrite what the reader sees around it, and so do returns and unusual ends of lines.
_ILLEGIBLE = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def legible(text: str) -> str:
    """Put U+FFFD in place of the characters that a record cannot carry."""
    # Printable ASCII, which most texts are, has none of them, and is told apart faster.
    return text if text.isascii() and text.isprintable() else _ILLEGIBLE.sub("\N{REPLACEMENT CHARACTER}", text)


class RequestRecord(TypedDict):
    """A request, masked: `headers` are pairs of name and value in their order, `body` is text, None when there is none."""

    method: str
    url: str
    headers: Sequence[Sequence[str]]
    body: str | None


class ReplyRecord(TypedDict):
    """A reply, masked: `headers` are pairs of name and value in their order, `body` is text, None when there is none."""

    status: int
    headers: Sequence[Sequence[str]]
    body: str | None


class TargetRecord(TypedDict):
    """Who was tested: what identifies a server, and nothing that is secret.

    `revision` tells which state of the dialect it was held against. `credentials` are the roles that it gave, `clock` tells whether its time could be set ahead, and `limits` are those that
    held during the run, by their names in a target file.
    """

    name: str
    dialect: str
    title: NotRequired[str]
    revision: NotRequired[str]
    url: NotRequired[str]
    resource_url: NotRequired[str]
    credentials: NotRequired[Sequence[str]]
    clock: NotRequired[bool]
    limits: NotRequired[Mapping[str, float | None]]
    tls: NotRequired[Mapping[str, str | bool]]


@dataclass(frozen=True, slots=True)
class ExchangeRecord:
    """One request and its reply, masked. `step` is prepare, control, probe or verify; `purpose` says it in words.

    `reply` is None when none came, and `trouble` then says why. `curl` is a shell line that repeats the request, with
    variables in place of secrets. `recipe` says what the secret parts of the request were made of, and which pauses came
    before it; `watchword.suites.sending.recipe` has its words.
    """

    step: str
    purpose: str
    request: RequestRecord
    reply: ReplyRecord | None
    trouble: str
    curl: str
    seconds: float
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClauseRecord:
    """What one clause's check left behind.

    `clause` is the full id, `<dialect>:<clause>`. `differences` are the single deviations behind a verdict that is not
    clean; `reason` says why a check could not be made, and `remedy` which settings of the target file would have let it
    be made: the least value of each that is known, None where it takes any. `attempts` and `broken` count repeated
    checks. `known` is why a deviation is excused, `accepted` why the clause may stay undecided. `document` says how
    its source is looked up: title, version, date and link, those that are known.

    `gravity` is security, interoperability or form: what it means that the clause is broken, and of one that is not, what
    it would mean; empty where nobody knows. `about` says in words what is wrong with the request, or which property was
    looked at. `conditions` are those of the wrong requests behind the clause, which are its `check` unless a property was
    looked for in them, and `broader` those of which a single one is a special case, the nearest first. `versions` tells
    of each known behaviour of right servers, by its name, what it does there.

    `assertions` say, one for each difference, what the replies of a right server hold: the name of a function of
    `watchword.reports.reproducing.assertions` and its arguments, replies by their number; empty where no function can.
    """

    clause: str
    dialect: str
    target: str
    topic: str
    verdict: str
    level: str
    basis: str
    says: str
    source: str
    expected: str
    observed: str
    exchanges: tuple[ExchangeRecord, ...] = ()
    duration: float = 0.0
    operation: str = ""
    check: str = ""
    differences: tuple[str, ...] = ()
    reason: str = ""
    note: str = ""
    attempts: int = 1
    broken: int = 0
    known: str = ""
    remedy: Mapping[str, float | None] = field(default_factory=dict)
    accepted: str = ""
    gravity: str = ""
    about: str = ""
    broader: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    document: Mapping[str, str] = field(default_factory=dict)
    assertions: tuple[Sequence[Any], ...] = ()

    @property
    def judgement(self) -> Verdict:
        """The verdict with everything that is known of it."""
        return Verdict(self.verdict)

    @property
    def judged(self) -> ExchangeRecord | None:
        """The exchange that the verdict rests on: the last probe, or else the last that there was."""
        probes = [exchange for exchange in self.exchanges if exchange.step == "probe"]
        return next(reversed(probes or list(self.exchanges)), None)

    @property
    def excuse(self) -> str:
        """Why nobody has to do anything about the record; empty when there is no reason."""
        return self.known or self.accepted

    @property
    def open(self) -> bool:
        """Whether a binding rule is left undecided, and nobody has accepted that."""
        return self.level == "must" and self.judgement.undecided and not self.excuse

    @property
    def wants_attention(self) -> bool:
        """Whether somebody has to look at it: something is broken or open, and nobody has excused it."""
        return not self.excuse and (self.judgement.broken or self.judgement.shown() == "error" or self.open)

    def fails(self, strict: bool) -> bool:
        """Say whether it makes its run fail: a rule is broken, and nobody has excused it."""
        return not self.excuse and self.judgement.fails(strict)

    def shown(self, strict: bool) -> Shown:
        """Say what the test of the clause shows, in pytest and in JUnit."""
        return self.judgement.shown(strict=strict, excused=bool(self.excuse))


@dataclass(frozen=True, slots=True)
class Untested:
    """A row of a register that cannot be checked from outside, with the reason."""

    clause: str
    dialect: str
    topic: str
    level: str
    basis: str
    says: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How a run began: versions, the targets' identity without secrets, the options, the untested rows."""

    started: str
    versions: Mapping[str, str]
    targets: tuple[TargetRecord, ...]
    options: Mapping[str, object] = field(default_factory=dict)
    untested: tuple[Untested, ...] = ()


@dataclass(frozen=True, slots=True)
class EndRecord:
    """How a run ended: the number of clauses by verdict, the exit code, the seconds it took.

    `message` says what the run came to, `trouble` what ended or spoilt it apart from its clauses.
    """

    verdicts: Mapping[str, int]
    exit: int
    seconds: float
    message: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A whole run as read back. `end` is None when the run was cut short."""

    run: RunRecord
    clauses: tuple[ClauseRecord, ...]
    end: EndRecord | None

    @property
    def verdicts(self) -> dict[str, int]:
        """The number of clauses by verdict, in the order of `VERDICTS`, without those that did not occur."""
        counted = Counter(c.verdict for c in self.clauses)
        return {v: counted[v] for v in VERDICTS if counted[v]}


class BrokenRecords(ValueError):
    """A file of records cannot be read: which file, which line, and what is wrong with it."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem


_KINDS: dict[str, type] = {"run": RunRecord, "clause": ClauseRecord, "end": EndRecord}


def write_line(record: RunRecord | ClauseRecord | EndRecord) -> str:
    """Write a record as one line of JSON, without the line's end."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(record, cls))
    told = {"record": kind, **_members(record)}
    return json.dumps(told, default=_members, ensure_ascii=False, separators=(",", ":"))


def _members(value: Any) -> dict[str, Any]:
    # As `asdict` gives them, which would copy every text's surroundings before they are written.
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def read_run(path: Path) -> Run:
    """Read a file of records.

    Raises:
        BrokenRecords: a line is not a record, or stands in the wrong place. A half-written last line, as a killed run
            leaves it, is not an error: the run is then one without an end.
    """
    run: RunRecord | None = None
    clauses: list[ClauseRecord] = []
    end: EndRecord | None = None
    for number, value in read_lines(path):
        record = _record(path, number, value)
        if end is not None:
            raise BrokenRecords(path, number, "a record follows the end of the run")
        if isinstance(record, RunRecord):
            if run is not None:
                raise BrokenRecords(path, number, "a second run begins; a file holds the records of one run")
            run = record
        elif run is None:
            raise BrokenRecords(path, number, "the first record is not the run's")
        elif isinstance(record, ClauseRecord):
            clauses.append(record)
        else:
            end = record
    if run is None:
        raise BrokenRecords(path, 1, "there is no record of a run")
    return Run(run, tuple(clauses), end)


def read_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Read the JSON value of each line with the line's number, without the half-written last line of a killed run.

    Raises:
        BrokenRecords: the file cannot be read, or a whole line is not JSON.
    """
    try:
        # Only a line feed ends a line: JSON leaves U+2028 and its like alone, and `str.splitlines` would cut there.
        # Bytes, because a killed run may end in the middle of a character.
        *whole, rest = path.read_bytes().split(b"\n")
    except OSError as trouble:
        raise BrokenRecords(path, 1, f"cannot be read: {trouble.strerror or trouble}") from trouble
    for number, line in enumerate(whole, start=1):
        try:
            yield number, json.loads(line.decode())
        except ValueError as trouble:
            raise BrokenRecords(path, number, f"is not JSON: {trouble}") from trouble
    try:
        last = json.loads(rest.decode())
    except ValueError:
        return
    yield len(whole) + 1, last


def _record(path: Path, number: int, value: Any) -> RunRecord | ClauseRecord | EndRecord:
    if not isinstance(value, dict):
        raise BrokenRecords(path, number, f"a record is a JSON object, not {type(value).__name__}")
    members = dict(value)
    kind = members.pop("record", None)
    if kind not in _KINDS:
        raise BrokenRecords(path, number, f"{kind!r} is not a kind of record; the kinds are {', '.join(_KINDS)}")
    try:
        if kind == "clause":
            members["exchanges"] = _all(ExchangeRecord, members.get("exchanges", ()))
            for name in ("differences", "broader", "conditions", "assertions"):
                members[name] = tuple(members.get(name, ()))
        if kind == "run":
            members["untested"] = _all(Untested, members.get("untested", ()))
            members["targets"] = tuple(members.get("targets", ()))
        record: RunRecord | ClauseRecord | EndRecord = _KINDS[kind](**members)
    except TypeError as trouble:
        raise BrokenRecords(path, number, f"is not a {kind} record: {trouble}") from trouble
    if isinstance(record, ClauseRecord) and record.verdict not in VERDICTS:
        raise BrokenRecords(path, number, f"{record.verdict!r} is not one of the verdicts {', '.join(VERDICTS)}")
    return record


def _all(cls: Any, rows: Iterable[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(cls(**row) for row in rows)
