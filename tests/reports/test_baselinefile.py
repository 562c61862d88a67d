"""`watchword baseline update`: the file follows the runs, and what people wrote in it stays."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from click.testing import CliRunner

from watchword.reports.baseline import signature
from watchword.reports.gatecommand import baseline as command
from watchword.reports.gatecommand import gate
from watchword.reports.records import EndRecord, Run

OURS = ("status is 500, not 400",)


@pytest.fixture
def whole(run, clause):
    """Give a factory of whole runs: clauses `a` to `d`, of which those named fail."""

    def make(*failing, **changes):
        names = ("a", "b", "c", "d")
        rows = [
            clause(clause=f"toy:x.{name}", **({"verdict": "fail", "differences": OURS} if name in failing else {}))
            for name in names
        ]
        rows = [replace(row, **changes) if row.judgement.broken else row for row in rows]
        found = run(*rows, options={"strict": False, "selected": len(names), "testable": len(names)})
        return replace(found, end=EndRecord(found.verdicts, 1 if failing else 0, 1.0))

    return make


def _update(*arguments):
    return CliRunner().invoke(command, ["update", *map(str, arguments)])


def _entry(record, note=""):
    return f'[[known]]  # {note}\nclause = "{record.clause}"\nsignature = "{signature(record)}"\nreason = "soon"\n'


def test_comments_stay(tmp_path, whole, written):
    """Mended entries go, first, middle or last; every comment outside them stays where it was."""
    before = {row.clause[-1]: row for row in whole("a", "b", "c", "d").clauses}
    file = tmp_path / "known.toml"
    file.write_text(
        "# Ask the login team.\n\n"
        + "\n".join(f"# about {name}\n{_entry(before[name], f'header {name}')}" for name in "abcd")
        + "# the end\n"
    )
    result = _update(file, written(whole("b", "d")))
    text = file.read_text()

    assert (0, ["toy:x.b", "toy:x.d"]) == (result.exit_code, [e["clause"] for e in tomllib.loads(text)["known"]])
    assert [True] * 8 == [
        note in text
        for note in (
            "# Ask the login team.",
            "# about a",
            "# about b",
            "# header b",
            "# about c",
            "# about d",
            "# header d",
            "# the end",
        )
    ]
    assert ["header a" in text, "header c" in text, "gone-" in text] == [False] * 3


def test_nothing_to_change(tmp_path, whole, written):
    """A file that fits is left as it is, to the byte."""
    failing = whole("a")
    file = tmp_path / "known.toml"
    old = f"\ufeff{_entry(failing.clauses[0])}\r\n#  odd   spaces".encode()
    file.write_bytes(old)

    assert (0, old) == (_update(file, written(failing)).exit_code, file.read_bytes())


def test_what_fails_differently_is_signed_anew(tmp_path, whole, written):
    """An entry gets the signature of how its clause fails now, and keeps its words; an old one without gets its first."""
    file = tmp_path / "known.toml"
    first, second = whole("a", "b").clauses[:2]
    unsigned = "\n".join(line for line in _entry(second).splitlines() if "signature" not in line)
    file.write_text(f"{_entry(first)}# odd\n{unsigned}\n")
    now = whole("a", "b", differences=("status is 200, not 400",))
    result = _update(file, written(now))

    assert (0, [signature(row) for row in now.clauses[:2]], True, True) == (
        result.exit_code,
        [entry["signature"] for entry in tomllib.loads(file.read_text())["known"]],
        "toy:x.a: it fails differently now; see that the reason still holds" in result.output,
        "# odd" in file.read_text(),
    )


def test_new_entries_want_a_reason(tmp_path, whole, written):
    """What is new is added; the gate stays shut until every new entry has a reason, and opens then."""
    file, path = tmp_path / "known.toml", written(whole("a", "c"))
    _update(file, path)
    judged = [CliRunner().invoke(gate, [str(path), "--baseline", str(file)]).exit_code]
    file.write_text(file.read_text().replace('reason = ""', 'reason = "soon"'))
    judged.append(CliRunner().invoke(gate, [str(path), "--baseline", str(file)]).exit_code)

    assert [8, 0] == judged


def test_words_for_new_entries(tmp_path, whole, written):
    """Reason, owner and last day may be given at once, and none of them can break the file."""
    file = tmp_path / "known.toml"
    file.write_text("# ours")
    _update(file, written(whole("a")), "--reason", 'a "b"\n\\', "--owner", "us", "--expires", "2027-01-31")
    [entry] = tomllib.loads(file.read_text())["known"]

    assert ('a "b"\n\\', "us", "2027-01-31", "# ours") == (
        entry["reason"],
        entry["owner"],
        entry["expires"].isoformat(),
        file.read_text().splitlines()[0],
    )


def test_a_run_of_some_clauses_takes_nothing_out(tmp_path, whole, written):
    """An entry whose clause was left out, or could not be decided, stays."""
    found = whole("a", "b")
    file = tmp_path / "known.toml"
    old = "".join(_entry(record) for record in found.clauses[:2])
    file.write_text(old)
    undecided = replace(found.clauses[1], verdict="blocked", differences=(), reason="no token")
    part = Run(found.run, (undecided, found.clauses[3]), found.end)

    assert (0, old) == (_update(file, written(part)).exit_code, file.read_text())


def test_an_array_is_refused(tmp_path, whole, written):
    """Entries that stand in an inline array are refused with the form that is wanted."""
    file = tmp_path / "known.toml"
    file.write_text('known = [{clause = "toy:x.a", reason = "soon"}]\n')
    result = _update(file, written(whole("a")))

    assert (4, True, 1) == (result.exit_code, "under [[known]]" in result.output, len(result.output.splitlines()))
