"""Records as lines, and lines as records."""

from __future__ import annotations

import json
from dataclasses import asdict, fields

import pytest
from jsonschema import Draft202012Validator

from watchword.reports import records, schema
from watchword.reports.records import (
    EXIT_MEANING,
    BrokenRecords,
    ClauseRecord,
    EndRecord,
    ExchangeRecord,
    Exit,
    RunRecord,
    Untested,
    read_run,
    write_line,
)
from watchword.reports.schema import read_checked, validator


def test_round_trip(run, clause, exchange, written):
    """What was written is what is read."""
    silent = exchange(reply=None, trouble="the connection was reset")
    original = run(
        clause(), clause(clause="toy:issue.works", verdict="fail", differences=("a", "b"), exchanges=(silent,))
    )

    assert original == read_checked(written(original))


def test_line_separators_inside_values(run, clause, written):
    """Characters that some readers take for the end of a line do not end one."""
    original = run(clause(observed="one\u2028two\x85three\x1cfour\x0cfive"))

    assert original == read_run(written(original))


def test_truncated_inside_a_character(run, clause, written):
    """A run that was killed while it wrote a line has the lines before and no end."""
    path = written(run(clause(), clause(clause="toy:issue.works", observed="é" * 40)))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rindex("é".encode()) + 1])
    read = read_run(path)

    assert (["toy:renew.malformed-body"], None) == ([c.clause for c in read.clauses], read.end)


def test_last_line_without_its_end(run, clause, written):
    """A whole last line counts although its line feed is missing."""
    path = written(run(clause()))
    path.write_bytes(path.read_bytes().rstrip(b"\n"))

    assert 0 == read_run(path).end.exit


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 1, "no record of a run"),
        ("{}\n", 1, "is not a kind of record"),
        ("[]\n", 1, "a record is a JSON object"),
        ("nonsense\n", 1, "is not JSON"),
        ('{"record":"end","verdicts":{},"exit":0,"seconds":1}\n', 1, "the first record is not the run's"),
        ("RUN\nnonsense\nRUN\n", 2, "is not JSON"),
        ("RUN\nRUN\n", 2, "a second run begins"),
        ("RUN\nEND\nCLAUSE\n", 3, "follows the end"),
        ('RUN\n{"record":"clause","clause":"a:b"}\n', 2, "is not a clause record"),
        ("RUN\nODD\n", 2, "'maybe' is not one of the verdicts"),
    ],
)
def test_broken_files(tmp_path, run, clause, text, line, part):
    """A broken file is refused with the number of the line and the trouble in it."""
    whole = run(clause())
    for word, record in {
        "RUN": whole.run,
        "END": whole.end,
        "CLAUSE": clause(),
        "ODD": clause(verdict="maybe"),
    }.items():
        text = text.replace(word, write_line(record))
    path = tmp_path / "records.jsonl"
    path.write_text(text)
    with pytest.raises(BrokenRecords) as caught:
        read_run(path)

    assert (line, True) == (caught.value.line, part in caught.value.problem)


def test_missing_file(tmp_path):
    """A file that is not there is a broken file, in one line."""
    with pytest.raises(BrokenRecords, match="cannot be read: No such file") as caught:
        read_run(tmp_path / "records.jsonl")

    assert 1 == len(str(caught.value).splitlines())


def test_schema_is_a_schema():
    """Both schemas are right by the rules of their own language."""
    Draft202012Validator.check_schema(validator().schema)
    Draft202012Validator.check_schema(schema.baseline_validator().schema)

    assert 3 == len(validator().schema["oneOf"])


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("run", RunRecord),
        ("clause", ClauseRecord),
        ("end", EndRecord),
        ("exchange", ExchangeRecord),
        ("untested", Untested),
    ],
)
def test_schema_names_the_fields(name, cls):
    """The schema and the dataclass of a record have the same members."""
    members = set(validator().schema["$defs"][name]["properties"]) - {"record"}

    assert {field.name for field in fields(cls)} == members


def test_schema_knows_the_verdicts():
    """The schema lists every verdict and no other."""
    verdicts = validator().schema["$defs"]["clause"]["properties"]["verdict"]["enum"]

    assert list(records.VERDICTS) == verdicts


@pytest.mark.parametrize("which", ["run", "clause", "end"])
def test_valid_lines(run, clause, which):
    """Every line that is written fits the schema."""
    whole = run(clause(verdict="fail", differences=("status",), known="mended soon"))
    record = {"run": whole.run, "clause": whole.clauses[0], "end": whole.end}[which]

    assert [] == list(validator().iter_errors(json.loads(write_line(record))))


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "passed"},
        {"level": "MUST"},
        {"basis": "guess"},
        {"clause": "no-dialect"},
        {"duration": -1},
        {"duration": "1"},
        {"differences": "one"},
        {"colour": "red"},
        {"exchanges": [{"step": "probe"}]},
        {"record": "claus"},
    ],
    ids=str,
)
def test_invalid_clauses(clause, change):
    """A clause line with a wrong, missing or additional member does not fit the schema."""
    line = {"record": "clause", **json.loads(json.dumps(asdict(clause()))), **change}

    assert not validator().is_valid(line)


@pytest.mark.parametrize("missing", ["clause", "verdict", "exchanges", "duration", "record"])
def test_required_members(clause, missing):
    """A clause line without one of its contractual members does not fit the schema."""
    line = json.loads(write_line(clause()))
    del line[missing]

    assert not validator().is_valid(line)


def test_read_checked_names_the_member(run, clause, written):
    """Reading somebody else's records names the line, the member and what it may be."""
    path = written(run(clause(level="shall")))
    with pytest.raises(BrokenRecords) as caught:
        read_checked(path)

    assert f"{path}:2: level: 'shall' is not one of must, should, may" == str(caught.value)


def test_every_exit_has_a_meaning():
    """Each exit code from 0 to 8 has one sentence."""
    assert (list(range(9)), list(Exit)) == ([int(code) for code in Exit], list(EXIT_MEANING))
