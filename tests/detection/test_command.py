"""`watchword faults` as a person runs it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from watchword.detection.command import faults
from watchword.detection.offers import GUARANTEE
from watchword.mockserver.faults.catalogue import catalogue
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.vocabulary import GUARANTEES

SMALLEST = Path(__file__).parent.parent / "dialects" / "smallest"
WATCHWORD = Path(sys.executable).with_name("watchword")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the smallest dialect, whose register says little of its conditions."""
    return Path(shutil.copytree(SMALLEST, tmp_path / "smallest"))


def test_survivors_are_named(folder: Path, tmp_path: Path) -> None:
    """What nobody noticed is printed with its sentence, stands in the figures, and ends with 1."""
    figures = tmp_path / "figures.json"
    ended = CliRunner().invoke(faults, [str(folder), "--jobs", "1", "--json", str(figures)])
    told = json.loads(figures.read_text("utf-8"))

    assert 1 == ended.exit_code, ended.output
    assert told["faults"] == told["killed"] + len(told["survived"])
    assert "smallest:accepts:password.truncated@logIn" in told["survived"]
    assert "smallest:accepts:password.wrong@logIn" not in told["survived"]
    assert ([], False) == (told["false_alarms"], told["partial"])
    assert told["seconds"] > 0
    for name in told["survived"]:
        assert f"survived: {name.partition(':')[2]}: " in ended.output
    assert (
        f"{told['faults']} faults: {told['killed']} killed, {len(told['survived'])} survived, 0 false alarms"
        in ended.output
    )


def rows_of(printed: str) -> list[str]:
    """Give the rows that are offered."""
    return re.findall(r"^- id: .*\n(?:  .*\n)+", printed, re.MULTILINE)


def test_rows_are_offered_that_can_be_pasted(folder: Path, tmp_path: Path) -> None:
    """Survivors are told by operation with rows to paste; pasted as they are, no condition is accepted unnoticed."""
    before = CliRunner().invoke(faults, [str(folder), "--jobs", "1"]).output
    rows = rows_of(before)
    pasted = Path(shutil.copytree(folder, tmp_path / "pasted" / "smallest"))
    register = pasted / "clauses.yaml"
    register.write_text(register.read_text("utf-8") + "".join(rows), "utf-8")
    after = CliRunner().invoke(faults, [str(pasted), "--jobs", "1"]).output

    assert before.index("survivors at logIn") < before.index("survivors at readMe")
    assert any("when: password.truncated" in row for row in rows)
    assert any("guarantee: access_token.works\n" in row for row in rows)
    assert "survived: accepts:" in before
    # Nothing there gives a refresh token that could be tried.
    assert {"access_token.is_refresh_token@readMe"} == set(re.findall(r"survived: accepts:([\w.@]+)", after))
    assert "alarm" not in after.replace("0 false alarms", "")
    assert [] == [row for row in rows if row in rows_of(after)]


def test_every_guarantee_that_is_offered_is_one() -> None:
    """The table of offers names guarantees, and kinds of faults that there are."""
    kinds = {re.split("[:@]", fault)[0] for name in bundled() for fault in catalogue(load_dialect(name))}

    assert set(GUARANTEE.values()) <= set(GUARANTEES)
    assert set(GUARANTEE) <= kinds


def test_false_alarms_are_named(folder: Path, tmp_path: Path) -> None:
    """A right server at which a clause fails is printed, stands in the figures by profile, and ends with 1."""
    figures = tmp_path / "figures.json"
    rows = yaml.safe_load((folder / "clauses.yaml").read_text("utf-8"))
    wrong = next(row for row in rows if row["id"] == "login.password-wrong")
    wrong["expect"] = {"status": [418]}
    (folder / "clauses.yaml").write_text(yaml.safe_dump(rows), "utf-8")
    ended = CliRunner().invoke(faults, [str(folder), "--jobs", "1", "--json", str(figures)])
    profiles = [f"smallest/{name}" for name in load_dialect(folder).profiles]

    assert 1 == ended.exit_code
    assert [{"profile": p, "clauses": ["login.password-wrong"]} for p in profiles] == json.loads(
        figures.read_text("utf-8")
    )["false_alarms"]
    assert f"alarm: {profiles[0]}: login.password-wrong is fail at a right server" in ended.output


def test_many_processes_find_what_one_finds(folder: Path, tmp_path: Path) -> None:
    """The figures do not depend on how many processes work at them, and the command is on the path."""
    found = []
    for jobs in ("1", "2"):
        figures = tmp_path / f"{jobs}.json"
        command = [str(WATCHWORD), "faults", str(folder), "--jobs", jobs, "--json", str(figures)]
        assert 1 == subprocess.run(command, capture_output=True, check=False).returncode
        told = json.loads(figures.read_text("utf-8"))
        found.append({key: value for key, value in told.items() if key != "seconds"})

    assert found[0] == found[1]


def test_declaring(folder: Path) -> None:
    """`--declare` writes what was found; the next run agrees, and says what has changed when it does not."""
    CliRunner().invoke(faults, [str(folder), "--jobs", "1", "--declare"])
    file = folder / "faults.yaml"
    declared = yaml.safe_load(file.read_text("utf-8"))
    assert "login.password-wrong" in declared["accepts:password.wrong@logIn"]

    file.write_text(file.read_text("utf-8").replace("drop@logIn: []", "drop@logIn: [login.served]\nflies: []"), "utf-8")
    shutil.copytree(folder, folder.parent / "again")
    second = CliRunner().invoke(faults, [str(folder.parent / "again"), "--jobs", "1", "--declare"])

    assert "~ drop@logIn: -login.served" in second.output
    assert "- flies" in second.output
    assert declared == yaml.safe_load((folder.parent / "again" / "faults.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "there is no dialect 'nowhere'"),
        ([str(SMALLEST), "--json", "no/such/folder/x.json"], "there is no folder no/such/folder"),
        ([str(SMALLEST), "--html", "no/such/folder/x.html"], "there is no folder no/such/folder"),
        ([str(SMALLEST), "--jobs", "0"], "--jobs"),
    ],
)
def test_a_wrong_command_line(words: list[str], told: str) -> None:
    """What cannot be used is said before anything is measured, and ends with 4."""
    ended = CliRunner().invoke(faults, words)

    assert 4 == ended.exit_code
    assert told in ended.output


def test_an_interruption_leaves_what_there_is(tmp_path: Path) -> None:
    """A run that is cut short says so, writes what it has, and ends with 2."""
    figures, page = tmp_path / "figures.json", tmp_path / "page.html"
    command = [
        sys.executable,
        "-u",
        "-c",
        _INTERRUPTED,
        str(SMALLEST),
        "--jobs",
        "2",
        "--json",
        str(figures),
        "--html",
        str(page),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "200"})
    told = json.loads(figures.read_text("utf-8"))

    assert 2 == ended.returncode, ended.stderr
    assert told["partial"]
    assert 0 < told["faults"] < len(catalogue(load_dialect(SMALLEST)))
    assert "cut short: " in ended.stdout
    assert "Traceback" not in ended.stderr
    assert "<strong>Cut short.</strong>" in page.read_text("utf-8")


_INTERRUPTED = """
import os, signal
# What a shell puts in the background ignores interruptions, and hands that on to everything it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
from watchword.detection import command, run

def progress(done, total):
    if done == 10:
        os.kill(os.getpid(), signal.SIGINT)

# So few faults would be measured in one go.
run._BATCH = 10
right = run.run
command.run = lambda *words, **options: right(*words, **{**options, "progress": progress})

if __name__ == "__main__":
    command.faults()
"""
