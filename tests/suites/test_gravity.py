"""What a record says beside its verdict: how grave it is, what it is about, what known servers do there."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from watchword.detection.servers import begin, describe
from watchword.mockserver.faults.catalogue import catalogue
from watchword.reports.records import ClauseRecord, write_line
from watchword.reports.schema import validator
from watchword.reports.wording import GRAVITY_MEANING
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.vocabulary import CONDITIONS, GRAVITIES, GUARANTEES
from watchword.suites.running.survey import survey_each

SENSU = load_dialect(bundled()["sensu"])


def record(clause: str, fault: str = "") -> ClauseRecord:
    """Give the record of a clause at a mock, right or with a fault."""
    chosen = catalogue(SENSU)[fault] if fault else None
    server = functools.partial(begin, SENSU, "documented", chosen)
    (found,) = survey_each(describe(SENSU, "documented"), server, [clause])
    return found.record()


@pytest.mark.parametrize(
    ("clause", "fault", "gravity"),
    [
        ("token.password-wrong", "", "security"),
        ("token.password-wrong", "accepts:password.wrong@createToken", "security"),
        ("token.password-wrong", "answers-400:password.wrong@createToken", "interoperability"),
        ("token.reply-fields", "missing:expires_at@createToken", "interoperability"),
        ("token.refusals-alike", "accepts:password.wrong@createToken", "security"),
    ],
)
def test_gravity_is_of_what_was_seen(clause: str, fault: str, gravity: str) -> None:
    """Whoever accepts a wrong password is let in; whoever refuses it in another way lets nobody in."""
    assert gravity == record(clause, fault).gravity


def test_a_header_that_is_missed_is_a_matter_of_form() -> None:
    """Where nothing but a header is missed, nobody is let in and nobody is turned away."""
    found = [
        record(clause, "refusal-www-authenticate@createToken")
        for clause in catalogue(SENSU)["refusal-www-authenticate@createToken"].breaks
    ]

    assert {("form", True)} == {(one.gravity, one.judgement.broken) for one in found}


def test_record_says_what_it_is_about_and_what_known_servers_do() -> None:
    """The condition in words, the conditions above it, and what each profile answers; and the schema knows all of it."""
    found = record("token.password-empty", "accepts:password.wrong@createToken")

    assert ("the password is the empty string", ("password.wrong",)) == (found.about, found.broader)
    assert {"answers 401"} == set(found.versions.values())
    assert set(SENSU.profiles) == set(found.versions)
    assert [] == list(validator().iter_errors(json.loads(write_line(found))))


def test_guarantee_names_the_wrong_requests_that_it_takes() -> None:
    """What is looked for in refusals names the conditions behind them."""
    assert GUARANTEES["refusals.alike"].conditions == record("token.refusals-alike").conditions
    assert {name for row in GUARANTEES.values() for name in row.conditions} <= set(CONDITIONS)


def test_gravities_are_those_of_the_vocabulary() -> None:
    """The reports, which import nothing of the vocabulary, know the same gravities in the same order."""
    schema = json.loads((Path(__file__).parents[2] / "reports" / "record.schema.json").read_text("utf-8"))

    assert [*GRAVITIES] == [*GRAVITY_MEANING]
    assert [*GRAVITIES, ""] == schema["$defs"]["clause"]["properties"]["gravity"]["enum"]
