"""Known deviations: which are excused, until when, and which have to go."""

from __future__ import annotations

import json
import tomllib
from datetime import date

import pytest

from watchword.reports.baseline import BaselineError, read_baseline, signature, snippet
from watchword.reports.schema import baseline_validator

TODAY = date(2026, 6, 1)
CLAUSE = 'clause = "toy:renew.malformed-body"\nreason = "mended soon"\n'


@pytest.fixture
def baseline(tmp_path):
    """Give a function that reads the text of one entry as a baseline."""

    def read(text, whole=False):
        path = tmp_path / "known.toml"
        path.write_text(text if whole else f"[[known]]\n{text}")
        return read_baseline(path)

    return read


@pytest.mark.parametrize(
    ("entry", "changes", "reason"),
    [
        ("", {"verdict": "fail"}, "mended soon"),
        ("", {"verdict": "warn"}, ""),
        ("", {"verdict": "fail", "clause": "toy:other.clause"}, ""),
        ('verdict = "warn"', {"verdict": "warn"}, "mended soon"),
        ('target = "staging"', {"verdict": "fail"}, "mended soon"),
        ('target = "production"', {"verdict": "fail"}, ""),
        ("expires = 2026-06-01", {"verdict": "fail"}, "mended soon"),
        ("expires = 2026-05-31", {"verdict": "fail"}, ""),
        ('signature = "000000000000"', {"verdict": "fail"}, ""),
    ],
)
def test_excuses(baseline, clause, entry, changes, reason):
    """An entry excuses the verdict, clause and target that it names, until its last day."""
    assert reason == baseline(CLAUSE + entry).excuses(clause(**changes), TODAY)


def test_signature_excuses_one_deviation_only(baseline, clause):
    """With a signature, another deviation of the same clause is not excused."""
    known = clause(verdict="fail", differences=("status is 500, not 400",))
    other = clause(verdict="fail", differences=("status is 200, not 400", "there is an access_token"))
    excuse = baseline(CLAUSE + f'signature = "{signature(known)}"')

    assert ["mended soon", ""] == [excuse.excuses(known, TODAY), excuse.excuses(other, TODAY)]


def test_signature_outlives_a_run(clause):
    """What changes from run to run leaves the signature alone."""
    first = ("got access_token#1 at 2026-01-01T10:11:12Z, expiry 1767262272", "id 4f0c1d2e-aaaa-4bbb-8ccc-123456789abc")
    later = ("id 9e8d7c6b-bbbb-4ccc-9ddd-abcdefabcdef", "got access_token#7 at 2027-02-03T01:02:03Z, expiry 1801616523")

    assert signature(clause(differences=first)) == signature(clause(differences=later))


def test_signature_tells_statuses_apart(clause):
    """Another status is another deviation."""
    marks = {signature(clause(differences=(f"status is {status}",))) for status in (200, 401, 500)}

    assert 3 == len(marks)


def test_snippet_excuses_its_record(baseline, clause):
    """The entry that a report offers excuses the record it was made for, once it has a reason."""
    record = clause(verdict="fail", target='a "b"\\\x07', differences=("status 200",))
    text = snippet(record).replace('reason = ""', 'reason = "why not"')

    assert "why not" == baseline(text, whole=True).excuses(record, TODAY)


@pytest.mark.parametrize(
    ("entry", "verdicts", "sentences"),
    [
        ("", ["fail"], []),
        ("", ["pass"], ["toy:renew.malformed-body: listed as fail, but the verdict is now pass."]),
        ("", ["inconclusive"], []),
        ("", ["not_applicable"], []),
        ("", ["pass", "fail"], []),
        ("", [], ["toy:renew.malformed-body: no such clause was checked."]),
        ("expires = 2026-05-31", ["fail"], ["toy:renew.malformed-body: the excuse ran out on 2026-05-31."]),
        ('target = "gone"', ["fail"], ["toy:renew.malformed-body on gone: no such clause was checked."]),
    ],
)
def test_stale(baseline, clause, entry, verdicts, sentences):
    """An entry that excuses nothing any more is named in one sentence; an open question leaves it alone."""
    assert sentences == baseline(CLAUSE + entry).stale([clause(verdict=v) for v in verdicts], TODAY)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ('[[known]]\nclause = "toy:x.y"', "known[0].reason: is missing"),
        ('[[known]]\nclause = "toy:x.y"\nreason = " "', "known[0].reason:"),
        (f"[[known]]\n{CLAUSE}reson = 1", "known[0].reson: is not a key here"),
        (f'[[known]]\n{CLAUSE}verdict = "pass"', "known[0].verdict: 'pass' is not one of"),
        (f'[[known]]\n{CLAUSE}expires = "soon"', "known[0].expires:"),
        (f'[[known]]\n{CLAUSE}expires = "2026-02-30"', "known[0].expires:"),
        (f"[[known]]\n{CLAUSE}expires = 2026-01-01T00:00:00Z", "known[0].expires:"),
        (f'[[known]]\n{CLAUSE}signature = "x"', "known[0].signature:"),
        ('[[known]]\nclause = "x"\nreason = "y"', "known[0].clause:"),
        ("knwon = []", "knwon: is not a key here; the keys are known"),
        (f"[[known]]\n{CLAUSE}\n[[known]]\n{CLAUSE}", "known[1].clause: toy:renew.malformed-body is listed twice"),
        ("[[known", "is not TOML"),
    ],
)
def test_wrong_files(baseline, text, part):
    """A wrong file is refused in one line that names the key."""
    with pytest.raises(BaselineError) as caught:
        baseline(text, whole=True)

    assert (True, 1) == (part in caught.value.problem, len(str(caught.value).splitlines()))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(tmp_path, encoding):
    """A byte order mark is no part of the file; what is not in UTF-8 is refused in one line."""
    path = tmp_path / "known.toml"
    path.write_bytes(f"[[known]]\n{CLAUSE}".encode(encoding))
    if encoding == "utf-8-sig":
        assert 1 == len(read_baseline(path).known)
        return
    with pytest.raises(BaselineError, match="cannot be read: it is not in UTF-8"):
        read_baseline(path)


def test_missing_file(tmp_path):
    """A baseline that is not there is refused by its name."""
    with pytest.raises(BaselineError, match=r"known.toml: cannot be read: No such file"):
        read_baseline(tmp_path / "known.toml")


def test_empty_file_excuses_nothing(baseline, clause):
    """A file without entries is a baseline that excuses nothing."""
    assert "" == baseline("", whole=True).excuses(clause(verdict="fail"), TODAY)


def test_schema_fits_plain_text_too():
    """The published schema accepts an entry with every key, its date as text."""
    value = tomllib.loads(
        f'[[known]]\n{CLAUSE}target="a"\nverdict="warn"\nexpires="2027-01-31"\nsignature="0123456789ab"'
    )

    assert baseline_validator().is_valid(json.loads(json.dumps(value)))
