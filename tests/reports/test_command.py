"""`watchword report`."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from click.testing import CliRunner

from watchword.reports.command import report


def _report(*arguments):
    return CliRunner().invoke(report, [str(argument) for argument in arguments])


def test_rebuilds_beside_the_records(run, clause, written):
    """A directory of records gets its page back, and the counts are printed."""
    path = written(run(clause(), clause(clause="toy:x.y", verdict="fail"), exit_code=1))
    result = _report(path.parent)

    assert (0, "2 of 2 clauses verified: 1 fail, 1 pass", True) == (
        result.exit_code,
        result.output.splitlines()[1],
        "renew.malformed-body" in path.with_name("report.html").read_text(),
    )


def test_writes_what_is_asked_for(tmp_path, run, clause, written):
    """Both reports go where the options say, and nowhere else."""
    path = written(run(clause()))
    result = _report(path, "--html", tmp_path / "a.html", "--junit", tmp_path / "b.xml")

    assert (0, "1", ["a.html", "b.xml", "records.jsonl"]) == (
        result.exit_code,
        ET.parse(tmp_path / "b.xml").getroot().get("tests"),
        sorted(file.name for file in tmp_path.iterdir()),
    )


def test_partial_run(run, clause, written):
    """The records of a killed run are read and called what they are."""
    path = written(run(clause(), exit_code=None))
    path.write_bytes(path.read_bytes() + b'{"record":"cla')
    result = _report(path)

    assert (0, True, True) == (
        result.exit_code,
        "the run was cut short" in result.output,
        "Partial run." in path.with_name("report.html").read_text(),
    )


def test_broken_records(tmp_path):
    """Broken records end with 4 and one line."""
    path = tmp_path / "records.jsonl"
    path.write_text("nonsense\n")
    result = _report(path)

    assert (4, 1, True) == (
        result.exit_code,
        len(result.output.splitlines()),
        f"{path}:1: is not JSON" in result.output,
    )


def test_missing_records(tmp_path):
    """Records that are not there end with 4 and one line."""
    result = _report(tmp_path / "none.jsonl")

    assert (4, 1) == (result.exit_code, len(result.output.splitlines()))


def test_unwritable_report(tmp_path, run, clause, written):
    """A report that cannot be written ends with 4 and names the file."""
    result = _report(written(run(clause())), "--html", tmp_path / "none" / "a.html")

    assert (4, True) == (result.exit_code, "a.html cannot be written" in result.output)
