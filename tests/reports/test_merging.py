"""Several runs as one: no better than its parts, and side by side what their targets differ in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner

from watchword.reports.command import report
from watchword.reports.gate import is_whole
from watchword.reports.merging import merged
from watchword.reports.outcome import outcome
from watchword.reports.page.beside import side_by_side
from watchword.reports.page.document import render
from watchword.reports.records import Run, write_line


@pytest.fixture
def of(run, clause):
    """Give a factory of runs of a target, a clause for each verdict that is given by its number."""

    def make(target="staging", started="2026-03-01T12:00:00Z", exit_code=0, testable=2, **verdicts):
        rows = [
            clause(clause=f"toy:rule.{n}", target=target, verdict=v, differences=("x",) * (v == "fail"))
            for n, v in verdicts.items()
        ]
        options = {"strict": False, "selected": len(rows), "testable": testable}
        targets = ({"name": target, "dialect": "toy"},)
        return run(*rows, started=started, exit_code=exit_code, options=options, targets=targets)

    return make


def test_one_is_itself(of):
    """A single run is left as it is, and none is refused."""
    alone = of(n1="pass")

    assert alone is merged([alone])
    with pytest.raises(ValueError, match="no run"):
        merged([])


def test_parts_become_whole(of):
    """Two runs of one target that share no clause are parts of one, which is whole with both and with neither alone."""
    parts = [of(n1="pass"), of(n2="pass")]
    whole = merged(parts)

    assert ([False, False], True) == ([is_whole(part) for part in parts], is_whole(whole))
    assert (("staging",), 0) == (tuple(t["name"] for t in whole.run.targets), outcome(whole).exit)


def test_same_clauses_stay_apart(of):
    """Two runs of one target with the same clauses are two targets, told apart by when they began."""
    twice = merged([of(n1="pass", n2="pass"), of(started="2026-03-02T12:00:00Z", n1="fail", n2="pass", exit_code=1)])
    names = [target["name"] for target in twice.run.targets]

    assert ["staging", "staging, 2026-03-02 12:00:00 UTC"] == names
    assert dict.fromkeys(names, 2) == {name: sum(r.target == name for r in twice.clauses) for name in names}


@pytest.mark.parametrize("code", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("turned", [False, True])
def test_no_better_than_its_parts(of, code, turned):
    """The code of a part that did not end well stays, whichever part it is."""
    parts = [of(n1="pass", n2="pass"), of(target="production", n1="pass", n2="pass", exit_code=code)]

    assert code == outcome(merged(parts[::-1] if turned else parts)).exit


def test_cut_short(of):
    """With a part that was cut short, the whole is."""
    parts = [of(n1="pass", n2="pass"), replace(of(target="production", n1="pass"), end=None)]

    assert (None, 2) == (merged(parts).end, outcome(merged(parts)).exit)


def test_differences_only(of):
    """Side by side stand the clauses on which targets differ: in verdict, in how they fail, or for want of a record."""
    one = of(n1="pass", n2="fail", n3="fail", n4="pass", n5="pass")
    two = of(target="production", n1="pass", n2="pass", n3="fail", n4="fail")
    other = tuple(replace(r, differences=("y",)) if r.clause.endswith("n3") else r for r in two.clauses)
    (group,) = side_by_side(merged([one, Run(two.run, other, two.end)]))

    assert (("staging", "production"), 1) == (group.targets, group.alike)
    assert ["toy:rule.n2", "toy:rule.n3", "toy:rule.n4", "toy:rule.n5"] == [row.clause for row in group.rows]
    assert () == side_by_side(one)


def test_page(of, outline):
    """The page has the table, and each verdict in it leads to its clause."""
    page = render(merged([of(n1="pass", n2="fail"), of(target="production", n1="pass", n2="pass")]))
    found = outline(page)

    assert {"#toy:rule.n2@staging", "#toy:rule.n2@production"} <= set(found.links) & {f"#{i}" for i in found.ids}
    assert "Side by side: toy" in page
    assert "Side by side" not in render(of(n1="pass"))


def test_command(tmp_path, of):
    """Several records make one page where it is asked for, and are refused without a place for it."""
    paths = []
    for name in ("staging", "production"):
        run = of(target=name, n1="pass", n2="pass")
        paths.append(tmp_path / f"{name}.jsonl")
        paths[-1].write_text("".join(write_line(r) + "\n" for r in (run.run, *run.clauses, run.end)))
    page = tmp_path / "both.html"
    refused = CliRunner().invoke(report, [*map(str, paths)])
    made = CliRunner().invoke(report, [*map(str, paths), "--html", str(page)])

    assert (4, 1, "--html FILE" in refused.output) == (refused.exit_code, len(refused.output.splitlines()), True)
    assert (0, True) == (made.exit_code, "4 of 4 clauses verified" in made.output)
    assert "Side by side: toy" in page.read_text()
